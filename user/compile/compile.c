/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/category.h>
#include <faultline/decide.h>
#include <faultline/fields.h>

#include "compile.h"
#include "sweep.h"

/* What of the ruleset a field of LEVEL FLOW constrains, by its TYPE. */
enum axis {
	AXIS_NONE, /* of LEVEL PACKET */
	AXIS_PREFIX,
	AXIS_PORTS,
	AXIS_PROTO,
	AXIS_VLAN,
	AXIS_SHARE, /* not of the ruleset: see compile_action() */
};

static const struct place {
	enum axis axis;
	__u32 (*ends)(enum fl_side side);
	size_t offset; /* of the value in struct fl_match */
} places[FL_FIELDS] = {
#define PLACE_PACKET(id, type, member, function)
#define PLACE_FLOW(id, type, member, function)               \
	[FL_FIELD_##id] = { AXIS_##type, fl_ends_##function, \
			    offsetof(struct fl_match, member) },
#define FIELD(id, words, type, level, directions, member, function, ...) \
	PLACE_##level(id, type, member, function)
#include <faultline/fields.def>
#undef FIELD
};

/* What @field asks of @axis, or NULL where it asks nothing. */
static const void *asked(const struct fl_match *match, __u32 field,
			 enum axis axis)
{
	if (places[field].axis != axis || !(match->present >> field & 1u))
		return NULL;
	return (const char *)match + places[field].offset;
}

static struct range whole(u128 last)
{
	return (struct range){ 0, last, 0 };
}

static struct range intersect(struct range a, struct range b)
{
	struct range r = {
		a.low > b.low ? a.low : b.low,
		a.high < b.high ? a.high : b.high,
		a.empty || b.empty,
	};

	if (r.low > r.high)
		r.empty = 1;
	return r;
}

static struct range prefix_range(const struct fl_prefix *prefix, int family)
{
	unsigned bits = family == 4 ? 32 : 128;
	struct range r = { 0, 0, prefix->family != family };
	u128 rest;

	if (r.empty)
		return r;
	for (unsigned i = 0; i < bits / 8; i++)
		r.low = r.low << 8 | prefix->address_be[i];
	/* Shifting 128 bits by 128 is undefined. */
	rest = bits == 32 ? 0xffffffffu : ADDRESS6_LAST;
	if (prefix->length)
		rest = ((u128)1 << (bits - prefix->length)) - 1;
	r.low &= ~rest;
	r.high = r.low | rest;
	return r;
}

static struct range ports_range(const struct fl_ports *ports)
{
	return (struct range){ ports->low, ports->high, 0 };
}

/* What rule @i asks of one end of its packets; @family is of addresses. */
static void set_ranges(struct dimension *d, size_t i, const struct fl_match *m,
		       enum axis axis, enum fl_side side, enum fl_end end,
		       int family)
{
	d->all[i] = whole(d->last);
	d->any[i] = whole(d->last);
	for (__u32 field = 0; field < FL_FIELDS; field++) {
		const void *value = asked(m, field, axis);
		__u32 ends = value ? places[field].ends(side) : 0;
		struct range *to = ends == FL_BOTH_ENDS ? &d->any[i] :
							  &d->all[i];

		if (ends >> end & 1u)
			*to = intersect(*to,
					axis == AXIS_PORTS ?
						ports_range(value) :
						prefix_range(value, family));
	}
}

static void address_ranges(struct compiler *c, enum fl_side side,
			   enum fl_end end, int family)
{
	c->dimension.last = family == 4 ? 0xffffffffu : ADDRESS6_LAST;
	for (size_t i = 0; i < c->count; i++)
		set_ranges(&c->dimension, i, &c->rules[i].rule->match,
			   AXIS_PREFIX, side, end, family);
}

static void port_ranges(struct compiler *c, enum fl_side side, enum fl_end end)
{
	c->dimension.last = 65535;
	for (size_t i = 0; i < c->count; i++)
		set_ranges(&c->dimension, i, &c->rules[i].rule->match,
			   AXIS_PORTS, side, end, 0);
}

static int compile_addresses(struct compiler *c, enum fl_side side,
			     enum fl_end end)
{
	int err;

	address_ranges(c, side, end, 4);
	err = compile_sweep(c);
	if (err)
		return err;
	compile_store4(c, &c->out->v4[side][end]);
	address_ranges(c, side, end, 6);
	err = compile_sweep(c);
	if (err)
		return err;
	compile_store6(c, &c->out->v6[side][end]);
	return 0;
}

/* The class of packets without ports: rules that match on none. */
static int compile_portless(struct compiler *c, enum fl_side side,
			    enum fl_end end)
{
	struct fl_class class = { 0 };
	int number;

	for (size_t i = 0; i < c->count; i++) {
		const struct fl_match *m = &c->rules[i].rule->match;
		int all = 1, any = 1;

		for (__u32 field = 0; field < FL_FIELDS; field++) {
			__u32 ends = asked(m, field, AXIS_PORTS) ?
					     places[field].ends(side) :
					     0;

			if (ends == FL_BOTH_ENDS)
				any = 0;
			else if (ends >> end & 1u)
				all = 0;
		}
		if (all)
			class_set_bit(class.all, i);
		if (any)
			class_set_bit(class.any, i);
	}
	number = class_intern(c, &class);
	if (number < 0)
		return number;
	c->out->port_none[side][end] = (__u16)number;
	return 0;
}

static int compile_ports(struct compiler *c, enum fl_side side, enum fl_end end)
{
	int err;

	port_ranges(c, side, end);
	err = compile_sweep(c);
	if (err)
		return err;
	compile_store_ports(c, c->out->port_class[side][end]);
	return compile_portless(c, side, end);
}

#define NO_VALUE ((size_t)-1)

/* The single value that a rule asks of @axis, or NO_VALUE. */
static size_t match_value(const struct fl_match *m, enum axis axis)
{
	for (__u32 field = 0; field < FL_FIELDS; field++) {
		const void *value = asked(m, field, axis);

		if (value)
			return axis == AXIS_PROTO ? *(const __u8 *)value :
						    *(const __u16 *)value;
	}
	return NO_VALUE;
}

/* Sets the rules without the field, and those that ask for @value. */
static int value_class(struct compiler *c, size_t value)
{
	struct fl_class class = { 0 };

	for (size_t i = 0; i < c->count; i++) {
		if (c->value[i] == NO_VALUE || c->value[i] == value)
			class_set_bit(class.all, i);
	}
	return class_intern(c, &class);
}

/* A dimension of single values: protocol, VLAN. */
static int compile_values(struct compiler *c, enum axis axis, __u16 *class_of,
			  size_t values)
{
	int plain;

	for (size_t i = 0; i < c->count; i++)
		c->value[i] = match_value(&c->rules[i].rule->match, axis);
	plain = value_class(c, NO_VALUE);
	if (plain < 0)
		return plain;
	for (size_t value = 0; value < values; value++)
		class_of[value] = (__u16)plain;
	for (size_t i = 0; i < c->count; i++) {
		size_t value = c->value[i];
		int number;

		if (value == NO_VALUE || class_of[value] != plain)
			continue;
		number = value_class(c, value);
		if (number < 0)
			return number;
		class_of[value] = (__u16)number;
	}
	return 0;
}

static int compile_side(struct compiler *c, enum fl_side side)
{
	__u32 direction = side == FL_IN ? FL_DIR_IN : FL_DIR_OUT;
	struct fl_ruleset *out = c->out;
	int err = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (!(c->rules[i].rule->directions & direction) ||
		    c->rules[i].cand == FL_CAND_NONE)
			continue;
		class_set_bit(out->valid[side], i);
		out->has_rules[side] = 1;
	}
	for (int end = 0; end < FL_ENDS && !err; end++) {
		err = compile_addresses(c, side, end);
		if (!err)
			err = compile_ports(c, side, end);
	}
	if (!err)
		err = compile_values(c, AXIS_PROTO, out->proto_class[side],
				     256);
	if (!err)
		err = compile_values(c, AXIS_VLAN, out->vlan_class[side],
				     FL_VLANS);
	return err;
}

int compile_ruleset(const struct compile_rule *rules, size_t count,
		    struct fl_ruleset *out)
{
	struct compiler *c;
	int err = 0;

	if (count > FL_POSITIONS)
		return -E2BIG;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	/* All that follows is written, as far as it is ever read. */
	memset(out, 0, offsetof(struct fl_ruleset, v4));
	c->out = out;
	c->rules = rules;
	c->count = count;
	out->position_count = (__u32)count;
	for (size_t i = 0; i < count; i++)
		out->cand_of[i] = rules[i].cand;
	for (int side = 0; side < FL_SIDES && !err; side++)
		err = compile_side(c, side);
	free(c);
	return err;
}

/* Only one impairment of a rule keeps state: those that do share a category. */
static __u32 kept_at(const struct fl_rule *rule)
{
	__u32 i;

	for (i = 0; i < rule->impair_count; i++)
		if (fl_state_of(rule->impairs[i].kind))
			return i;
	return FL_DECISIONS_MAX;
}

__u32 compile_state(const struct fl_rule *rule)
{
	__u32 at = kept_at(rule);

	return at < FL_DECISIONS_MAX ? fl_state_of(rule->impairs[at].kind) :
				       FL_STATE_NONE;
}

int compile_is_shared(const struct fl_rule *rule)
{
	return rule->flags & FL_RULE_SCOPE ||
	       compile_state(rule) == FL_STATE_NETEM;
}

int compile_is_numbered(const struct fl_rule *rule)
{
	return compile_state(rule) && !compile_is_shared(rule);
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
	if (compile_state(rule) == FL_STATE_NETEM)
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

/* What the short way has to know, if it is all that the rule asks for. */
static void compile_fast(struct fl_action *out)
{
	const struct fl_impair *only = &out->impairs[0];

	if (out->conditions.fields ||
	    (out->flags & ~FL_ACT_SHARE) != (FL_ACT_PLAIN | FL_ACT_SOLE))
		return;
	if (only->kind == FL_IMPAIR_BLACKHOLE)
		out->fast = FL_FAST_DROP;
	if (only->kind != FL_IMPAIR_LOSS)
		return;
	out->fast_loss_u32 = only->u.loss.probability_u32;
	out->fast = out->fast_loss_u32 == FL_P_ONE ? FL_FAST_DROP :
		    out->fast_loss_u32		   ? FL_FAST_LOSS :
						     FL_FAST_PASS;
}

void compile_pass(struct fl_action *out, __u32 count)
{
	memset(out, 0, sizeof(*out));
	out->expiry_ns = FL_NEVER;
	out->flags = FL_ACT_EXEMPT;
	out->fast = FL_FAST_PASS;
	out->count = count;
	out->kept_at = FL_DECISIONS_MAX;
}

void compile_action(const struct fl_rule *rule, __u16 id, struct fl_action *out)
{
	memset(out, 0, sizeof(*out));
	out->expiry_ns = rule->expiry_ns ? rule->expiry_ns : FL_NEVER;
	out->count = id;
	out->seed = rule->seed;
	out->impair_count = count_decisions(rule);
	memcpy(out->impairs, rule->impairs,
	       out->impair_count * sizeof(*out->impairs));
	if (fl_rule_holds(rule))
		out->flags |= FL_ACT_HOLD;
	compile_conditions(&rule->match, &out->conditions);
	if (rule->match.present & 1u << FL_FIELD_FLOWS) {
		out->flags |= FL_ACT_SHARE;
		out->share_u32 = rule->match.flows_u32;
	}
	if (rule->flags & FL_RULE_DRY_RUN)
		out->flags |= FL_ACT_DRY_RUN;
	out->kept_at = kept_at(rule);
	if (compile_is_shared(rule))
		out->flags |= FL_ACT_SCOPE;
	if (compile_state(rule) >= FL_STATE_CHAIN)
		out->flags |= FL_ACT_CHAIN;
	if (out->impair_count == 1 && fl_is_plain(rule->impairs[0].kind) &&
	    !compile_is_shared(rule))
		out->flags |= FL_ACT_PLAIN;
	if (out->impair_count == 1 &&
	    fl_path_of(rule->impairs[0].kind) == FL_PATH_PLAIN)
		out->flags |= FL_ACT_SOLE;
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (fl_number_wrap(&rule->impairs[i]))
			out->wrap_at = fl_number_wrap(&rule->impairs[i]);
	compile_fast(out);
}
