/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vectors that gen_depart.py writes: as a BPF program takes one, what is
 * done with it, and, but for BPF, how they are read and compared.
 */
#pragma once

#include <faultline/category.h>
#include <faultline/depart.h>

struct vec_departed {
	__u32 result; /* enum fl_depart_result */
	__u32 mark;
	__u64 departure_ns;
	struct fl_line line; /* after */
};

struct vec_depart {
	struct fl_timing timing;
	struct fl_depart_in in;
	struct fl_line line; /* before */
	struct vec_departed want, got;
};

/* With a line where the rule keeps one. */
static inline __attribute__((always_inline)) void
vec_depart_do(struct vec_depart *vec, const struct fl_table *tables)
{
	struct fl_line line = vec->line;
	struct fl_depart out = { 0 };

	vec->got.result = (__u32)(vec->timing.flags & FL_TIMING_LINE ?
					  fl_depart(&vec->timing, tables,
						    &vec->in, &line, &out) :
					  fl_depart_alone(&vec->timing, tables,
							  &vec->in, &out));
	vec->got.mark = out.mark;
	vec->got.departure_ns = out.departure_ns;
	vec->got.line = line;
}

#ifndef __bpf__

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tap.h"

#define VEC_DEPARTS_MAX 1000
#define VEC_DEPART_LINE 2048

/* What holds packets, and all of it together. */
static const struct {
	const char *name;
	enum fl_path path;
} vec_departs[] = {
#define IMPAIR(id, words, category, directions, kept, path, function, help) \
	{ #function, FL_PATH_##path },
#include <faultline/impairs.def>
	{ "depart", FL_PATH_TIMING },
};
#define VEC_DEPARTS (sizeof(vec_departs) / sizeof(*vec_departs))

/* "KEY=1,2,-3" into @numbers; false when @word is not of that key or has
 * another number of them. */
static inline bool vec_depart_list(const char *word, const char *key,
				   __s64 numbers[], int count)
{
	size_t length = strlen(key);

	if (strncmp(word, key, length) || word[length] != '=')
		return false;
	word += length;
	for (int i = 0; i < count; i++) {
		char *end;

		if (*word != (i ? ',' : '='))
			return false;
		word++;
		/* Draws have all 64 bits. */
		numbers[i] = *word == '-' ? strtoll(word, &end, 0) :
					    (__s64)strtoull(word, &end, 0);
		if (end == word)
			return false;
		word = end;
	}
	return !*word;
}

static inline bool vec_depart_line(struct fl_line *line, const char *word)
{
	__s64 n[7];

	if (!vec_depart_list(word, "line", n, 7))
		return false;
	line->delay_last = (__u32)n[0];
	line->reorder_last = (__u32)n[1];
	line->gap_count = (__u32)n[2];
	line->free_ns = (__u64)n[3];
	line->slot_ns = (__u64)n[4];
	line->slot_packets = (__u32)n[5];
	line->slot_bytes = (__u32)n[6];
	return true;
}

static inline bool vec_depart_rule(struct fl_timing *timing, const char *word)
{
	__s64 n[5];

	if (vec_depart_list(word, "delay", n, 4)) {
		timing->delay.delay_ns = (__u64)n[0];
		timing->delay.jitter_ns = (__u32)n[1];
		timing->delay.correlation_u32 = (__u32)n[2];
		timing->delay.table = (__u32)n[3];
	} else if (vec_depart_list(word, "reorder", n, 3)) {
		timing->reorder.probability_u32 = (__u32)n[0];
		timing->reorder.correlation_u32 = (__u32)n[1];
		timing->reorder.gap = (__u32)n[2];
		timing->flags |= FL_TIMING_REORDER;
	} else if (vec_depart_list(word, "rate", n, 4)) {
		timing->rate.rate_bps = (__u64)n[0];
		timing->rate.overhead = (__s32)n[1];
		timing->rate.cell = (__u32)n[2];
		timing->rate.celloverhead = (__s32)n[3];
		timing->flags |= FL_TIMING_RATE;
	} else if (vec_depart_list(word, "queue", n, 2)) {
		timing->queue.time_ns = (__u64)n[0];
		timing->queue.ecn = (__u32)n[1];
	} else if (vec_depart_list(word, "slot", n, 5)) {
		timing->slot.min_ns = (__u64)n[0];
		timing->slot.max_ns = (__u64)n[1];
		timing->slot.packets = (__u32)n[2];
		timing->slot.bytes = (__u32)n[3];
		timing->slot.table = (__u32)n[4];
		timing->flags |= FL_TIMING_SLOT;
	} else {
		return false;
	}
	return true;
}

static inline bool vec_depart_packet(struct fl_depart_in *in, const char *word)
{
	__s64 n;

	if (vec_depart_list(word, "now", &n, 1))
		in->now_ns = (__u64)n;
	else if (vec_depart_list(word, "draw", &n, 1))
		in->draw = (__u64)n;
	else if (vec_depart_list(word, "bytes", &n, 1))
		in->bytes = (__u32)n;
	else if (vec_depart_list(word, "ecn", &n, 1))
		in->ecn = (__u32)n;
	else
		return false;
	return true;
}

/* The answer, behind the arrow. */
static inline bool vec_depart_answer(struct vec_depart *vec, char **save)
{
	static const char *const results[] = {
		[FL_DEPART_HELD] = "held",
		[FL_DEPART_AHEAD] = "ahead",
		[FL_DEPART_OVERFLOW] = "overflow",
	};
	const char *result = strtok_r(NULL, " \n", save);
	const char *time = strtok_r(NULL, " \n", save), *word;

	if (!time)
		return false;
	for (vec->want.result = 0; vec->want.result < 3; vec->want.result++)
		if (!strcmp(results[vec->want.result], result))
			break;
	vec->want.departure_ns = strtoull(time, NULL, 0);
	vec->want.line = vec->line;
	while ((word = strtok_r(NULL, " \n", save))) {
		if (!strcmp(word, "mark"))
			vec->want.mark = 1;
		else if (!vec_depart_line(&vec->want.line, word))
			return false;
	}
	return vec->want.result < 3;
}

static inline bool vec_depart_question(struct vec_depart *vec, char **save)
{
	const char *word;

	while ((word = strtok_r(NULL, " \n", save)) && strcmp(word, "->")) {
		if (vec_depart_line(&vec->line, word))
			vec->timing.flags |= FL_TIMING_LINE;
		else if (!vec_depart_rule(&vec->timing, word) &&
			 !vec_depart_packet(&vec->in, word))
			return false;
	}
	return word;
}

static inline bool vec_depart_table(struct fl_table *tables, char **save)
{
	const char *word = strtok_r(NULL, " \n", save);
	unsigned long id = word ? strtoul(word, NULL, 0) : FL_TABLES;
	struct fl_table *table = &tables[id < FL_TABLES ? id : 0];

	if (id >= FL_TABLES)
		return false;
	memset(table, 0, sizeof(*table));
	while ((word = strtok_r(NULL, " \n", save)) &&
	       table->length < FL_TABLE_VALUES)
		table->value[table->length++] = (__s16)strtol(word, NULL, 0);
	return !word;
}

/* The vectors of one file; 0 and a failed check when they cannot be read. */
static inline size_t vec_depart_read(const char *name,
				     struct vec_depart vecs[VEC_DEPARTS_MAX],
				     struct fl_table tables[FL_TABLES])
{
	char path[256], line[VEC_DEPART_LINE];
	size_t count = 0;
	bool good = true;
	FILE *file;

	snprintf(path, sizeof(path), "tests/vectors/%s.vec", name);
	file = fopen(path, "r");
	while (file && good && count < VEC_DEPARTS_MAX &&
	       fgets(line, sizeof(line), file)) {
		char *save = NULL, *word = strtok_r(line, " \n", &save);

		if (word && !strcmp(word, "table")) {
			good = vec_depart_table(tables, &save);
			continue;
		}
		memset(&vecs[count], 0, sizeof(vecs[count]));
		good = word && !strcmp(word, "depart") &&
		       vec_depart_question(&vecs[count], &save) &&
		       vec_depart_answer(&vecs[count], &save);
		count += good;
	}
	if (file)
		fclose(file);
	tap_ok(file && good,
	       "%s can be read (run me from the top): %zu "
	       "vectors",
	       path, count);
	return good ? count : 0;
}

static inline bool vec_depart_right(const char *name,
				    const struct vec_depart *vec)
{
	if (!memcmp(&vec->got, &vec->want, sizeof(vec->got)))
		return true;
	tap_diag("%s.vec: draw %#" PRIx64 ": got %u %" PRIu64 " mark %u, want "
		 "%u %" PRIu64 " mark %u%s",
		 name, (uint64_t)vec->in.draw, vec->got.result,
		 (uint64_t)vec->got.departure_ns, vec->got.mark,
		 vec->want.result, (uint64_t)vec->want.departure_ns,
		 vec->want.mark,
		 memcmp(&vec->got.line, &vec->want.line,
			sizeof(vec->got.line)) ?
			 ", and another line" :
			 "");
	return false;
}

/* Runs every vector through @run, which fills .got, with the tables of its
 * file; one check per file. */
static inline void vec_depart_run(const char *what,
				  bool (*run)(struct vec_depart *vec,
					      const struct fl_table *tables))
{
	static struct vec_depart vecs[VEC_DEPARTS_MAX];
	static struct fl_table tables[FL_TABLES];

	for (size_t n = 0; n < VEC_DEPARTS; n++) {
		const char *name = vec_departs[n].name;
		size_t count, wrong = 0;

		if (vec_departs[n].path != FL_PATH_TIMING)
			continue;
		count = vec_depart_read(name, vecs, tables);
		for (size_t i = 0; i < count; i++)
			if (wrong < 4)
				wrong += !(run(&vecs[i], tables) &&
					   vec_depart_right(name, &vecs[i]));
		tap_ok(count && !wrong, "%s: %zu departures of %s", what, count,
		       name);
	}
}

#endif
