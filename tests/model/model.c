/* SPDX-License-Identifier: GPL-2.0-only */
#include "model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stages.h"

_Thread_local struct model *model_now;
_Thread_local unsigned model_cpu;

static void *zeroed(size_t size)
{
	void *memory = aligned_alloc(64, (size + 63) / 64 * 64);

	if (!memory)
		abort();
	return memset(memory, 0, size);
}

/* The maps of maps.def whose size is that of the rules. */
static void new_maps(struct model *model)
{
	const struct fl_sizes *sizes = &model->maps.sizes;
	struct fl_maps *maps = &model->maps;

	maps->rulesets = zeroed(2 * sizeof(*maps->rulesets));
	maps->positions =
		zeroed(2 * sizes->positions * sizeof(*maps->positions));
	maps->vectors = zeroed(2ul * sizes->vectors * sizes->vector_words *
			       sizeof(*maps->vectors));
	maps->blocks = zeroed(2 * sizes->blocks * sizeof(*maps->blocks));
	maps->intervals =
		zeroed(2 * sizes->intervals * sizeof(*maps->intervals));
	maps->intervals6 =
		zeroed(2 * sizes->intervals6 * sizeof(*maps->intervals6));
	model->details = zeroed(sizes->ids * sizeof(*model->details));
	model->chains = zeroed(sizes->ids * sizeof(*model->chains));
	for (int cpu = 0; cpu < MODEL_CPUS; cpu++)
		model->counts[cpu] = zeroed(sizes->ids * FL_SIDES *
					    sizeof(*model->counts[cpu]));
}

static void free_maps(struct model *model)
{
	free(model->maps.rulesets);
	free(model->maps.positions);
	free(model->maps.vectors);
	free(model->maps.blocks);
	free(model->maps.intervals);
	free(model->maps.intervals6);
	free(model->details);
	free(model->chains);
	for (int cpu = 0; cpu < MODEL_CPUS; cpu++)
		free(model->counts[cpu]);
}

struct model *model_new_for(__u32 slots, __u64 seed, __u32 rules)
{
	struct model *model = zeroed(sizeof(*model));

	model->maps.sizes = fl_sizes_of(rules, slots);
	model->maps.room = model->maps.sizes;
	new_maps(model);
	model->rules_max = rules;
	model->rules = zeroed(rules * sizeof(*model->rules));
	model->has_id = zeroed(model->maps.sizes.ids * sizeof(*model->has_id));
	model->flows = zeroed(slots * sizeof(*model->flows));
	model->flows_out = zeroed(slots * sizeof(*model->flows_out));
	model->more = zeroed(slots * sizeof(*model->more));
	model->effects = zeroed(slots * sizeof(*model->effects));
	model->has_effects = zeroed(slots * sizeof(*model->has_effects));
	model->traces = zeroed(FL_TRACE_WORDS * sizeof(*model->traces));
	model->slot_mask = slots - 1;
	model->seed = seed;
	model->control.generation = 1;
	model->clock.jiffies = 1000;
	model->clock.boot_ns = 1000000000;
	model->next_age = 1;
	compile_pass(&model->actions[FL_HANDLE_EXEMPT], FL_ID_EXEMPT);
	compile_pass(&model->actions[FL_HANDLE_UNMATCHED], FL_ID_UNMATCHED);
	for (__u32 cpu = 0; cpu < MODEL_CPUS; cpu++)
		model->runs[cpu].owner = cpu + 1;
	model_enter(model, 0);
	return model;
}

struct model *model_new(__u32 slots, __u64 seed)
{
	return model_new_for(slots, seed, MODEL_RULES);
}

void model_free(struct model *model)
{
	if (model_now == model)
		model_now = NULL;
	free(model->flows);
	free(model->flows_out);
	free(model->more);
	free(model->effects);
	free(model->has_effects);
	free(model->traces);
	free(model->rules);
	free(model->has_id);
	free_maps(model);
	free(model);
}

/* ---- rules ----------------------------------------- */

static int compare_rules(const void *a, const void *b)
{
	const struct fl_rule *x = &((const struct model_rule *)a)->rule;
	const struct fl_rule *y = &((const struct model_rule *)b)->rule;

	if (x->prio != y->prio)
		return x->prio < y->prio ? -1 : 1;
	return x->age < y->age ? -1 : x->age > y->age;
}

/* The next id, and the next handle, that no rule has. */
static void take_place(struct model *model, struct model_rule *rule)
{
	__u32 ids = model->maps.sizes.ids - FL_ID_FIRST;

	do
		rule->id = (__u16)(FL_ID_FIRST + model->next_id++ % ids);
	while (model->has_id[rule->id]);
	do
		rule->handle = (__u16)(model->next_handle++ % FL_HANDLES);
	while (model->has_handle[rule->handle]);
	model->has_id[rule->id] = true;
	model->has_handle[rule->handle] = true;
}

static void leave_place(struct model *model, const struct model_rule *rule)
{
	model->has_id[rule->id] = false;
	model->has_handle[rule->handle] = false;
}

/* The halves alternate, also where the number begins anew. */
__u32 model_next_generation(__u32 generation)
{
	return generation >= FL_GEN_LAST ? 1 + (generation & 1) :
					   generation + 1;
}

/* When the numbers begin anew, flows are found candidates anew. */
static void forget_flows(struct fl_flow *flows, __u32 slots)
{
	for (__u32 i = 0; i < slots; i++)
		if (FL_WORD_GENERATION(flows[i].word) != FL_GEN_EMPTY)
			flows[i].word = FL_WORD(FL_GEN_STALE, flows[i].word);
}

/* Compiles the rules into the idle half and puts it into force. */
static int commit(struct model *model)
{
	__u32 generation = model_next_generation(model->control.generation);
	struct compile_rule *compiled = calloc(model->rule_count + 1,
					       sizeof(*compiled));
	int err;

	if (generation < model->control.generation) {
		forget_flows(model->flows, model->slot_mask + 1);
		forget_flows(model->flows_out, model->slot_mask + 1);
	}
	qsort(model->rules, model->rule_count, sizeof(*model->rules),
	      compare_rules);
	for (size_t i = 0; i < model->rule_count; i++) {
		const struct model_rule *slot = &model->rules[i];
		const struct fl_rule *rule = &slot->rule;
		bool expired = rule->expiry_ns &&
			       rule->expiry_ns <= model->clock.boot_ns;

		compiled[i] = (struct compile_rule){ rule, FL_CAND_NONE,
						     slot->id };
		if (!expired)
			compiled[i].cand = FL_CAND(slot->handle,
						   compile_is_numbered(rule));
	}
	err = compile_ruleset(compiled, model->rule_count, &model->maps,
			      generation & 1);
	free(compiled);
	if (!err)
		__atomic_store_n(&model->control.generation, generation,
				 __ATOMIC_SEQ_CST);
	return err;
}

int model_add_rules(struct model *model, const struct fl_rule *rules,
		    size_t count)
{
	if (model->rule_count + count > model->rules_max)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		struct model_rule *slot = &model->rules[model->rule_count];

		slot->rule = rules[i];
		take_place(model, slot);
		if (!slot->rule.age)
			slot->rule.age = model->next_age++;
		compile_chain(&slot->rule, &model->chains[slot->id]);
		compile_detail(&slot->rule, &model->details[slot->id]);
		compile_action(&slot->rule, slot->id,
			       &model->actions[slot->handle]);
		model->rule_count++;
	}
	return commit(model);
}

int model_load_rules(struct model *model, const struct fl_rule *rules,
		     size_t count)
{
	while (model->rule_count)
		leave_place(model, &model->rules[--model->rule_count]);
	return model_add_rules(model, rules, count);
}

int model_delete_rule(struct model *model, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->rule_count; i++)
		if (strcmp(model->rules[i].rule.name, name))
			model->rules[kept++] = model->rules[i];
		else
			leave_place(model, &model->rules[i]);
	if (kept == model->rule_count)
		return -ENOENT;
	model->rule_count = kept;
	return commit(model);
}

const struct model_rule *model_find(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->rule_count; i++)
		if (!strcmp(model->rules[i].rule.name, name))
			return &model->rules[i];
	return NULL;
}

__u32 model_rule_id(const struct model *model, const char *name)
{
	const struct model_rule *rule = model_find(model, name);

	return rule ? rule->id : 0;
}

struct fl_rule model_rule(const char *name, __u32 directions,
			  enum fl_impair_kind kind, __u32 parameter)
{
	struct fl_rule rule = { .prio = 100,
				.directions = directions,
				.impair_count = kind != FL_IMPAIR_NONE };
	struct fl_impair *impair = &rule.impairs[0];

	snprintf(rule.name, sizeof(rule.name), "%s", name);
	impair->kind = kind;
	if (kind == FL_IMPAIR_LOSS)
		impair->u.loss.probability_u32 = parameter;
	else if (kind == FL_IMPAIR_LOSS_NTH)
		impair->u.nth.period = parameter;
	else if (kind == FL_IMPAIR_LOSS_FIRST)
		impair->u.first.count = parameter;
	else if (kind == FL_IMPAIR_LOSS_PATTERN)
		impair->u.pattern.length = parameter;
	fl_prepare(impair);
	return rule;
}

/* ---- doors ----------------------------------------- */

static __u64 door_run(struct fl_frame *frame, __u32 side,
		      const struct model_gso *gso)
{
	struct fl_size size = {
		.bytes = (__u32)((char *)frame->end - (char *)frame->data),
		.segments = 1,
	};
	struct fl_parsed packet;
	struct fl_work work;
	int result = parse_frame(frame, &packet);

	if (result == FL_PARSE_IP && packet.offset + packet.length > size.bytes)
		result = FL_PARSE_UNPARSED;
	if (gso && result == FL_PARSE_IP)
		size.segments = wire_split(frame, &packet, gso->size,
					   gso->segs);
	else if (gso)
		size.segments = gso->segs ?
					gso->segs :
					fl_wire_count(size.bytes, gso->size);
	verdict_frame(result, &packet, side, &size, &work);
	return work.fate;
}

/* An answer is the tc program's business: XDP hands the packet over. */
int model_xdp(struct model *model, const void *frame, size_t length,
	      __u64 *fate)
{
	struct fl_frame door = {
		.data = (void *)(unsigned long)frame,
		.end = (char *)(unsigned long)frame + length,
		.vlan = FL_VLAN_NONE,
	};
	__u64 verdict = door_run(&door, FL_IN, NULL);
	__u64 reason = verdict & FL_FATE_REASON;

	(void)model;
	if (fate)
		*fate = verdict;
	return reason == FL_REASON_DROPPED || reason == FL_REASON_FAILED ?
		       MODEL_XDP_DROP :
		       MODEL_XDP_PASS;
}

void model_key(const void *frame, size_t length, __u32 side, __u64 seed,
	       struct fl_key *key)
{
	struct fl_frame whole = {
		.data = (void *)(unsigned long)frame,
		.end = (char *)(unsigned long)frame + length,
		.vlan = FL_VLAN_NONE,
	};
	struct fl_parsed parsed = { 0 };

	parse_frame(&whole, &parsed);
	key_make(&parsed, side, seed, fl_secret(seed), key);
}

int model_tc(struct model *model, const void *frame, size_t length, __u32 side,
	     const struct model_gso *gso, __u64 *fate)
{
	struct fl_frame door = {
		.data = (void *)(unsigned long)frame,
		.end = (char *)(unsigned long)frame + length,
		.length = (__u32)length,
		.vlan = FL_VLAN_NONE,
	};
	__u64 verdict = door_run(&door, side, gso);
	__u64 reason = verdict & FL_FATE_REASON;

	if (fate)
		*fate = verdict;
	if (reason == FL_REASON_PASSED)
		return MODEL_TC_PASS;
	if (reason != FL_REASON_DROPPED || side == FL_IN)
		return MODEL_TC_SHOT;
	return model->tcx ? MODEL_TC_REDIRECT : MODEL_TC_STOLEN;
}

/* ---- sums ----------------------------------------- */

void model_add_counters(struct fl_counters *sum, const struct fl_counters *more)
{
	for (int i = 0; i < FL_REASONS; i++)
		sum->reason[i] += more->reason[i];
	for (int i = 0; i < FL_EFFECTS; i++) {
		sum->effect[i] += more->effect[i];
		sum->would_effect[i] += more->would_effect[i];
	}
	sum->would_drop += more->would_drop;
	sum->segments += more->segments;
	sum->aggregates += more->aggregates;
	sum->mixed += more->mixed;
	sum->bytes += more->bytes;
	sum->packets += more->packets;
	/* By the short way. */
	sum->packets += more->fast_passed + more->fast_dropped;
	sum->segments += more->fast_passed + more->fast_dropped;
	sum->reason[FL_REASON_PASSED] += more->fast_passed;
	sum->reason[FL_REASON_DROPPED] += more->fast_dropped;
}

void model_add_tally(struct fl_tally *sum, const struct fl_tally *more)
{
	__u64 *to = &sum->evicted_flows;
	const __u64 *from = &more->evicted_flows;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

void model_counters(const struct model *model, __u32 id, __u32 side,
		    struct fl_counters *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned cpu = 0; cpu < MODEL_CPUS; cpu++)
		model_add_counters(out,
				   &model->counts[cpu][id * FL_SIDES + side]);
}

void model_tally(const struct model *model, __u32 side, struct fl_tally *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned cpu = 0; cpu < MODEL_CPUS; cpu++)
		model_add_tally(out, &model->tallies[cpu][side]);
}
