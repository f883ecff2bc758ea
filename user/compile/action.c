/* SPDX-License-Identifier: GPL-2.0-only */
/* One rule -> what the datapath keeps of it. */
#include <stdbool.h>
#include <string.h>

#include <faultline/category.h>
#include <faultline/decide.h>

#include "compile.h"

/* Only one impairment of a rule keeps state: those that do share a category. */
static __u32 kept_at(const struct fl_rule *rule)
{
	__u32 i;

	for (i = 0; i < rule->impair_count; i++)
		if (fl_state_of(rule->impairs[i].kind))
			return i;
	return FL_DECISIONS_MAX;
}

/* enum fl_state_kind: what @rule keeps between packets. */
static __u32 state_of(const struct fl_rule *rule)
{
	__u32 at = kept_at(rule);

	return at < FL_DECISIONS_MAX ? fl_state_of(rule->impairs[at].kind) :
				       FL_STATE_NONE;
}

/* Whether it keeps that for all flows together. */
static int is_shared(const struct fl_rule *rule)
{
	return rule->flags & FL_RULE_SCOPE || state_of(rule) == FL_STATE_NETEM;
}

int compile_is_numbered(const struct fl_rule *rule)
{
	return state_of(rule) && !is_shared(rule);
}

int compile_is_effect(__u32 kind)
{
	return fl_path_of(kind) != FL_PATH_PLAIN;
}

int compile_needs_tc(const struct fl_rule *rule)
{
	if (rule->flags & FL_RULE_DRY_RUN)
		return 0;
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (compile_is_effect(rule->impairs[i].kind))
			return 1;
	return 0;
}

void compile_chain(const struct fl_rule *rule, struct fl_chain *out)
{
	memset(out, 0, sizeof(*out));
	if (state_of(rule) == FL_STATE_NETEM)
		fl_netem_seed(rule->seed, out->state);
}

static void compile_conditions(const struct fl_match *m,
			       struct fl_conditions *out)
{
	out->fields = m->present & FL_PACKET_FIELDS;
#define COPY_FLOW(member)
#define COPY_PACKET(member) out->member = m->member;
#define FIELD(id, words, type, level, directions, member, ...) \
	COPY_##level(member)
#include <faultline/fields.def>
#undef FIELD
}

/* Impairments that hold packets come last; they decide nothing. */
static __u32 count_decisions(const struct fl_rule *rule)
{
	__u32 count = 0;

	while (count < rule->impair_count && count < FL_DECISIONS_MAX &&
	       !fl_is_timing(rule->impairs[count].kind))
		count++;
	return count;
}

/* What the short way has to know, if it is all that the rule asks for: that it
 * loses packets, and holds the others. */
static void compile_fast(const struct fl_rule *rule, struct fl_action *out)
{
	const __u16 rest = out->flags & (__u16) ~(FL_ACT_SHARE | FL_ACT_HOLD);
	const struct fl_impair *first = &rule->impairs[0];
	__u32 loss_u32 = 0;

	if (count_decisions(rule) ? rest != (FL_ACT_PLAIN | FL_ACT_SOLE) :
				    rest || !(out->flags & FL_ACT_HOLD))
		return;
	if (first->kind == FL_IMPAIR_BLACKHOLE)
		loss_u32 = FL_P_ONE;
	else if (first->kind == FL_IMPAIR_LOSS)
		loss_u32 = first->u.loss.probability_u32;
	else if (count_decisions(rule))
		return;
	out->fast_loss_u32 = loss_u32;
	out->fast = loss_u32 == FL_P_ONE     ? FL_FAST_DROP :
		    out->flags & FL_ACT_HOLD ? FL_FAST_HOLD :
		    loss_u32		     ? FL_FAST_LOSS :
					       FL_FAST_PASS;
}

void compile_pass(struct fl_action *out, __u16 id)
{
	memset(out, 0, sizeof(*out));
	out->expiry_ns = FL_NEVER;
	out->flags = FL_ACT_EXEMPT;
	out->fast = FL_FAST_PASS;
	out->id = id;
}

void compile_detail(const struct fl_rule *rule, struct fl_detail *out)
{
	memset(out, 0, sizeof(*out));
	out->impair_count = count_decisions(rule);
	memcpy(out->impairs, rule->impairs,
	       out->impair_count * sizeof(*out->impairs));
	compile_conditions(&rule->match, &out->conditions);
	out->kept_at = kept_at(rule);
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (fl_number_wrap(&rule->impairs[i]))
			out->wrap_at = fl_number_wrap(&rule->impairs[i]);
}

static __u16 action_flags(const struct fl_rule *rule)
{
	bool sole = count_decisions(rule) == 1;
	__u16 flags = 0;

	if (fl_rule_holds(rule))
		flags |= FL_ACT_HOLD;
	if (rule->match.present & FL_PACKET_FIELDS)
		flags |= FL_ACT_CONDITIONS;
	if (rule->match.present & 1u << FL_FIELD_FLOWS)
		flags |= FL_ACT_SHARE;
	if (rule->flags & FL_RULE_DRY_RUN)
		flags |= FL_ACT_DRY_RUN;
	if (is_shared(rule))
		flags |= FL_ACT_SCOPE;
	if (state_of(rule) >= FL_STATE_CHAIN)
		flags |= FL_ACT_CHAIN;
	if (sole && fl_is_plain(rule->impairs[0].kind) && !is_shared(rule))
		flags |= FL_ACT_PLAIN;
	if (sole && fl_path_of(rule->impairs[0].kind) == FL_PATH_PLAIN)
		flags |= FL_ACT_SOLE;
	return flags;
}

void compile_action(const struct fl_rule *rule, __u16 id, struct fl_action *out)
{
	memset(out, 0, sizeof(*out));
	out->expiry_ns = rule->expiry_ns ? rule->expiry_ns : FL_NEVER;
	out->id = id;
	out->seed = rule->seed;
	out->flags = action_flags(rule);
	if (out->flags & FL_ACT_SHARE)
		out->share_u32 = rule->match.flows_u32;
	compile_fast(rule, out);
}
