/* SPDX-License-Identifier: GPL-2.0-only */
/* Random rules, drawn from the tables: printed, they read back the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/category.h>

#include "grammar/grammar.h"
#include "lib/rule_equal.h"
#include "lib/tap.h"
#include "lib/words.h"
#include "draw.h"

#ifdef __SANITIZE_ADDRESS__ /* where the code is slow */
#define RULES 10000
#else
#define RULES 50000
#endif
#define TERMS_MAX 48

static void random_match(struct fl_match *match, __u32 asked)
{
	/* Few terms more often than many; every single one often enough. */
	__u64 wanted = draw() & draw();
	struct fl_error error;

	family = draw() & 1 ? 6 : 4;
#define FIELD(id, words, type, level, directions, member, ...)         \
	if (wanted >> FL_FIELD_##id & 1 && !(asked & ~(directions))) { \
		match->present |= 1u << FL_FIELD_##id;                 \
		random_##type(&match->member);                         \
	}
#include <faultline/fields.def>
#undef FIELD
	if (!grammar_check_match(match, &error))
		return;
	match->present &= ~(1u << FL_FIELD_PROTO);
	match->proto = 0;
}

static const __u32 directions[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, directions, ...) \
	[FL_IMPAIR_##id] = directions,
#include <faultline/impairs.def>
};

static void random_file(char file[FL_FILE_LEN])
{
	static const char *const tables[] = {
		"normal", "pareto", "paretonormal", "/a/b-c.dist", "ordered",
	};

	snprintf(file, FL_FILE_LEN, "%s", tables[draw() % 5]);
}

/* What the grammar would refuse of those that hold packets. */
static void make_holdable(struct fl_rule *rule, struct fl_impair *impair)
{
	union fl_params *u = &impair->u;
	char *delay = rule->file[FL_FILE_DELAY];
	char *slot = rule->file[FL_FILE_SLOT];

	if (impair->kind == FL_IMPAIR_DELAY && u->delay.jitter_ns && draw() & 1)
		random_file(delay);
	if (impair->kind == FL_IMPAIR_DELAY && !u->delay.jitter_ns)
		u->delay.correlation_u32 = 0;
	if (impair->kind == FL_IMPAIR_RATE && !u->rate.cell)
		u->rate.celloverhead = 0;
	if (impair->kind != FL_IMPAIR_SLOT)
		return;
	if (draw() & 1)
		random_file(slot);
	if (*slot)
		u->slot.max_ns = between(1, 2147483647);
	else if (u->slot.max_ns && u->slot.max_ns < u->slot.min_ns)
		u->slot.max_ns = u->slot.min_ns;
}

/* What the grammar would refuse. */
static void make_possible(struct fl_impair *impair)
{
	union fl_params *u = &impair->u;

	if (impair->kind == FL_IMPAIR_LOSS)
		u->burst.burst_milli = 0;
	if (impair->kind == FL_IMPAIR_LOSS_BURST && !fl_burst_possible(u))
		u->burst.loss_u32 /= 2;
	if (impair->kind == FL_IMPAIR_LOSS_STATE) {
		u->state.p14_u32 &= ~u->state.p13_u32;
		u->state.p32_u32 &= ~u->state.p31_u32;
	}
	if (impair->kind == FL_IMPAIR_CORRUPT && u->corrupt.silent)
		u->corrupt.part = FL_PART_PAYLOAD;
}

static void random_impair(struct fl_rule *rule, __u32 kind)
{
	struct fl_impair *impair = &rule->impairs[rule->impair_count++];

	impair->kind = kind;
#define PARAM(id, member, type, min, max, initial, argument, json, help) \
	if (kind == FL_IMPAIR_##id)                                      \
		random_##type(&impair->u.member, min, max);
#include <faultline/impairs.def>
	if (kind == FL_IMPAIR_LOSS_TRACE)
		snprintf(rule->file[FL_FILE_TRACE], FL_FILE_LEN,
			 "/tmp/trace%llu", draw() % 100);
	make_possible(impair);
	make_holdable(rule, impair);
	fl_prepare(impair);
}

static bool is_free(const struct fl_rule *rule, __u32 kind, __u32 first)
{
	bool free = !fl_exclude(first, kind) &&
		    !(rule->directions & ~directions[kind]);

	for (__u32 i = 0; i < rule->impair_count; i++)
		free &= !fl_exclude(rule->impairs[i].kind, kind);
	return free;
}

static struct fl_impair *find(struct fl_rule *rule, __u32 kind)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (rule->impairs[i].kind == kind)
			return &rule->impairs[i];
	return NULL;
}

/* What needs another, and excludes another, of those that hold packets. */
static bool go_together(struct fl_rule *rule)
{
	const struct fl_impair *delay = find(rule, FL_IMPAIR_DELAY);
	const struct fl_impair *rate = find(rule, FL_IMPAIR_RATE);
	const struct fl_impair *queue = find(rule, FL_IMPAIR_QUEUE);

	if (find(rule, FL_IMPAIR_REORDER) && (!delay || delay->u.delay.ordered))
		return false;
	if (!queue)
		return true;
	return rate || (!queue->u.queue.time_ns &&
			(delay || find(rule, FL_IMPAIR_SLOT)));
}

/* One for certain, and at times others that go with it; by kind. */
static void random_impairs(struct fl_rule *rule)
{
	__u32 first = (__u32)(1 + draw() % (FL_IMPAIR_KINDS - 1));

	if (rule->directions & ~directions[first])
		rule->directions = directions[first];
	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS; kind++) {
		if (kind == first || (draw() & 1 && is_free(rule, kind, first)))
			random_impair(rule, kind);
	}
}

static void random_name(char name[FL_NAME_LEN])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_.-";
	size_t length = 1 + draw() % (FL_NAME_LEN - 1);

	/* All but the last letter, "-", may come first. */
	name[0] = letters[draw() % (sizeof(letters) - 2)];
	for (size_t i = 1; i < length; i++)
		name[i] = letters[draw() % (sizeof(letters) - 1)];
	if (!strcmp(name, "all"))
		name[0] = 'A';
}

/* In another order it would be the impairment's keyword. */
static void drop_match(struct fl_rule *rule, __u32 kind, __u32 field)
{
	if (!find(rule, kind))
		return;
	rule->match.present &= ~(1u << field);
	if (field == FL_FIELD_PAYLOAD)
		rule->match.payload = 0;
	else
		memset(&rule->match.packets, 0, sizeof(rule->match.packets));
}

static void random_rule(struct fl_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->directions = (__u32)(1 + draw() % FL_DIR_BOTH);
	rule->prio = (__u32)(draw() & 1 ? FL_PRIO_DEFAULT : between(0, 65535));
	if (draw() & 1)
		random_name(rule->name);
	if (draw() % 4)
		rule->lease_ns = between(1, INT64_MAX);
	rule->flags = (__u32)draw() &
		      (FL_RULE_DRY_RUN | FL_RULE_SEEDED | FL_RULE_SCOPE);
	if (rule->flags & FL_RULE_SEEDED)
		rule->seed = between(0, UINT64_MAX);
	do {
		memset(rule->impairs, 0, sizeof(rule->impairs));
		memset(rule->file, 0, sizeof(rule->file));
		rule->impair_count = 0;
		random_impairs(rule);
	} while (!go_together(rule));
	/* The impairment may have narrowed the directions. */
	random_match(&rule->match, rule->directions);
	drop_match(rule, FL_IMPAIR_CORRUPT, FL_FIELD_PAYLOAD);
	drop_match(rule, FL_IMPAIR_SLOT, FL_FIELD_PACKETS);
}

/* Parses @text and complains unless that gives @rule again. */
static bool reads_back(const struct fl_rule *rule, const char *text)
{
	struct words words;
	struct fl_rule again;
	struct fl_error error;
	const char *member;
	char copy[2048];

	snprintf(copy, sizeof(copy), "%s", text);
	words_split(&words, copy);
	if (grammar_parse_rule(words.argc, words.argv, &again, &error)) {
		tap_diag("%s: %s", text, error.text);
		return false;
	}
	member = rule_difference(rule, &again);
	if (member)
		tap_diag("%s: differs in %s", text, member);
	return !member;
}

static void add_term(char terms[][256], size_t *count, const char *text)
{
	if (*text)
		snprintf(terms[(*count)++], 256, "%s", text);
}

/* The same rule with its terms in any order. */
static void print_shuffled(const struct fl_rule *rule, char *text, size_t size)
{
	char terms[TERMS_MAX][256], word[256];
	struct fl_rule options = *rule;
	size_t count = 0, used = 0;

	for (__u32 field = 0; field < FL_FIELDS; field++) {
		struct fl_match one = rule->match;

		one.present &= 1u << field;
		grammar_print_match(&one, word, sizeof(word));
		add_term(terms, &count, word);
	}
	for (__u32 i = 0; i < rule->impair_count; i++) {
		struct fl_rule one = { .impair_count = 1 };

		one.impairs[0] = rule->impairs[i];
		memcpy(one.file, rule->file, sizeof(one.file));
		grammar_print_impairs(&one, word, sizeof(word));
		add_term(terms, &count, word);
	}
	options.match.present = 0;
	options.impair_count = 0;
	grammar_print_rule(&options, word, sizeof(word));
	add_term(terms, &count, word);
	for (; count; count--) {
		size_t pick = draw() % count;

		used += (size_t)snprintf(text + used, size - used, "%s ",
					 terms[pick]);
		memmove(terms[pick], terms[count - 1], sizeof(terms[0]));
	}
}

int main(void)
{
	unsigned int wrong = 0, wrong_shuffled = 0, wrong_size = 0;
	__u64 fields_seen = 0, kinds_seen = 0;
	char text[2048], shuffled[2048];
	struct fl_rule rule;

	for (unsigned int i = 0; i < RULES && wrong < 20; i++) {
		random_rule(&rule);
		fields_seen |= rule.match.present;
		for (__u32 k = 0; k < rule.impair_count; k++)
			kinds_seen |= 1ull << rule.impairs[k].kind;
		wrong_size += grammar_print_rule(&rule, text, sizeof(text)) !=
			      strlen(text);
		wrong += !reads_back(&rule, text);
		print_shuffled(&rule, shuffled, sizeof(shuffled));
		wrong_shuffled += !reads_back(&rule, shuffled);
	}
	tap_is_u64(wrong, 0, "%u rules printed read back the same", RULES);
	tap_is_u64(wrong_shuffled, 0, "and with their terms in any order");
	tap_is_u64(wrong_size, 0, "the length returned is the text's");
	tap_is_u64(fields_seen, (1ull << FL_FIELDS) - 1,
		   "every match term occurred");
	tap_is_u64(kinds_seen, (1ull << FL_IMPAIR_KINDS) - 2,
		   "every impairment occurred");
	return tap_done();
}
