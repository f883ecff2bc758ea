/* SPDX-License-Identifier: GPL-2.0-only */
#include "flowsort.h"

#include <stdlib.h>
#include <string.h>

const char *const flow_column_names[FLOW_COLUMN_COUNT] = {
#define COLUMN(id, name, value) name,
	FLOW_COLUMNS(COLUMN)
#undef COLUMN
#define EFFECT(id, label, help) label, "in." label, "out." label,
#include <faultline/effects.def>
#undef EFFECT
};

/* What was done to packets that went on, besides making them wait; one packet
 * may count twice. */
static __u64 flow_harmed(const struct sample_flow_side *side)
{
	__u64 harmed = 0;

	/* But for those about what was not done, or only when. */
	for (int i = 0; i < FL_EFFECTS; i++)
		if (i != FL_EFFECT_NOT_ECT && i != FL_EFFECT_SKIPPED &&
		    i != FL_EFFECT_DELAYED && i != FL_EFFECT_REORDERED)
			harmed += side->effect[i];
	return harmed;
}

__u64 flow_column(const struct sample_flow *f, enum flow_column column)
{
	switch (column) {
#define COLUMN(id, name, value) \
	case FLOW_##id:         \
		return value;
		FLOW_COLUMNS(COLUMN)
#undef COLUMN
#define EFFECT(id, label, help)                                \
	case FLOW_##id:                                        \
		return f->side[FL_IN].effect[FL_EFFECT_##id] + \
		       f->side[FL_OUT].effect[FL_EFFECT_##id]; \
	case FLOW_IN_##id:                                     \
		return f->side[FL_IN].effect[FL_EFFECT_##id];  \
	case FLOW_OUT_##id:                                    \
		return f->side[FL_OUT].effect[FL_EFFECT_##id];
#include <faultline/effects.def>
#undef EFFECT
	case FLOW_COLUMN_COUNT:
		break;
	}
	return 0;
}

/* The key without the addresses. */
static __u64 packed(const struct sample_flow *flow)
{
	return (__u64)__builtin_bswap16(flow->local_port_be) << 48 |
	       (__u64)__builtin_bswap16(flow->remote_port_be) << 32 |
	       (__u64)(flow->tagged ? flow->vlan + 1u : 0) << 1 |
	       flow->fragment;
}

/* As memcmp(): by everything that makes them two flows. */
static int flow_compare(const struct sample_flow *a,
			const struct sample_flow *b)
{
	size_t size = a->family == 6 ? 16 : 4;
	__u64 left = packed(a), right = packed(b);
	int order = a->family - b->family;

	if (!order)
		order = a->proto - b->proto;
	if (!order)
		order = memcmp(a->local_be, b->local_be, size);
	if (!order)
		order = memcmp(a->remote_be, b->remote_be, size);
	return order ? order : (left > right) - (left < right);
}

/* What is compared, so that a comparison rarely has to look at the flow. */
struct sort_key {
	__u64 value;
	__u32 index;
};

static int compare_keys(const void *a, const void *b, void *context)
{
	const struct sort_key *left = a, *right = b;
	const struct sample_flow *flows = context;

	if (left->value != right->value)
		return left->value < right->value ? 1 : -1;
	return flow_compare(&flows[left->index], &flows[right->index]);
}

/* Moves the first key of a heap, whose top is the last in order, down. */
static void sift(struct sort_key *heap, size_t count,
		 const struct sample_flow *flows)
{
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;
		struct sort_key swap = heap[at];

		if (child >= count)
			return;
		if (child + 1 < count &&
		    compare_keys(&heap[child + 1], &heap[child],
				 (void *)flows) > 0)
			child++;
		if (compare_keys(&swap, &heap[child], (void *)flows) > 0)
			return;
		heap[at] = heap[child];
		heap[child] = swap;
		at = child;
	}
}

static struct sort_key key_of(const struct sample_flows *flows, size_t index,
			      enum flow_column column)
{
	return (struct sort_key){
		.value = flow_column(&flows->flows[index], column),
		.index = (__u32)index,
	};
}

/* Fills @keys with the @top keys of all flows, sorted. */
static void select_top(const struct sample_flows *flows,
		       enum flow_column column, struct sort_key *keys,
		       size_t top)
{
	for (size_t i = 0; i < top; i++)
		keys[i] = key_of(flows, i, column);
	qsort_r(keys, top, sizeof(*keys), compare_keys, flows->flows);
	if (top == flows->count)
		return;
	/* A sorted array upside down is a heap. */
	for (size_t i = 0; i < top / 2; i++) {
		struct sort_key swap = keys[i];

		keys[i] = keys[top - 1 - i];
		keys[top - 1 - i] = swap;
	}
	for (size_t i = top; i < flows->count; i++) {
		struct sort_key key = key_of(flows, i, column);

		if (compare_keys(&key, &keys[0], flows->flows) > 0)
			continue;
		keys[0] = key;
		sift(keys, top, flows->flows);
	}
	qsort_r(keys, top, sizeof(*keys), compare_keys, flows->flows);
}

__u32 *flowsort(const struct sample_flows *flows, enum flow_column column,
		size_t top, size_t *count)
{
	struct sort_key *keys;
	__u32 *order;

	if (top > flows->count)
		top = flows->count;
	keys = malloc((top + 1) * sizeof(*keys));
	order = malloc((top + 1) * sizeof(*order));
	if (!keys || !order) {
		free(keys);
		free(order);
		return NULL;
	}
	if (top)
		select_top(flows, column, keys, top);
	for (size_t i = 0; i < top; i++)
		order[i] = keys[i].index;
	free(keys);
	*count = top;
	return order;
}

static int compare_flows(const void *a, const void *b)
{
	return flow_compare(a, b);
}

void flowsort_by_key(struct sample_flows *flows)
{
	qsort(flows->flows, flows->count, sizeof(*flows->flows), compare_flows);
}

/* The same flow in a sample sorted by key, or NULL. */
static const struct sample_flow *find(const struct sample_flows *sorted,
				      const struct sample_flow *flow)
{
	return bsearch(flow, sorted->flows, sorted->count,
		       sizeof(*sorted->flows), compare_flows);
}

__u64 flow_gained(const struct sample_flows *before,
		  const struct sample_flow *flow, enum flow_column column)
{
	const struct sample_flow *old = find(before, flow);
	__u64 now = flow_column(flow, column);
	__u64 then = old ? flow_column(old, column) : 0;

	return then <= now ? now - then : now;
}

__u64 flows_interval_ns(const struct sample_flows *now,
			const struct sample_flows *before)
{
	__u64 since = before->device.time_ns, until = now->device.time_ns;

	return until > since ? until - since : 0;
}
