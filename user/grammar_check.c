/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the words of a rule, each good by itself, go together. */
#include "grammar.h"

#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#include <faultline/decide.h>

#include "grammar_words.h"
#include "unit.h"

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
	if (!tcp && (match->proto == IPPROTO_UDP ||
		     match->proto == IPPROTO_SCTP))
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
				       "no packet is both", first_words,
				       first->family, words, prefix->family);
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

int grammar_check_impairs(const struct fl_rule *rule, struct fl_error *error)
{
	char known[160];

	if (!rule->impair_count) {
		list_impairs(known, sizeof(known));
		return fl_fail(error, FL_EXIT_USAGE,
			       "what to do to the packets is missing: one of "
			       "%s", known);
	}
	for (__u32 i = 0; i < rule->impair_count; i++) {
		struct grammar_impair row =
			grammar_impair(rule->impairs[i].kind);
		bool out = row.directions == FL_DIR_OUT;

		if (!(rule->directions & ~row.directions))
			continue;
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "%s works only on %s packets: say %s", row.words,
			       out ? "outgoing" : "incoming",
			       out ? "out" : "in");
	}
	return 0;
}

static int check_burst(const union fl_params *u, struct fl_error *error)
{
	char loss[32];

	if (!u->burst.burst_milli || fl_burst_possible(u))
		return 0;
	unit_print_percent(u->burst.loss_u32, loss, sizeof(loss));
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"loss %s burst %.10g\": bursts cannot be so short, or "
		       "the loss is at most N/(N+1)", loss,
		       u->burst.burst_milli / 1000.0);
}

static int check_sum(const char *names, __u32 a_u32, __u32 b_u32,
		     struct fl_error *error)
{
	/* Two halves are rounded up. */
	if ((__u64)a_u32 + b_u32 <= FL_P_ONE + 1ull)
		return 0;
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"loss state\": %s are more than 100%% together",
		       names);
}

int grammar_check_params(struct fl_impair *impair, struct fl_error *error)
{
	union fl_params *u = &impair->u;
	int err = 0;

	if (impair->kind == FL_IMPAIR_LOSS)
		err = check_burst(u, error);
	if (impair->kind == FL_IMPAIR_LOSS_STATE)
		err = check_sum("P13 and P14", u->state.p13_u32,
				u->state.p14_u32, error);
	if (impair->kind == FL_IMPAIR_LOSS_STATE && !err)
		err = check_sum("P31 and P32", u->state.p31_u32,
				u->state.p32_u32, error);
	if (impair->kind != FL_IMPAIR_CORRUPT || !u->corrupt.silent)
		return err;
	if (u->corrupt.part == FL_PART_HEADER)
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"corrupt ... header silent\": only damage to "
			       "the payload can go unnoticed");
	u->corrupt.part = FL_PART_PAYLOAD;
	return 0;
}
