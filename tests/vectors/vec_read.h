/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads what gen.py writes: which impairments and parameters there are, the
 * rows of impairs.def say. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tap.h"
#include "vec.h"

#define VEC_MAX 1000

/* ---- tables ----------------------------------------- */

/* What decides, or only holds packets. */
#define VEC_OP(path) (FL_PATH_##path == FL_PATH_TIMING ? VEC_HOLD : VEC_DECIDE)

/* What a file holds has its name. */
struct vec_name {
	const char *name;
	__u32 op;   /* enum vec_op */
	__u32 kind; /* enum fl_impair_kind */
};

static const struct vec_name vec_names[] = {
#define IMPAIR(id, words, category, directions, kept, path, function, help) \
	{ #function, VEC_OP(path), FL_IMPAIR_##id },
#include <faultline/impairs.def>
	{ "rng", VEC_DRAW, FL_IMPAIR_NONE },
	{ "join", VEC_JOIN, FL_IMPAIR_NONE },
	{ "prepare", VEC_PREPARE, FL_IMPAIR_NONE },
	{ "seed", VEC_SEED, FL_IMPAIR_NONE },
};
#define VEC_NAMES (sizeof(vec_names) / sizeof(*vec_names))

/* How a parameter is written follows from its type in union fl_params. */
enum vec_form { VEC_FORM_U32, VEC_FORM_U64, VEC_FORM_DIGITS, VEC_FORM_TRACE };

struct vec_param {
	__u32 kind;
	enum vec_form form;
	size_t at;
};

static const union fl_params vec_no_params;
static const struct vec_param vec_params[] = {
#define PARAM(id, member, type, min, max, initial, argument, json, help) \
	{ FL_IMPAIR_##id,                                                \
	  _Generic(vec_no_params.member, __u32                           \
		   : VEC_FORM_U32, __s32                                 \
		   : VEC_FORM_U32, __u64                                 \
		   : VEC_FORM_U64, struct fl_pattern                     \
		   : VEC_FORM_DIGITS, default                            \
		   : VEC_FORM_TRACE),                                    \
	  offsetof(union fl_params, member) },
#include <faultline/impairs.def>
};

/* The words of a fate. */
static const struct {
	const char *name;
	__u64 bits;
} vec_fates[] = {
#define REASON(id, label, ...) { label, FL_REASON_##id },
#include <faultline/reasons.def>
#undef REASON
#define FATE(id, label, effect, work) { label, FL_FATE(id) },
#define DETAIL(id, label) { label, FL_FATE(id) },
#include <faultline/fates.def>
};

/* Where the value of a fate with these bits stands. */
static inline __u32 vec_shift(__u64 bits)
{
#define VALUE(id, shift, width)  \
	if (bits == FL_FATE(id)) \
		return shift;
#include <faultline/fates.def>
	return 0;
}

/* ---- words ----------------------------------------- */

static inline const struct vec_name *vec_find(const char *name)
{
	for (size_t i = 0; name && i < VEC_NAMES; i++)
		if (!strcmp(vec_names[i].name, name))
			return &vec_names[i];
	return NULL;
}

static inline bool vec_number(const char *word, __u64 *number)
{
	char *end = NULL;

	*number = word ? strtoull(word, &end, 0) : 0;
	return word && end != word && !*end;
}

/* "passed,mark,ttl=3"; false when a part is not known. */
static inline bool vec_fate(const char *word, __u64 *fate)
{
	const size_t count = sizeof(vec_fates) / sizeof(*vec_fates);

	for (*fate = 0; word && *word; word += *word == ',') {
		size_t i, length = strcspn(word, ",=");

		for (i = 0; i < count; i++)
			if (strlen(vec_fates[i].name) == length &&
			    !strncmp(vec_fates[i].name, word, length))
				break;
		if (i == count)
			return false;
		*fate |= vec_fates[i].bits;
		if (word[length] == '=')
			*fate |= strtoull(word + length + 1, NULL, 0)
				 << vec_shift(vec_fates[i].bits);
		word += strcspn(word, ",");
	}
	return word;
}

/* "1,2,3" */
static inline void vec_list(const char *word, __u32 list[FL_CHAIN_WORDS])
{
	for (size_t i = 0; i < FL_CHAIN_WORDS && word; i++) {
		list[i] = (__u32)strtoul(word, NULL, 0);
		word = strchr(word, ',');
		word += word != NULL;
	}
}

static inline bool vec_is(const char **word, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(*word, key, length))
		return false;
	*word += length;
	return true;
}

/* ---- lines ----------------------------------------- */

static inline void vec_parameter(const struct vec_param *param,
				 union fl_params *params, const char *word)
{
	void *member = (char *)params + param->at;
	struct fl_pattern *pattern = member;
	__u32 *number = member;
	char *end;

	if (param->form == VEC_FORM_U64) {
		*(__u64 *)member = strtoull(word, NULL, 0);
		return;
	}
	if (param->form != VEC_FORM_DIGITS) {
		number[0] = (__u32)strtoul(word, &end, 0);
		if (param->form == VEC_FORM_TRACE)
			number[1] = (__u32)strtoul(end + 1, NULL, 0);
		return;
	}
	pattern->length = (__u32)strlen(word);
	for (__u32 i = 0; i < pattern->length; i++)
		pattern->bits[i / 64] |= (__u64)(word[i] == '1') << (i % 64);
}

static inline bool vec_impair(struct fl_impair *impair, char **save)
{
	for (size_t i = 0; i < sizeof(vec_params) / sizeof(*vec_params); i++) {
		char *word;

		if (vec_params[i].kind != impair->kind)
			continue;
		word = strtok_r(NULL, " \n", save);
		if (!word || !strcmp(word, "->"))
			return false;
		vec_parameter(&vec_params[i], &impair->u, word);
	}
	return true;
}

/* What comes behind the draw and the number. */
static inline bool vec_circumstance(struct vec *vec, const char *word)
{
	if (vec_is(&word, "state="))
		vec_list(word, vec->state);
	else if (vec_is(&word, "ecn="))
		vec->in.ecn = (__u8)atoi(word);
	else if (vec_is(&word, "answerable="))
		vec->in.answerable = (__u8)atoi(word);
	else if (vec_is(&word, "traced="))
		vec->in.traced = (__u8)atoi(word);
	else
		return false;
	return true;
}

/* The question, up to the arrow. */
static inline bool vec_question(struct vec *vec, char **save)
{
	const struct vec_name *name;
	size_t count = 0;
	__u64 number;
	char *word;

	if (vec->op == VEC_PREPARE) {
		name = vec_find(strtok_r(NULL, " ", save));
		vec->impair.kind = name ? name->kind : 0;
	}
	if (!vec_impair(&vec->impair, save))
		return false;
	while ((word = strtok_r(NULL, " \n", save)) && strcmp(word, "->")) {
		if (vec_circumstance(vec, word))
			continue;
		if (count == 3 ||
		    (!vec_number(word, &number) && !vec_fate(word, &number)))
			return false;
		vec->number[count++] = number;
	}
	if (vec->op == VEC_DECIDE) {
		vec->in.draw = vec->number[0];
		vec->in.number = (__u32)vec->number[1];
	}
	return word;
}

static inline bool vec_line(struct vec *vec, char *line)
{
	char *save = NULL;
	const struct vec_name *name = vec_find(strtok_r(line, " \n", &save));
	const char *word;
	bool any = false;

	memset(vec, 0, sizeof(*vec));
	if (!name)
		return false;
	vec->op = name->op;
	vec->impair.kind = name->kind;
	if (!vec_question(vec, &save))
		return false;
	for (; (word = strtok_r(NULL, " \n", &save)); any = true)
		if (vec_is(&word, "state="))
			vec_list(word, vec->want.state);
		else if (!vec_number(word, &vec->want.value) &&
			 !vec_fate(word, &vec->want.value))
			return false;
	if (vec->op == VEC_DECIDE)
		fl_prepare(&vec->impair);
	return any;
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

/* ---- runs ----------------------------------------- */

static inline bool vec_right(const struct vec *vec)
{
	return vec->got.value == vec->want.value &&
	       !memcmp(vec->got.state, vec->want.state,
		       sizeof(vec->want.state));
}

static inline void vec_explain(const char *name, size_t line,
			       const struct vec *vec)
{
	tap_diag("%s.vec line %zu: got %#" PRIx64 " and state %u %u ..., "
		 "want %#" PRIx64 " and %u %u ...",
		 name, line, (uint64_t)vec->got.value, vec->got.state[0],
		 vec->got.state[1], (uint64_t)vec->want.value,
		 vec->want.state[0], vec->want.state[1]);
}

/*
 * Runs every vector of the operations up to @last through @run, which fills
 * .got; one check per file.
 */
static inline void vec_run(const char *what, bool (*run)(struct vec *vec),
			   enum vec_op last)
{
	static struct vec vecs[VEC_MAX];

	for (size_t n = 0; n < VEC_NAMES; n++) {
		const char *name = vec_names[n].name;
		size_t count, wrong = 0;

		if (vec_names[n].op > last)
			continue;
		count = vec_read(name, vecs);
		for (size_t i = 0; i < count; i++) {
			if (run(&vecs[i]) && vec_right(&vecs[i]))
				continue;
			if (wrong++ < 3)
				vec_explain(name, i + 1, &vecs[i]);
		}
		tap_ok(count && !wrong, "%s: %zu vectors of %s", what, count,
		       name);
	}
}
