/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

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

static struct range single(u128 value)
{
	return (struct range){ value, value, 0 };
}

/* What @field, which the rule has, asks of addresses of @family, ports, ... */
static struct range range_of(const struct fl_match *match, __u32 field,
			     int family)
{
	const void *value = (const char *)match + places[field].offset;
	const struct fl_ports *ports = value;

	switch (places[field].axis) {
	case AXIS_PREFIX:
		return prefix_range(value, family);
	case AXIS_PORTS:
		return (struct range){ ports->low, ports->high, 0 };
	case AXIS_PROTO:
		return single(*(const __u8 *)value);
	default:
		return single(*(const __u16 *)value);
	}
}

/* ---- dimensions --------------------------------------------------------- */

struct dimension {
	int family;   /* of addresses */
	__u32 fields; /* that rules have and that ask something of it */
	__u32 either; /* of them those that have to hold at one end only */
	u128 last;    /* greatest value */
};

#define DIMENSIONS (3 * FL_SIDES * FL_ENDS + 2)

struct compiler {
	const struct compile_rule *rules;
	size_t count;
	__u32 fields; /* that any rule has */
	struct sets *sets;
	struct sweep *sweep;
	/* What is there already: equal ones are kept once. */
	struct dimension done[DIMENSIONS];
	struct fl_stretch stretches[DIMENSIONS];
	size_t done_count;
};

/* What @match asks by @fields; 0: nothing. */
static int ask(const struct fl_match *match, __u32 fields,
	       const struct dimension *d, struct range *range)
{
	*range = (struct range){ 0, d->last, 0 };
	fields &= match->present;
	for (__u32 left = fields; left; left &= left - 1)
		*range = intersect(*range,
				   range_of(match, (__u32)__builtin_ctz(left),
					    d->family));
	return fields != 0;
}

static int compile_dimension(struct compiler *c, const struct dimension *d,
			     struct fl_stretch *out)
{
	struct range range;
	int err;

	*out = (struct fl_stretch){ 0 };
	for (size_t i = 0; i < c->done_count; i++) {
		const struct dimension *other = &c->done[i];

		if (other->fields != d->fields || other->family != d->family)
			continue;
		*out = c->stretches[i];
		return 0;
	}
	if (!d->fields)
		return 0;
	sweep_begin(c->sweep, d->last);
	for (size_t i = 0; i < c->count; i++) {
		const struct fl_match *match = &c->rules[i].rule->match;
		int asks = ask(match, d->fields & ~d->either, d, &range);

		sweep_add(c->sweep, (__u32)i, SWEEP_ALL, asks ? &range : NULL);
		asks = ask(match, d->either, d, &range);
		sweep_add(c->sweep, (__u32)i, SWEEP_ANY, asks ? &range : NULL);
	}
	c->done[c->done_count] = *d;
	err = sweep_run(c->sweep, d->family == 6, out);
	c->stretches[c->done_count++] = *out;
	return err;
}

/* The dimension that @axis is at @end of the packets of @side. */
static int compile_end(struct compiler *c, enum axis axis, int family, int side,
		       int end, struct fl_stretch *out)
{
	struct dimension d = { .family = family };

	d.last = family == 4	    ? 0xffffffffu :
		 family == 6	    ? ADDRESS6_LAST :
		 axis == AXIS_PORTS ? FL_PORT_NONE :
		 axis == AXIS_PROTO ? 255 :
				      FL_VLAN_NONE;
	for (__u32 field = 0; field < FL_FIELDS; field++) {
		__u32 ends;

		if (places[field].axis != axis || !(c->fields >> field & 1))
			continue;
		ends = places[field].ends((enum fl_side)side);
		if (ends >> end & 1)
			d.fields |= 1u << field;
		if (ends == FL_BOTH_ENDS)
			d.either |= 1u << field;
	}
	return compile_dimension(c, &d, out);
}

static int compile_ends(struct compiler *c, struct fl_ruleset *out)
{
	int err = 0;

	for (int side = 0; side < FL_SIDES; side++) {
		for (int end = 0; end < FL_ENDS && !err; end++) {
			err = compile_end(c, AXIS_PREFIX, 4, side, end,
					  &out->v4[side][end]);
			if (!err)
				err = compile_end(c, AXIS_PREFIX, 6, side, end,
						  &out->v6[side][end]);
			if (!err)
				err = compile_end(c, AXIS_PORTS, 0, side, end,
						  &out->ports[side][end]);
		}
	}
	if (!err)
		err = compile_end(c, AXIS_PROTO, 0, FL_IN, FL_SRC, &out->proto);
	return err ? err :
		     compile_end(c, AXIS_VLAN, 0, FL_IN, FL_SRC, &out->vlan);
}

/* ---- the ruleset -------------------------------------------------------- */

/* The rules that are in force in the direction of @side. */
static int compile_valid(struct compiler *c, int side, struct fl_ruleset *out)
{
	__u32 direction = side == FL_IN ? FL_DIR_IN : FL_DIR_OUT;
	struct set *valid = set_new(c->sets);
	int number;

	if (!valid)
		return -ENOMEM;
	for (size_t i = 0; i < c->count; i++)
		if (c->rules[i].rule->directions & direction &&
		    c->rules[i].cand != FL_CAND_NONE)
			set_put(valid, i, true);
	number = set_keep(c->sets, valid);
	out->has_rules[side] = !set_is_empty(valid);
	out->valid[side] = (__u32)number;
	set_free(valid);
	return number < 0 ? number : 0;
}

/* Positions, and what the rules have in common. */
static void compile_positions(struct compiler *c, struct fl_position *positions,
			      struct fl_ruleset *out)
{
	out->rule_count = 0;
	out->position_count = (__u32)c->count;
	for (size_t i = 0; i < c->count; i++) {
		const struct compile_rule *rule = &c->rules[i];

		positions[i] = (struct fl_position){ .cand = rule->cand,
						     .id = rule->id };
		out->rule_count += rule->id >= FL_ID_FIRST;
		c->fields |= rule->rule->match.present;
	}
}

static int compile_all(struct compiler *c, const struct fl_maps *maps,
		       __u32 half)
{
	const struct fl_sizes *sizes = &maps->sizes;
	struct fl_ruleset *out = &maps->rulesets[half];
	int err = 0;

	c->sets = sets_new(maps, half, c->count);
	c->sweep = c->sets ? sweep_new(maps, half, c->sets, c->count) : NULL;
	if (!c->sweep)
		return -ENOMEM;
	out->first_position = half * sizes->positions;
	out->vector_words = sizes->vector_words;
	out->first_vector = half * sizes->vectors * sizes->vector_words;
	out->first_block = half * sizes->blocks;
	compile_positions(c, maps->positions + out->first_position, out);
	for (int side = 0; side < FL_SIDES && !err; side++)
		err = compile_valid(c, side, out);
	return err ? err : compile_ends(c, out);
}

int compile_ruleset(const struct compile_rule *rules, size_t count,
		    const struct fl_maps *maps, __u32 half)
{
	struct compiler c = { .rules = rules, .count = count };
	int err;

	if (count > maps->sizes.positions)
		return -E2BIG;
	err = compile_all(&c, maps, half);
	sweep_free(c.sweep);
	sets_free(c.sets);
	return err;
}
