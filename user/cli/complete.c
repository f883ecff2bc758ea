/* SPDX-License-Identifier: GPL-2.0-only */
#include "complete.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/device.h"
#include "grammar/grammar.h"

#define LINE_MAX_BYTES 65536 /* longer ones are not typed */
#define WORDS_MAX 1024
#define OFFERS_MAX 4096

struct completion {
	FILE *stream;
	const char *typed;  /* of the word to complete, "" before its first */
	const char *before; /* what of the word precedes @typed: "--mode=" */
	char *offered[OFFERS_MAX];
	size_t offer_count;
	const struct cmd *const *cmds;
	size_t cmd_count;
	const struct opt_set *globals;
};

static void offer(void *to, const char *word)
{
	struct completion *done = to;

	if (strncmp(word, done->typed, strlen(done->typed)) ||
	    done->offer_count == OFFERS_MAX)
		return;
	for (size_t i = 0; i < done->offer_count; i++) {
		if (!strcmp(done->offered[i], word))
			return;
	}
	done->offered[done->offer_count] = strdup(word);
	if (!done->offered[done->offer_count])
		return;
	done->offer_count++;
	fprintf(done->stream, "%s%s\n", done->before, word);
}

static void offer_files(struct completion *done)
{
	fputs("/\n", done->stream);
}

/* ---- the system ----------------------------------------- */

static void offer_names(struct completion *done, char **names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		offer(done, names[i]);
		free(names[i]);
	}
	free(names);
}

static void offer_links(struct completion *done)
{
	struct fl_error ignored;
	char **names = NULL;
	size_t count = 0;

	if (!device_links(&names, &count, &ignored))
		offer_names(done, names, count);
}

/* Who types "sudo faultline" may not see what is attached. */
static void offer_devices(struct completion *done)
{
	struct fl_error ignored;
	char **names = NULL;
	size_t count = 0;
	int err = device_names(&names, &count, &ignored);

	if (!err)
		offer_names(done, names, count);
	if (geteuid() && (err || !count))
		offer_links(done);
}

static void offer_rules(struct completion *done, const char *device)
{
	struct sample sample = { 0 };
	struct fl_error ignored;
	struct device *dev;

	offer(done, "all");
	if (device_open(device, &dev, &ignored))
		return;
	if (!device_sample(dev, &sample, &ignored)) {
		for (size_t i = 0; i < sample.rule_count; i++)
			offer(done, sample.rules[i].rule.name);
		sample_free(&sample);
	}
	device_close(dev);
}

/* ---- words ----------------------------------------- */

static void offer_grammar(struct completion *done, int argc, char **argv,
			  enum cmd_word kind)
{
	struct grammar_next next = {
		.word = offer,
		.to = done,
		.flows = kind == CMD_MATCH,
	};

	grammar_next(argc, argv, &next);
	if (next.file || kind == CMD_RULE_FILES)
		offer_files(done);
}

static void offer_netem(struct completion *done)
{
#define KEYWORD(name, take) offer(done, name);
#include "netem/keywords.def"
#undef KEYWORD
}

/* The kind of the word after @argc words, and where those of it begin. */
static enum cmd_word kind_after(const struct cmd *cmd, int argc, int *first)
{
	const int kinds = sizeof(cmd->words) / sizeof(cmd->words[0]);

	for (*first = 0; *first < kinds; ++*first) {
		if (*first == argc || cmd->words[*first] >= CMD_NAMES)
			return cmd->words[*first];
	}
	return CMD_NOTHING;
}

static void offer_words(struct completion *done, const struct cmd *cmd,
			int argc, char **argv)
{
	int first;
	enum cmd_word kind = kind_after(cmd, argc, &first);

	switch (kind) {
	case CMD_NOTHING:
		break;
	case CMD_LINK:
		offer_links(done);
		break;
	case CMD_DEVICE:
		offer_devices(done);
		break;
	case CMD_NAMES:
		offer_rules(done, argv[0]);
		break;
	case CMD_RULE:
	case CMD_RULE_FILES:
	case CMD_MATCH:
		offer_grammar(done, argc - first, argv + first, kind);
		break;
	case CMD_NETEM:
		offer_netem(done);
		break;
	}
}

/* ---- options ----------------------------------------- */

static void offer_options(struct completion *done, const struct opt_set *sets,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct opt *row = sets[i].rows;

		for (; row && row->name; row++) {
			char word[40];

			snprintf(word, sizeof(word), "--%s", row->name);
			offer(done, word);
		}
	}
}

static void offer_argument(struct completion *done, const struct opt *row)
{
	const char *word;

	if (row->type == OPT_FILE)
		offer_files(done);
	for (unsigned int i = 0; (word = opt_choice(row, i)); i++)
		offer(done, word);
}

/* "--mode", "--mode=na" */
static void offer_option(struct completion *done, const struct opt_set *sets,
			 size_t count)
{
	const char *equals = strchr(done->typed, '=');
	const struct opt *row;
	char before[64];

	if (!equals) {
		offer_options(done, sets, count);
		return;
	}
	if (strncmp(done->typed, "--", 2))
		return;
	row = opt_find(sets, count, done->typed + 2,
		       (size_t)(equals - done->typed) - 2);
	if (!row || !row->argument)
		return;
	snprintf(before, sizeof(before), "--%s=", row->name);
	done->before = before;
	done->typed = equals + 1;
	offer_argument(done, row);
	done->before = "";
}

/* The words after "--", where they are a value. */
static const struct opt_rest *rest_of(const struct cmd *cmd, const void *values)
{
	for (const struct opt *row = cmd->options; row && row->name; row++) {
		const struct opt_rest *rest =
			(const void *)((const char *)values + row->offset);

		if (row->type == OPT_REST && rest->argv)
			return rest;
	}
	return NULL;
}

/* ---- the line ----------------------------------------- */

static void offer_verbs(struct completion *done)
{
	for (size_t i = 0; i < done->cmd_count; i++)
		offer(done, done->cmds[i]->name);
	offer(done, "help");
}

static void complete_verb(struct completion *done, const struct cmd *cmd,
			  int argc, char **argv)
{
	void *values = calloc(1, cmd->options_size + 1);
	const struct opt_set sets[] = { *done->globals,
					{ cmd->options, values } };
	struct opt_words words = { .argc = argc, .argv = argv };
	const struct opt_rest *rest;
	struct fl_error ignored;
	int err;

	if (!values)
		return;
	err = opt_parse(sets, 2, &words, &ignored);
	rest = rest_of(cmd, values);
	if (words.unmet)
		offer_argument(done, words.unmet);
	else if (!err && rest)
		offer_grammar(done, rest->argc, rest->argv, CMD_RULE);
	else if (!err && done->typed[0] == '-')
		offer_option(done, sets, 2);
	else if (!err)
		offer_words(done, cmd, words.argc, argv);
	free(values);
}

/* @argv are the words before the one to complete. */
static void complete_words(struct completion *done, int argc, char **argv)
{
	struct opt_words words = { .argc = argc,
				   .argv = argv,
				   .first_only = true };
	struct fl_error ignored;

	if (opt_parse(done->globals, 1, &words, &ignored))
		return;
	if (!words.argc && done->typed[0] == '-')
		offer_option(done, done->globals, 1);
	else if (!words.argc || (words.argc == 1 && !strcmp(argv[0], "help")))
		offer_verbs(done);
	for (size_t i = 0; words.argc && i < done->cmd_count; i++) {
		if (!strcmp(argv[0], done->cmds[i]->name))
			complete_verb(done, done->cmds[i], words.argc - 1,
				      argv + 1);
	}
}

static int split(char *text, char *argv[], int max)
{
	int argc = 0;
	char *save;

	for (char *word = strtok_r(text, " \t", &save); word && argc < max;
	     word = strtok_r(NULL, " \t", &save))
		argv[argc++] = word;
	return argc;
}

void complete_line(FILE *stream, const char *line,
		   const struct cmd *const cmds[], size_t count,
		   const struct opt_set *globals)
{
	struct completion done = {
		.stream = stream,
		.typed = "",
		.before = "",
		.cmds = cmds,
		.cmd_count = count,
		.globals = globals,
	};
	size_t length = strlen(line);
	char *argv[WORDS_MAX], *text;
	int argc;

	if (length > LINE_MAX_BYTES)
		return;
	text = strdup(line);
	if (!text)
		return;
	argc = split(text, argv, WORDS_MAX);
	/* Without a blank at the end the last word is not complete. */
	if (argc > 1 && !strchr(" \t", line[length - 1]))
		done.typed = argv[--argc];
	if (argc)
		complete_words(&done, argc - 1, argv + 1);
	for (size_t i = 0; i < done.offer_count; i++)
		free(done.offered[i]);
	free(text);
}
