/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads what gen.py writes. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tap.h"
#include "vec.h"

#define VEC_MAX 1000

static const char *const vec_files[] = { "loss",       "loss_nth",
					 "loss_first", "loss_pattern",
					 "blackhole",  "fail",
					 "rng" };
#define VEC_FILES (sizeof(vec_files) / sizeof(*vec_files))

static inline int vec_kind(const char *name)
{
	static const struct {
		const char *name;
		enum fl_impair_kind kind;
	} kinds[] = {
		{ "loss", FL_IMPAIR_LOSS },
		{ "loss_nth", FL_IMPAIR_LOSS_NTH },
		{ "loss_first", FL_IMPAIR_LOSS_FIRST },
		{ "loss_pattern", FL_IMPAIR_LOSS_PATTERN },
		{ "blackhole", FL_IMPAIR_BLACKHOLE },
		{ "fail", FL_IMPAIR_FAIL },
		{ "rng", FL_IMPAIR_NONE },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].kind;
	return -1;
}

static inline void vec_pattern(struct fl_pattern *pattern, const char *digits)
{
	pattern->length = (__u32)strlen(digits);
	for (__u32 i = 0; i < pattern->length; i++)
		pattern->bits[i / 64] |= (__u64)(digits[i] == '1') << (i % 64);
}

static inline void vec_parameter(struct vec *vec, char **save)
{
	__u32 kind = vec->impair.kind;
	const char *word;

	if (kind == FL_IMPAIR_BLACKHOLE || kind == FL_IMPAIR_FAIL ||
	    kind == FL_IMPAIR_NONE)
		return;
	word = strtok_r(NULL, " ", save);
	if (kind == FL_IMPAIR_LOSS_PATTERN)
		vec_pattern(&vec->impair.u.pattern, word);
	else /* the same place in the union */
		vec->impair.u.loss.probability_u32 =
			(__u32)strtoul(word, NULL, 0);
}

static inline __u64 vec_u64(char **save)
{
	const char *word = strtok_r(NULL, " ", save);

	return word ? strtoull(word, NULL, 0) : 0;
}

static inline bool vec_line(struct vec *vec, char *line)
{
	static const char *const reasons[] = {
#define REASON(id, label, help) label,
#include <faultline/reasons.def>
#undef REASON
	};
	char *save = NULL, *word = strtok_r(line, " \n", &save);
	int kind = word ? vec_kind(word) : -1;

	memset(vec, 0, sizeof(*vec));
	if (kind < 0)
		return false;
	vec->impair.kind = (__u32)kind;
	vec_parameter(vec, &save);
	if (kind == FL_IMPAIR_NONE) {
		vec->seed = vec_u64(&save);
		vec->hash = vec_u64(&save);
	} else {
		vec->draw = vec_u64(&save);
	}
	vec->number = vec_u64(&save);
	word = strtok_r(NULL, " ", &save);
	if (!word || strcmp(word, "->"))
		return false;
	word = strtok_r(NULL, " \n", &save);
	if (word && kind == FL_IMPAIR_NONE) {
		vec->want = strtoull(word, NULL, 0);
		return true;
	}
	for (vec->want = 0; word && vec->want < FL_REASONS; vec->want++)
		if (!strcmp(word, reasons[vec->want]))
			return true;
	return false;
}

/* The vectors of one file; 0 and a failed check when they cannot be read. */
static inline size_t vec_read(const char *name, struct vec vecs[VEC_MAX])
{
	char path[256], line[512];
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "tests/vectors/%s.vec", name);
	file = fopen(path, "r");
	if (!file) {
		tap_ok(false, "%s can be read (run me from the top)", path);
		return 0;
	}
	while (count < VEC_MAX && fgets(line, sizeof(line), file)) {
		if (!vec_line(&vecs[count], line)) {
			tap_ok(false, "%s line %zu is a vector", path,
			       count + 1);
			break;
		}
		count++;
	}
	fclose(file);
	return count;
}

/* Runs every vector through @run, which fills .got; one check per file. */
static inline void vec_run(const char *what, bool (*run)(struct vec *vec),
			   bool rng_too)
{
	static struct vec vecs[VEC_MAX];

	for (size_t f = 0; f < VEC_FILES; f++) {
		size_t count, wrong = 0;

		if (!rng_too && !strcmp(vec_files[f], "rng"))
			continue;
		count = vec_read(vec_files[f], vecs);
		for (size_t i = 0; i < count; i++) {
			if (run(&vecs[i]) && vecs[i].got == vecs[i].want)
				continue;
			if (wrong++ < 3)
				tap_diag("%s.vec line %zu: got %#" PRIx64
					 ", want %#" PRIx64,
					 vec_files[f], i + 1,
					 (uint64_t)vecs[i].got,
					 (uint64_t)vecs[i].want);
		}
		tap_ok(count && !wrong, "%s: %zu vectors of %s", what, count,
		       vec_files[f]);
	}
}
