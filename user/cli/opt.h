/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options as rows: parser and help follow from them. Options may stand
 * anywhere among the words of a verb; "--" ends them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <linux/types.h>

#include "base/error.h"

enum opt_type {
	OPT_FLAG,   /* bool */
	OPT_TEXT,   /* const char *, never empty */
	OPT_FILE,   /* the same, of a file */
	OPT_COLUMN, /* the same, of a column of flows, which the verb checks */
	OPT_COUNT,  /* __u32, min..max; k is 1,024 and M 1,048,576 */
	OPT_NUMBER, /* struct opt_number, min..max */
	OPT_INTERVAL, /* struct opt_number, in ns: "0.5", "500ms"; may be
			 * left out, which leaves the value 0 */
	OPT_MODE,     /* enum fl_mode */
	OPT_HOLDER,   /* enum fl_holder; NONE is "auto" */
	OPT_REST,     /* struct opt_rest: the words behind "--", which are
			 * no longer the verb's then; its name is "" */
};

struct opt_number {
	bool given;
	__u64 value;
};

struct opt_rest {
	int argc;
	char **argv;
};

/* A table of them ends with a row whose name is NULL. */
struct opt {
	char letter;	      /* 0: has none */
	const char *name;     /* without "--" */
	const char *argument; /* for the help; NULL: takes none */
	enum opt_type type;
	size_t offset; /* of the value, whose zero is the default */
	__u64 min, max;
	const char *help;
};

struct opt_set {
	const struct opt *rows;
	void *values;
};

struct opt_words {
	int argc;
	char **argv;
	bool first_only;	 /* the first that is not an option ends them */
	const struct opt *unmet; /* set to the row whose argument is missing */
};

/*
 * Takes the options out of @words; the others keep their order. Returns 0 or
 * FL_EXIT_USAGE with @error.
 */
int opt_parse(const struct opt_set *sets, size_t set_count,
	      struct opt_words *words, struct fl_error *error);

/* The row of the option that is called @name, of @length characters, or
 * NULL. */
const struct opt *opt_find(const struct opt_set *sets, size_t set_count,
			   const char *name, size_t length);

/* The words that @row takes, from 0 on, and NULL after the last. */
const char *opt_choice(const struct opt *row, unsigned int index);

void opt_print_help(FILE *stream, const struct opt *rows);
