/* SPDX-License-Identifier: GPL-2.0-only */
/* An argument in the grammar, and how its type is read and printed. */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

#define GRAMMAR_VALUE_MAX FL_FILE_LEN /* longest printed argument, with NUL */

struct grammar_arg;
struct json_t;

/* How the arguments of one TYPE are read and printed. */
struct grammar_type {
	/* 0, or -EINVAL or -ERANGE when @word is none. *@value only
	 * changes on 0. */
	int (*parse)(const struct grammar_arg *arg, const char *word,
		     void *value);
	size_t (*print)(const void *value, char *text, size_t size);
	struct json_t *(*json)(const void *value);
	/* A good argument, for "... is not HINT" and "... needs HINT". */
	void (*hint)(const struct grammar_arg *arg, char *text, size_t size);
	const char *fixed_hint; /* where it needs no function */
	/* Its names, from 0 on, and NULL after the last: "tcp", "udp". Words
	 * that the row says as they stand ("TIME|forever") are not among
	 * them. */
	const char *(*name)(unsigned int index);
};

/* Room for the value of an impairment's argument of any type. */
union grammar_value {
	union fl_params params;
	char file[FL_FILE_LEN]; /* for types that name one */
};

/* Instead of an initial value. */
#define GRAMMAR_MUST (~0ull)	 /* the argument cannot be left out */
#define GRAMMAR_REST (~0ull - 1) /* 100 % less the first argument */

/* One argument: of a match term, of an impairment or of an option. */
struct grammar_arg {
	const struct grammar_type *type;
	size_t offset; /* in fl_match, fl_params or fl_rule */
	__u64 min, max;
	const char *argument, *json, *help;
	__u32 owner;   /* FL_FIELD_*, FL_IMPAIR_* or GRAMMAR_OPT_* */
	__u32 flag;    /* FL_RULE_* that an option sets */
	__u64 initial; /* for impairments: see impairs.def */
	size_t size;   /* of the value */
};
