/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the terms of a rule, each valid by itself, can be combined. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#include <faultline/decide.h>

#include "base/unit.h"
#include "grammar.h"
#include "types.h"
#include "words.h"

static int check_proto(const struct fl_match *match, __u32 field,
		       struct fl_error *error)
{
	const struct grammar_arg *arg = &grammar_fields[field];
	bool tcp = arg->type == &type_TCPFLAGS;
	bool ports = arg->type == &type_PORTS || field == FL_FIELD_PAYLOAD;
	char proto[16];

	if (!(match->present & 1u << FL_FIELD_PROTO) || !(tcp || ports) ||
	    match->proto == IPPROTO_TCP)
		return 0;
	if (!tcp &&
	    (match->proto == IPPROTO_UDP || match->proto == IPPROTO_SCTP))
		return 0;
	type_PROTO.print(&match->proto, proto, sizeof(proto));
	return fl_fail(error, FL_EXIT_USAGE, "\"%s\" needs proto %s, not %s",
		       grammar_field_words(field),
		       tcp ? "tcp" : "tcp, udp or sctp", proto);
}

static int check_families(const struct fl_match *match, struct fl_error *error)
{
	const struct fl_prefix *first = NULL, *prefix;
	const char *first_words = NULL, *words;

	for (__u32 field = 0; field < FL_FIELDS; field++) {
		if (!(match->present & 1u << field) ||
		    grammar_fields[field].type != &type_PREFIX)
			continue;
		prefix = (const void *)((const char *)match +
					grammar_fields[field].offset);
		words = grammar_field_words(field);
		if (first && first->family != prefix->family)
			return fl_fail(error, FL_EXIT_USAGE,
				       "\"%s\" is IPv%u and \"%s\" is IPv%u: "
				       "no packet is both",
				       first_words, first->family, words,
				       prefix->family);
		first = prefix;
		first_words = words;
	}
	return 0;
}

int grammar_check_match(const struct fl_match *match, struct fl_error *error)
{
	int err = 0;

	for (__u32 field = 0; field < FL_FIELDS && !err; field++) {
		if (match->present & 1u << field)
			err = check_proto(match, field, error);
	}
	return err ? err : check_families(match, error);
}

/* What a row says of its directions. */
static int check_directions(const char *words, __u32 possible, __u32 asked,
			    struct fl_error *error)
{
	bool out = possible == FL_DIR_OUT;

	if (!(asked & ~possible))
		return 0;
	return fl_fail(error, FL_EXIT_UNSUPPORTED,
		       "\"%s\" works only on %s packets: add \"%s\"", words,
		       out ? "outgoing" : "incoming", out ? "out" : "in");
}

int grammar_check_fields(const struct fl_rule *rule, struct fl_error *error)
{
	static const __u32 possible[FL_FIELDS] = {
#define FIELD(id, words, type, level, directions, ...) directions,
#include <faultline/fields.def>
#undef FIELD
	};
	int err = 0;

	for (__u32 field = 0; field < FL_FIELDS && !err; field++) {
		if (rule->match.present & 1u << field)
			err = check_directions(grammar_field_words(field),
					       possible[field],
					       rule->directions, error);
	}
	return err;
}

/* The first words of all impairments: "loss, blackhole, fail". */
static void list_impairs(char *text, size_t size)
{
	size_t used = 0, last_length = 0;
	const char *last = "";

	*text = '\0';
	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS && used < size; kind++) {
		const char *words = grammar_impair(kind).words;
		size_t length = strcspn(words, " ");

		if (length == last_length && !strncmp(words, last, length))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%.*s",
					 used ? ", " : "", (int)length, words);
		last = words;
		last_length = length;
	}
}

static const union fl_params *find_params(const struct fl_rule *rule,
					  __u32 kind)
{
	for (__u32 i = 0; i < rule->impair_count; i++) {
		if (rule->impairs[i].kind == kind)
			return &rule->impairs[i].u;
	}
	return NULL;
}

/* Neither a queue nor a reorder holds packets by itself. */
static int check_queue(const struct fl_rule *rule, const struct fl_queue *queue,
		       struct fl_error *error)
{
	char time[32];

	if (queue->time_ns && !find_params(rule, FL_IMPAIR_RATE)) {
		unit_print_time(queue->time_ns, time, sizeof(time));
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"queue %s\" needs a rate; without one, "
			       "give a number of packets",
			       time);
	}
	if (find_params(rule, FL_IMPAIR_DELAY) ||
	    find_params(rule, FL_IMPAIR_RATE) ||
	    find_params(rule, FL_IMPAIR_SLOT))
		return 0;
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"queue\" needs delay, rate or slot: otherwise "
		       "nothing waits");
}

static int check_held(const struct fl_rule *rule, struct fl_error *error)
{
	const union fl_params *delay = find_params(rule, FL_IMPAIR_DELAY);
	const union fl_params *queue = find_params(rule, FL_IMPAIR_QUEUE);

	if (find_params(rule, FL_IMPAIR_REORDER)) {
		if (!delay)
			return fl_fail(error, FL_EXIT_USAGE,
				       "\"reorder\" needs a delay: it sends "
				       "packets ahead of those that wait");
		if (delay->delay.ordered)
			return fl_fail(error, FL_EXIT_USAGE,
				       "\"reorder\" and \"delay ... ordered\" "
				       "cannot be combined");
	}
	return queue ? check_queue(rule, &queue->queue, error) : 0;
}

int grammar_check_impairs(const struct fl_rule *rule, struct fl_error *error)
{
	char known[256];
	int err = 0;

	if (!rule->impair_count) {
		list_impairs(known, sizeof(known));
		return fl_fail(error, FL_EXIT_USAGE,
			       "nothing to do to the packets: add one of "
			       "%s",
			       known);
	}
	for (__u32 i = 0; i < rule->impair_count && !err; i++) {
		struct grammar_impair row =
			grammar_impair(rule->impairs[i].kind);

		err = check_directions(row.words, row.directions,
				       rule->directions, error);
	}
	return err ? err : check_held(rule, error);
}

static int check_burst(const union fl_params *u, struct fl_error *error)
{
	char loss[32];

	if (!u->burst.burst_milli || fl_burst_possible(u))
		return 0;
	unit_print_percent(u->burst.loss_u32, loss, sizeof(loss));
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"loss %s burst %.10g\": with bursts of N packets, the "
		       "loss is at most N/(N+1)",
		       loss, u->burst.burst_milli / 1000.0);
}

static int check_sum(const char *names, __u32 a_u32, __u32 b_u32,
		     struct fl_error *error)
{
	/* Each of two halves is rounded up. */
	if ((__u64)a_u32 + b_u32 <= FL_P_ONE + 1ull)
		return 0;
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"loss state\": %s are more than 100%% together",
		       names);
}

static int check_state(const union fl_params *u, struct fl_error *error)
{
	int err = check_sum("P13 and P14", u->state.p13_u32, u->state.p14_u32,
			    error);

	return err ? err :
		     check_sum("P31 and P32", u->state.p31_u32,
			       u->state.p32_u32, error);
}

static int check_corrupt(union fl_params *u, struct fl_error *error)
{
	if (!u->corrupt.silent)
		return 0;
	if (u->corrupt.part == FL_PART_HEADER)
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"corrupt ... header silent\": only damage to "
			       "the payload can go unnoticed");
	u->corrupt.part = FL_PART_PAYLOAD;
	return 0;
}

static int check_delay(const struct fl_delay *delay, const char *table,
		       struct fl_error *error)
{
	if (delay->jitter_ns || (!delay->correlation_u32 && !*table))
		return 0;
	return fl_fail(error, FL_EXIT_USAGE, "\"delay ...%s\" needs a JITTER",
		       *table ? " distribution" : " CORR%");
}

static int check_rate(const struct fl_rate *rate, struct fl_error *error)
{
	if (!rate->celloverhead || rate->cell)
		return 0;
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"rate ... celloverhead\" needs a cell");
}

#define SIGMA_MAX_NS 2147483647ull

static int check_slot(const struct fl_slot *slot, const char *table,
		      struct fl_error *error)
{
	if (!*table && (slot->max_ns >= slot->min_ns || !slot->max_ns))
		return 0;
	if (!*table)
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"slot\": MAX is less than MIN");
	if (!slot->max_ns)
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"slot ... distribution\" needs MAX, one "
			       "standard deviation");
	if (slot->max_ns > SIGMA_MAX_NS)
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"slot ... distribution\": MAX, one standard "
			       "deviation, is at most 2.147483647s");
	return 0;
}

int grammar_check_params(const struct fl_rule *rule, struct fl_impair *impair,
			 struct fl_error *error)
{
	union fl_params *u = &impair->u;

	switch (impair->kind) {
	case FL_IMPAIR_LOSS:
		return check_burst(u, error);
	case FL_IMPAIR_LOSS_STATE:
		return check_state(u, error);
	case FL_IMPAIR_CORRUPT:
		return check_corrupt(u, error);
	case FL_IMPAIR_DELAY:
		return check_delay(&u->delay, rule->file[FL_FILE_DELAY], error);
	case FL_IMPAIR_RATE:
		return check_rate(&u->rate, error);
	case FL_IMPAIR_SLOT:
		return check_slot(&u->slot, rule->file[FL_FILE_SLOT], error);
	}
	return 0;
}
