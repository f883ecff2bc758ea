/* SPDX-License-Identifier: GPL-2.0-only */
/* The flow table -> the plain structs of sample.h. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "describe.h"
#include "open.h"
#include "kernel/counters.h"
#include "kernel/sparse.h"
#include "stats/filter.h"

static void put64(__u8 *to, __u64 value_be)
{
	memcpy(to, &value_be, 8);
}

#define TRIES 200 /* to catch flows at rest */

/* The flow table, mapped. */
struct table {
	struct fl_flow *flows, *flows_out;
	struct fl_flow_more *more;
	struct fl_flow_held *held;
	struct sparse effects;
	__u32 *effects_at; /* by slot: index in them + 1; 0: none */
	__u32 slots;
	__u32 now_ticks;
	__u64 tick_ns;
};

static void fill_addresses(const struct table *table, __u32 at,
			   struct sample_flow *to)
{
	const struct fl_flow *from = &table->flows[at];
	const struct fl_flow_more *more = &table->more[at];
	__u32 local = (__u32)(from->w0 >> 32), remote = (__u32)from->w0;

	if (from->tuple & FL_TUPLE_V6) {
		to->family = 6;
		put64(to->remote_be, more->v6[1]);
		put64(to->remote_be + 8, more->v6[0]);
		put64(to->local_be, more->v6[2]);
		put64(to->local_be + 8, more->v6[3]);
	} else {
		to->family = 4;
		memcpy(to->local_be, &local, 4);
		memcpy(to->remote_be, &remote, 4);
	}
}

/* Whether no counts were on their way from one part to the other when @counts
 * were read: a sum with FL_OWNED in it has one part from before. */
static bool is_whole(const struct fl_flow_side *more, __u32 before,
		     const struct fl_flow_side *counts)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return !(before & 1) && !(counts->packets & FL_OWNED) &&
	       before == __atomic_load_n(&more->sequence, __ATOMIC_ACQUIRE);
}

/* Counts move for nanoseconds, or for as long as a virtual CPU is stopped. */
static struct fl_flow_side read_counts(const struct table *table, __u32 at,
				       enum fl_side side)
{
	const struct fl_flow *flow = &table->flows[at];
	const struct fl_flow_side *more = &table->more[at].in;
	struct fl_flow_side counts;

	if (side == FL_OUT) {
		flow = &table->flows_out[at];
		more = &table->more[at].out;
	}
	for (int i = 0; i < TRIES; i++) {
		__u32 before = __atomic_load_n(&more->sequence,
					       __ATOMIC_ACQUIRE);

		counts = fl_flow_counted(flow, more);
		if (is_whole(more, before, &counts))
			return counts;
	}
	/* The owner does not come back: what it had settled before. */
	counts = *more;
	counts.packets &= ~FL_OWNED;
	return counts;
}

static const struct fl_flow_effects *flow_effects(const struct table *table,
						  __u32 at)
{
	const struct fl_flow_effects *all = table->effects.values;

	return table->effects_at[at] ? &all[table->effects_at[at] - 1] : NULL;
}

static struct sample_flow_side flow_side(const struct table *table, __u32 at,
					 enum fl_side side)
{
	struct fl_flow_side from = read_counts(table, at, side);
	const struct fl_flow_effects *effects = flow_effects(table, at);
	struct sample_flow_side to = {
		from.packets, from.bytes, from.dropped, { 0 }
	};

	/* As counters_settle(): the slot may have been another flow's. */
	for (int i = 0; i < FL_EFFECTS && effects; i++) {
		__u64 count = effects->effect[side][i];

		to.effect[i] = (__s64)count < 0 ? 0 : count;
	}
	to.effect[FL_EFFECT_DELAYED] += table->held[at].delayed[side];
	return to;
}

/* Since the later packet of either direction; one that came since we asked for
 * the time: 0, not 2^32. */
static __u64 idle_ns(const struct table *table, __u32 at)
{
	__s32 in = (__s32)(table->now_ticks - table->flows[at].seen);
	__s32 out = (__s32)(table->now_ticks - table->flows_out[at].seen);
	__s32 ticks = in < out ? in : out;

	return ticks > 0 ? (__u32)ticks * table->tick_ns : 0;
}

static void fill_flow(const struct table *table, __u32 at,
		      struct sample_flow *to)
{
	const struct fl_flow *from = &table->flows[at];
	__u64 tuple = from->tuple;

	memset(to, 0, sizeof(*to));
	fill_addresses(table, at, to);
	to->proto = (__u8)(tuple >> 24);
	to->fragment = tuple & FL_TUPLE_FRAGMENT;
	to->tagged = tuple & FL_TUPLE_TAGGED;
	to->vlan = to->tagged ? tuple & FL_TUPLE_VLAN : 0;
	to->local_port_be = (__u16)(tuple >> 48);
	to->remote_port_be = (__u16)(tuple >> 32);
	to->idle_ns = idle_ns(table, at);
	to->side[FL_IN] = flow_side(table, at, FL_IN);
	to->side[FL_OUT] = flow_side(table, at, FL_OUT);
}

static bool same_flow(const struct table *table, __u32 a, __u32 b)
{
	const struct fl_flow *x = &table->flows[a], *y = &table->flows[b];

	return fl_flow_plain(x->tuple) == fl_flow_plain(y->tuple) &&
	       x->w0 == y->w0 &&
	       (!(x->tuple & FL_TUPLE_V6) ||
		!memcmp(table->more[a].v6, table->more[b].v6,
			sizeof(table->more[a].v6)));
}

static void side_add(struct sample_flow_side *to,
		     const struct sample_flow_side *from)
{
	to->packets += from->packets;
	to->bytes += from->bytes;
	to->dropped += from->dropped;
	for (int i = 0; i < FL_EFFECTS; i++)
		to->effect[i] += from->effect[i];
}

/*
 * Two CPUs that saw the first packets of a flow at the same moment may have
 * made two entries: the second adds to the first.
 */
static bool merge_twin(const struct table *table, __u32 first, __u32 way,
		       struct sample_flow *flows, const size_t *placed,
		       const struct sample_flow *flow)
{
	for (__u32 i = 0; i < way; i++) {
		if (placed[i] == SIZE_MAX ||
		    !same_flow(table, first + i, first + way))
			continue;
		for (int side = 0; side < FL_SIDES; side++)
			side_add(&flows[placed[i]].side[side],
				 &flow->side[side]);
		if (flow->idle_ns < flows[placed[i]].idle_ns)
			flows[placed[i]].idle_ns = flow->idle_ns;
		return true;
	}
	return false;
}

static bool wanted(const struct fl_match *match, const struct sample_flow *flow)
{
	return !match || !match->present || filter_flow(match, flow, FL_IN) ||
	       filter_flow(match, flow, FL_OUT);
}

/* Room for one more set. */
static int make_room(struct sample_flows *out, size_t *room)
{
	struct sample_flow *grown;

	if (out->count + FL_FLOW_WAYS <= *room)
		return 0;
	*room = *room * 2 + 1024;
	grown = realloc(out->flows, *room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	out->flows = grown;
	return 0;
}

/* Changes with each move of counts or flows in the set, and with the flows in
 * it; 0: a change is under way. */
static __u64 set_state(const struct table *table, __u32 first)
{
	__u64 sum = 1;

	for (__u32 at = first; at < first + FL_FLOW_WAYS; at++) {
		__u32 in = __atomic_load_n(&table->more[at].in.sequence,
					   __ATOMIC_ACQUIRE);
		__u32 out = __atomic_load_n(&table->more[at].out.sequence,
					    __ATOMIC_ACQUIRE);
		__u32 word = __atomic_load_n(&table->flows[at].word,
					     __ATOMIC_ACQUIRE);

		if ((in | out) & 1 || FL_WORD_GENERATION(word) == FL_GEN_BUSY)
			return 0;
		sum += (__u64)in + out + table->flows[at].w0 * 3 +
		       fl_flow_plain(table->flows[at].tuple) * 5;
	}
	return sum;
}

static void collect_set(const struct table *table, __u32 first,
			const struct fl_match *match, struct sample_flows *out)
{
	size_t placed[FL_FLOW_WAYS];

	for (__u32 way = 0; way < FL_FLOW_WAYS; way++) {
		struct sample_flow *flow = &out->flows[out->count];

		placed[way] = SIZE_MAX;
		if (!table->flows[first + way].tuple)
			continue;
		fill_flow(table, first + way, flow);
		if (!wanted(match, flow) ||
		    merge_twin(table, first, way, out->flows, placed, flow))
			continue;
		placed[way] = out->count++;
	}
}

/* Each set again while flows change places in it: one would be there twice, or
 * not at all. */
static int collect(const struct table *table, const struct fl_match *match,
		   struct sample_flows *out)
{
	size_t room = 0;

	for (__u32 first = 0; first < table->slots; first += FL_FLOW_WAYS) {
		size_t count = out->count;

		if (make_room(out, &room))
			return -ENOMEM;
		for (int i = 0; i < TRIES; i++) {
			__u64 before = set_state(table, first);

			out->count = count;
			collect_set(table, first, match, out);
			__atomic_thread_fence(__ATOMIC_ACQUIRE);
			if (before && before == set_state(table, first))
				break;
			if (i > TRIES / 2)
				usleep(1000);
		}
	}
	return 0;
}

/* Now, in the jiffies of struct fl_flow.seen, and how long one lasts. */
static int read_ticks(struct device *dev, __u32 *now_ticks, __u64 *tick_ns)
{
	struct fl_clock now = { 0 };
	struct timespec tick;
	int err, fd = store_get(dev->entry.path, obj_prog_names[OBJ_TICKS]);

	if (fd < 0)
		return fd;
	err = obj_ticks(fd, &now);
	close(fd);
	*now_ticks = (__u32)now.jiffies;
	/* The coarse clocks advance by one jiffy. */
	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	*tick_ns = (__u64)tick.tv_nsec;
	return err;
}

static void close_table(struct table *table)
{
	if (table->flows)
		munmap(table->flows, table->slots * sizeof(*table->flows));
	if (table->flows_out)
		munmap(table->flows_out,
		       table->slots * sizeof(*table->flows_out));
	if (table->more)
		munmap(table->more, table->slots * sizeof(*table->more));
	if (table->held)
		munmap(table->held, table->slots * sizeof(*table->held));
	sparse_free(&table->effects);
	free(table->effects_at);
}

static int map_table(struct device *dev, enum obj_map map, size_t size,
		     void **address)
{
	int err = obj_map_mmap(dev->map[map], size, dev->sizes.slots, 0,
			       address);

	if (err)
		*address = NULL;
	return err;
}

/* A slot may have more than one flow in its life: the counts of those before
 * have been taken out. Where it changes hands between this and the reading of
 * the flows, the new one is shown with what the old one had. */
static int read_effects(struct device *dev, struct table *table)
{
	int err = sparse_read(dev->map[OBJ_FLOW_EFFECTS],
			      sizeof(struct fl_flow_effects), &table->effects);

	table->effects_at = calloc(table->slots, sizeof(*table->effects_at));
	if (!err && !table->effects_at)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < table->effects.count; i++)
		if (table->effects.keys[i] < table->slots)
			table->effects_at[table->effects.keys[i]] = (__u32)i +
								    1;
	return err;
}

static int open_table(struct device *dev, struct table *table)
{
	int err = map_table(dev, OBJ_FLOWS, sizeof(*table->flows),
			    (void **)&table->flows);

	if (!err)
		err = map_table(dev, OBJ_FLOWS_OUT, sizeof(*table->flows_out),
				(void **)&table->flows_out);
	if (!err)
		err = map_table(dev, OBJ_FLOWS_MORE, sizeof(*table->more),
				(void **)&table->more);
	if (!err)
		err = map_table(dev, OBJ_FLOW_HELD, sizeof(*table->held),
				(void **)&table->held);
	if (!err)
		err = read_effects(dev, table);
	return err;
}

int device_flows(struct device *dev, const struct fl_match *match,
		 struct sample_flows *flows, struct fl_error *error)
{
	struct table table = { .slots = dev->sizes.slots };
	int err;

	memset(flows, 0, sizeof(*flows));
	describe_device(&dev->record, dev->name, &flows->device);
	err = open_table(dev, &table);
	if (!err)
		err = read_ticks(dev, &table.now_ticks, &table.tick_ns);
	if (!err)
		err = collect(&table, match, flows);
	for (__u32 side = 0; side < FL_SIDES && !err; side++)
		err = tally_read(dev->map[OBJ_TALLIES], side,
				 &flows->tally[side]);
	close_table(&table);
	if (!err)
		return 0;
	sample_flows_free(flows);
	return fl_fail(error, FL_EXIT_ERROR, "cannot read the flows: %s",
		       strerror(-err));
}

void sample_flows_free(struct sample_flows *flows)
{
	free(flows->flows);
	flows->flows = NULL;
	flows->count = 0;
}
