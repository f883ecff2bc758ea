/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/category.h>
#include <faultline/decide.h>

#include "compile.h"
#include "sweep.h"

static __u32 has(const struct fl_match *match, enum fl_field field)
{
	return match->present >> field & 1u;
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

static struct range ports_range(struct fl_ports ports)
{
	return (struct range){ ports.low, ports.high, 0 };
}

/* Which of local and remote is at @end of a packet going @side. */
static int end_is_local(enum fl_side side, enum fl_end end)
{
	return (side == FL_IN) == (end == FL_DST);
}

static void address_ranges(struct compiler *c, enum fl_side side,
			   enum fl_end end, int family)
{
	struct dimension *d = &c->dimension;

	d->last = family == 4 ? 0xffffffffu : ADDRESS6_LAST;
	for (size_t i = 0; i < c->count; i++) {
		const struct fl_match *m = &c->rules[i].rule->match;
		int local = end_is_local(side, end);
		struct range r = whole(d->last);

		if (has(m, end == FL_SRC ? FL_FIELD_SRC : FL_FIELD_DST))
			r = intersect(r, prefix_range(end == FL_SRC ? &m->src :
								      &m->dst,
						      family));
		if (has(m, local ? FL_FIELD_LOCAL : FL_FIELD_REMOTE))
			r = intersect(r, prefix_range(local ? &m->local :
							      &m->remote,
						      family));
		d->all[i] = r;
		d->any[i] = has(m, FL_FIELD_HOST) ?
				    prefix_range(&m->host, family) :
				    whole(d->last);
	}
}

static void port_ranges(struct compiler *c, enum fl_side side, enum fl_end end)
{
	struct dimension *d = &c->dimension;

	d->last = 65535;
	for (size_t i = 0; i < c->count; i++) {
		const struct fl_match *m = &c->rules[i].rule->match;
		int local = end_is_local(side, end);
		struct range r = whole(d->last);

		if (has(m, end == FL_SRC ? FL_FIELD_SPORT : FL_FIELD_DPORT))
			r = intersect(r, ports_range(end == FL_SRC ? m->sport :
								     m->dport));
		if (has(m, local ? FL_FIELD_LOCAL_PORT : FL_FIELD_REMOTE_PORT))
			r = intersect(r, ports_range(local ? m->local_port :
							     m->remote_port));
		d->all[i] = r;
		d->any[i] = has(m, FL_FIELD_PORT) ? ports_range(m->port) :
						    whole(d->last);
	}
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
		int local = end_is_local(side, end);

		if (!has(m, end == FL_SRC ? FL_FIELD_SPORT : FL_FIELD_DPORT) &&
		    !has(m, local ? FL_FIELD_LOCAL_PORT : FL_FIELD_REMOTE_PORT))
			class_set_bit(class.all, i);
		if (!has(m, FL_FIELD_PORT))
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

static size_t match_value(const struct fl_match *m, enum fl_field field)
{
	return field == FL_FIELD_PROTO ? m->proto : m->vlan;
}

/* Sets the rules without the field, and those that want @value (if @asked). */
static int value_class(struct compiler *c, enum fl_field field, int asked,
		       size_t value)
{
	struct fl_class class = { 0 };

	for (size_t i = 0; i < c->count; i++) {
		const struct fl_match *m = &c->rules[i].rule->match;

		if (!has(m, field) || (asked && match_value(m, field) == value))
			class_set_bit(class.all, i);
	}
	return class_intern(c, &class);
}

/* A dimension of single values: protocol, VLAN. */
static int compile_values(struct compiler *c, enum fl_field field,
			  __u16 *class_of, size_t values)
{
	int plain = value_class(c, field, 0, 0);

	if (plain < 0)
		return plain;
	for (size_t value = 0; value < values; value++)
		class_of[value] = (__u16)plain;
	for (size_t i = 0; i < c->count; i++) {
		const struct fl_match *m = &c->rules[i].rule->match;
		size_t value = match_value(m, field);
		int number;

		if (!has(m, field) || class_of[value] != plain)
			continue;
		number = value_class(c, field, 1, value);
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
		err = compile_values(c, FL_FIELD_PROTO, out->proto_class[side],
				     256);
	if (!err)
		err = compile_values(c, FL_FIELD_VLAN, out->vlan_class[side],
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
	memset(out, 0, sizeof(*out));
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

static void compile_conditions(const struct fl_match *m, struct fl_action *out)
{
	const __u32 conditions = 1u << FL_FIELD_DSCP | 1u << FL_FIELD_FLAGS |
				 1u << FL_FIELD_LEN | 1u << FL_FIELD_PAYLOAD |
				 1u << FL_FIELD_PACKETS;

	if (m->present & conditions)
		out->flags |= FL_ACT_CONDITIONS;
	out->len_max = 0xffffffff;
	out->packet_max = 0xffffffff;
	if (has(m, FL_FIELD_DSCP)) {
		out->dscp_mask = 0x3f;
		out->dscp = m->dscp;
	}
	if (has(m, FL_FIELD_FLAGS)) {
		out->tcp_mask = m->flags.mask;
		out->tcp_value = m->flags.value;
	}
	if (has(m, FL_FIELD_LEN)) {
		out->len_min = m->len.low;
		out->len_max = m->len.high;
	}
	if (has(m, FL_FIELD_PACKETS)) {
		out->packet_min = m->packets.low;
		out->packet_max = m->packets.high;
	}
	out->payload = has(m, FL_FIELD_PAYLOAD);
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

void compile_action(const struct fl_rule *rule, struct fl_action *out)
{
	memset(out, 0, sizeof(*out));
	out->expiry_ns = rule->expiry_ns;
	out->seed = rule->seed;
	out->impair_count = count_decisions(rule);
	memcpy(out->impairs, rule->impairs,
	       out->impair_count * sizeof(*out->impairs));
	if (fl_rule_holds(rule))
		out->flags |= FL_ACT_HOLD;
	compile_conditions(&rule->match, out);
	if (has(&rule->match, FL_FIELD_FLOWS)) {
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
	    (out->flags & FL_ACT_CHAIN || fl_is_plain(rule->impairs[0].kind)))
		out->flags |= FL_ACT_SOLE;
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (fl_number_wrap(&rule->impairs[i]))
			out->wrap_at = fl_number_wrap(&rule->impairs[i]);
}
