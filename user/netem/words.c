/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the rule that is equivalent to a netem request. */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/unit.h"
#include "line.h"
#include "read.h"

#define LIMIT_DEFAULT 1000 /* packets */
#define QUEUE_MAX 1000000000u

/* From so much jitter on, the upper digits of a 32-bit number count too. */
#define SHOWS_NS 500000000u

/* Which of the keywords that translate() would add the user gave. */
struct own {
	bool direction, scope, lease, queue;
};

static void put(struct netem_words *words, const char *word)
{
	words->word[words->count++] = (char *)word;
}

#define NUMBER_SIZE sizeof(((struct netem_words *)0)->number[0])

static char *new_number(struct netem_words *words)
{
	char *number = words->number[words->number_count++];

	put(words, number);
	return number;
}

static void put_percent(struct netem_words *words, __u32 fraction_u32)
{
	unit_print_percent(fraction_u32, new_number(words), NUMBER_SIZE);
}

static void put_time(struct netem_words *words, __u64 time_ns)
{
	unit_print_time(time_ns, new_number(words), NUMBER_SIZE);
}

/* "gap 5", unless it is the @default_value. */
static void put_number(struct netem_words *words, const char *word,
		       long long number, long long default_value)
{
	if (number == default_value)
		return;
	put(words, word);
	snprintf(new_number(words), NUMBER_SIZE, "%lld", number);
}

static void __attribute__((format(printf, 2, 3)))
remark(struct netem_words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(words->remark[words->remark_count++],
		  sizeof(words->remark[0]), format, args);
	va_end(args);
}

static bool is_any(const char *word, const char *a, const char *b,
		   const char *c)
{
	return !strcmp(word, a) || !strcmp(word, b) || !strcmp(word, c);
}

/* Any word may follow "name" and "trace". If one of them comes last, it would
 * swallow the next word that is added here. */
static int read_own(int count, char *const own[], struct own *said,
		    struct fl_error *error)
{
	for (int i = 0; i < count; i++) {
		said->direction |= is_any(own[i], "in", "out", "both");
		said->scope |= !strcmp(own[i], "scope");
		said->lease |= !strcmp(own[i], "for");
		said->queue |= !strcmp(own[i], "queue");
		if (!is_any(own[i], "name", "trace", "for"))
			continue;
		if (++i == count)
			return fl_fail(
				error, FL_EXIT_USAGE, "\"%s\" needs %s",
				own[i - 1],
				own[i - 1][0] == 'n' ? "a name" :
				own[i - 1][0] == 't' ? "a file" :
						       "a time or forever");
	}
	return 0;
}

/* Only such a request drops the very packets that netem would drop: nothing
 * else uses the generator, and every packet takes one number. */
static bool is_exact(const struct netem_request *request)
{
	return request->model == NETEM_RANDOM && !request->ecn &&
	       !request->duplicate && !request->corrupt &&
	       !request->jitter_ns && !request->reorder && !request->slot_table;
}

/* To netem, slots without any time are no slots. */
static bool has_slots(const struct netem_request *request)
{
	return request->slot && (request->slot_min_ns || request->slot_max_ns);
}

static bool is_held(const struct netem_request *request)
{
	return request->delay_ns || request->jitter_ns || request->rate_bps ||
	       has_slots(request);
}

static int put_marks(const struct netem_request *request,
		     struct netem_words *words, struct fl_error *error)
{
	if (request->model != NETEM_RANDOM || request->correlation)
		return fl_fail(
			error, FL_EXIT_UNSUPPORTED,
			"\"%.60s\" has an equivalent only with \"loss P%%\" "
			"without correlation",
			request->ecn);
	put(words, "mark-ce");
	put_percent(words, request->loss[0]);
	put(words, "drop");
	return 0;
}

static void put_random(const struct netem_request *request,
		       struct netem_words *words)
{
	bool seeded = request->seed && is_exact(request);

	if (!request->loss[0])
		return;
	put(words, "loss");
	if (request->correlation || seeded)
		put(words, "netem");
	put_percent(words, request->loss[0]);
	if (request->correlation || seeded)
		put_percent(words, request->correlation);
}

static int put_loss(const struct netem_request *request,
		    struct netem_words *words, struct fl_error *error)
{
	int count = request->model == NETEM_STATE ? 5 : 4;

	if (request->ecn)
		return put_marks(request, words, error);
	if (request->model == NETEM_RANDOM)
		put_random(request, words);
	if (request->model <= NETEM_RANDOM)
		return 0;
	put(words, "loss");
	put(words, request->model == NETEM_STATE ? "state" : "gemodel");
	for (int i = 0; i < count; i++)
		put_percent(words, request->loss[i]);
	return 0;
}

static void put_table(struct netem_words *words, const char *table)
{
	if (!table || !*table)
		return;
	put(words, "distribution");
	put(words, table);
}

static void put_delay(const struct netem_request *request,
		      struct netem_words *words)
{
	if (!request->delay_ns && !request->jitter_ns)
		return;
	put(words, "delay");
	put_time(words, request->delay_ns);
	if (request->jitter_ns) {
		put_time(words, request->jitter_ns);
		if (request->delay_correlation)
			put_percent(words, request->delay_correlation);
		put_table(words, request->table);
	}
	if (!request->reorder)
		return;
	put(words, "reorder");
	put_percent(words, request->reorder);
	if (request->reorder_correlation)
		put_percent(words, request->reorder_correlation);
	put_number(words, "gap", request->gap ? request->gap : 1, 1);
}

static void put_rate(const struct netem_request *request,
		     struct netem_words *words)
{
	if (!request->rate_bps)
		return;
	put(words, "rate");
	unit_print_rate(request->rate_bps, new_number(words), NUMBER_SIZE);
	put_number(words, "overhead", request->overhead, 0);
	put_number(words, "cell", request->cell, 0);
	/* Without cells netem ignores it. */
	if (request->cell)
		put_number(words, "celloverhead", request->celloverhead, 0);
}

static void put_slots(const struct netem_request *request,
		      struct netem_words *words)
{
	if (!has_slots(request))
		return;
	put(words, "slot");
	put_time(words, request->slot_min_ns);
	if (request->slot_table || request->slot_max_ns > request->slot_min_ns)
		put_time(words, request->slot_max_ns);
	put_table(words, request->slot_table);
	put_number(words, "packets", request->slot_packets, 0);
	put_number(words, "bytes", request->slot_bytes, 0);
}

static void put_held(const struct netem_request *request,
		     const struct own *said, struct netem_words *words)
{
	__u32 limit = request->limit ? request->limit_packets : LIMIT_DEFAULT;

	put_delay(request, words);
	put_rate(request, words);
	put_slots(request, words);
	if (is_held(request) && !said->queue)
		put_number(words, "queue",
			   limit < QUEUE_MAX ? limit : QUEUE_MAX, 0);
}

static int put_impairs(const struct netem_request *request,
		       const struct own *said, struct netem_words *words,
		       struct fl_error *error)
{
	int before = words->count, err;

	if (request->duplicate) {
		put(words, "duplicate");
		put_percent(words, request->duplicate);
	}
	err = put_loss(request, words, error);
	if (err)
		return err;
	if (request->corrupt) {
		put(words, "corrupt");
		put_percent(words, request->corrupt);
	}
	put_held(request, said, words);
	if (words->count > before)
		return 0;
	return fl_fail(error,
		       request->limit ? FL_EXIT_UNSUPPORTED : FL_EXIT_USAGE,
		       "%s%.60s%sthese netem keywords do nothing to packets: "
		       "there is no rule to make",
		       request->limit ? "\"limit " : "",
		       request->limit ? request->limit : "",
		       request->limit ? "\" has no equivalent, and " : "");
}

static void put_options(const struct netem_request *request,
			const struct own *said, struct netem_words *words)
{
	if (request->seed) {
		put(words, "seed");
		put(words, request->seed);
	}
	if (request->model <= NETEM_RANDOM || said->scope)
		return;
	put(words, "scope");
	put(words, "rule");
	remark(words, "all packets share one state, as in netem; \"-- scope "
		      "flow\" gives each flow its own");
}

/* Where the same keywords mean something else to netem. */
static void remark_impairs(const struct netem_request *request,
			   struct netem_words *words)
{
	if (request->correlation && request->loss[0])
		remark(words, "netem's correlation does not keep the requested "
			      "rate; \"loss P%% burst N\" does");
	if (request->duplicate && (request->model || request->corrupt))
		remark(words,
		       "copies are not impaired again; netem may drop or "
		       "corrupt them");
	if (request->corrupt)
		remark(words, "corrupts a bit of the IP packet; netem may also "
			      "hit the Ethernet header");
	if (request->seed && !is_exact(request))
		remark(words,
		       "seed %.40s: chooses the same packets each time, but "
		       "not those that netem would choose",
		       request->seed);
}

static void remark_held(const struct netem_request *request,
			const struct own *said, struct netem_words *words)
{
	if (request->delay_correlation && request->jitter_ns &&
	    (request->table || request->jitter_ns < SHOWS_NS))
		remark(words,
		       "netem's correlation of delays hardly shows, "
		       "here or in netem: it is in the upper digits of a "
		       "number, and the jitter uses the lower ones");
	if (is_held(request) && !request->limit && !said->queue)
		remark(words,
		       "queue %d is netem's default limit; \"-- queue N\" "
		       "sets another",
		       LIMIT_DEFAULT);
}

static void remark_place(const char *device,
			 const struct netem_request *request,
			 const struct own *said, struct netem_words *words)
{
	if (request->limit && !is_held(request))
		remark(words,
		       "limit %.40s has no equivalent: nothing is held, "
		       "so nothing can overflow",
		       request->limit);
	if (request->parent)
		remark(words,
		       "parent %.40s: netem sees the packets of that "
		       "class, the rule those that it matches: select "
		       "them after \"--\"",
		       request->parent);
	if (request->instead)
		remark(words,
		       "\"%s\" replaces nothing here: existing rules "
		       "are tried first; delete them with \"faultline "
		       "del %.16s NAME\"",
		       request->instead, device);
	if (!said->lease)
		remark(words, "unlike netem, the rule expires after 10m; "
			      "append \"-- for TIME\" or \"-- for forever\" to "
			      "change that");
}

static int translate(const char *device, const struct netem_request *request,
		     int own_count, char *const own[],
		     struct netem_words *words, struct fl_error *error)
{
	struct own said = { 0 };
	int err = read_own(own_count, own, &said, error);

	if (!err && own_count > NETEM_WORDS_MAX / 2)
		err = fl_fail(error, FL_EXIT_USAGE, "too many words");
	if (err)
		return err;
	if (!said.direction)
		put(words, "out");
	for (int i = 0; i < own_count; i++)
		put(words, own[i]);
	err = put_impairs(request, &said, words, error);
	if (err)
		return err;
	put_options(request, &said, words);
	remark_impairs(request, words);
	remark_held(request, &said, words);
	remark_place(device, request, &said, words);
	return 0;
}

/* The message quotes the user's words, and still must be one line. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

int netem_translate(const char *device, int argc, char *const argv[],
		    int own_count, char *const own[], struct netem_words *words,
		    struct fl_error *error)
{
	struct reader in = { .argc = argc, .argv = argv, .error = error };
	struct netem_request request = { 0 };
	int err;

	memset(words, 0, sizeof(*words));
	err = netem_read_line(device, &in, &request);
	if (!err)
		err = netem_read(&in, &request);
	if (!err)
		err = translate(device, &request, own_count, own, words, error);
	if (err)
		make_printable(error->text);
	return err;
}
