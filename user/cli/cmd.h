/* SPDX-License-Identifier: GPL-2.0-only */
/* One verb is one file and one const struct. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "opt.h"
#include "out/out.h"

struct cmd;

struct cmd_context {
	const struct cmd *cmd;
	const struct out_ops *out;
	const void *options; /* cmd->options_size bytes, parsed */
};

/* What a word of a verb is; from CMD_NAMES on, all that are left. */
enum cmd_word {
	CMD_NOTHING,
	CMD_LINK,	/* a network device */
	CMD_DEVICE,	/* an attached one */
	CMD_NAMES,	/* of rules of that device, or all */
	CMD_RULE,	/* keywords */
	CMD_RULE_FILES, /* and files among them */
	CMD_MATCH,	/* keywords, of flows */
	CMD_NETEM,	/* netem's keywords */
};

struct cmd {
	const char *name;
	const char *args;	   /* "DEV [--top N]", for the usage line */
	enum cmd_word words[2];	   /* the same, for completion */
	const char *summary;	   /* one line */
	const char *about;	   /* paragraphs; long lines are broken */
	const char *examples;	   /* lines */
	const struct opt *options; /* or NULL */
	size_t options_size;
	bool grammar; /* the help explains the words of rules */
	/* @argv without the verb and the options. 0 or an enum fl_exit with
	 * @error. */
	int (*run)(const struct cmd_context *context, int argc, char **argv,
		   struct fl_error *error);
};

struct device;

/*
 * For -w: a sample that says "degraded" may come from maps that only we still
 * hold, of a device that was detached. Opens @name again in that case, so that
 * the next sample is of what is attached now. 0 or an enum fl_exit.
 */
int cmd_follow(const char *name, const struct sample_device *device,
	       struct device **dev, struct fl_error *error);

/*
 * Adds @rules at once, all or none, and says so: their names, and when they
 * end. 0 or an enum fl_exit.
 */
int cmd_add_rules(const struct cmd_context *context, const char *device,
		  struct fl_rule *rules, size_t count, struct fl_error *error);

/* 0 when @argc is within @min..@max, else FL_EXIT_USAGE: what is missing or
 * too much, and the usage line. */
int cmd_check_words(const struct cmd_context *context, int argc, char **argv,
		    int min, int max, struct fl_error *error);
