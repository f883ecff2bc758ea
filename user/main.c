/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs and what holds for all of them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "base/note.h"
#include "base/privilege.h"
#include "base/ssh.h"
#include "cli/cmd.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/watch.h"
#include "out/json.h"
#include "out/stream.h"
#include "out/text.h"

#define VERB(name) extern const struct cmd cmd_##name;
#include "cli/verbs.def"
#undef VERB

static const struct cmd *const cmds[] = {
#define VERB(name) &cmd_##name,
#include "cli/verbs.def"
#undef VERB
};

#define CMDS (sizeof(cmds) / sizeof(cmds[0]))

struct globals {
	bool json, quiet, help, version;
};

static const struct opt global_rows[] = {
	{ 'j', "json", NULL, OPT_FLAG, offsetof(struct globals, json), 0, 0,
	  "output as JSON, one document per line" },
	{ 'q', "quiet", NULL, OPT_FLAG, offsetof(struct globals, quiet), 0, 0,
	  "no notes: only data and errors" },
	{ 'h', "help", NULL, OPT_FLAG, offsetof(struct globals, help), 0, 0,
	  "show help and exit" },
	{ 0, "version", NULL, OPT_FLAG, offsetof(struct globals, version), 0, 0,
	  "show the version and exit" },
	{ 0 },
};

static volatile sig_atomic_t reader_gone;

static void note_sigpipe(int number)
{
	(void)number;
	reader_gone = 1;
}

/* A handler, because SIG_IGN would be inherited by what we may execute. */
static void catch_sigpipe(void)
{
	struct sigaction action = { .sa_handler = note_sigpipe };

	sigaction(SIGPIPE, &action, NULL);
}

static const struct cmd *find_exact(const char *word)
{
	for (size_t i = 0; i < CMDS; i++) {
		if (!strcmp(word, cmds[i]->name))
			return cmds[i];
	}
	return NULL;
}

/* How many verbs begin with @word; *@last is one of them. */
static size_t find_prefix(const char *word, const struct cmd **last)
{
	size_t found = 0;

	for (size_t i = 0; i < CMDS; i++) {
		if (strncmp(word, cmds[i]->name, strlen(word)))
			continue;
		*last = cmds[i];
		found++;
	}
	return found;
}

static int unknown_verb(const char *word, struct fl_error *error)
{
	const char *names[CMDS + 1] = { "help" }, *near;
	char hint[NEAREST_HINT_MAX];
	const struct cmd *cmd = NULL;

	for (size_t i = 0; i < CMDS; i++)
		names[i + 1] = cmds[i]->name;
	near = nearest_word(word, names, CMDS + 1);
	if (*word && find_prefix(word, &cmd) == 1)
		near = cmd->name;
	return fl_fail(error, FL_EXIT_USAGE, "unknown verb \"%.60s\"%s", word,
		       nearest_hint(near, ": \"faultline help\" lists them",
				    hint));
}

static int ambiguous_verb(const char *word, struct fl_error *error)
{
	char verbs[160] = "";
	size_t used = 0;

	for (size_t i = 0; i < CMDS && used < sizeof(verbs); i++) {
		if (strncmp(word, cmds[i]->name, strlen(word)))
			continue;
		used += (size_t)snprintf(verbs + used, sizeof(verbs) - used,
					 "%s%s", used ? ", " : "",
					 cmds[i]->name);
	}
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"%.60s\" begins more than one verb: %s", word, verbs);
}

/* Scripts must spell verbs out: a verb to come may begin the same way. */
static int find_verb(const char *word, const struct cmd **cmd,
		     struct fl_error *error)
{
	const struct cmd *prefixed = NULL;
	size_t found;

	*cmd = find_exact(word);
	if (*cmd)
		return 0;
	if (!*word || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return unknown_verb(word, error);
	found = find_prefix(word, &prefixed);
	if (found > 1)
		return ambiguous_verb(word, error);
	if (!found)
		return unknown_verb(word, error);
	*cmd = prefixed;
	return 0;
}

static int run_help(int argc, char **argv, struct fl_error *error)
{
	const char *word = argc ? argv[0] : NULL;
	const struct cmd *cmd;
	int err;

	if (argc > 1)
		return fl_fail(error, FL_EXIT_USAGE,
			       "help: unexpected argument \"%.60s\"; usage: "
			       "faultline help [VERB]",
			       argv[1]);
	if (!word || !strcmp(word, "help")) {
		help_long(stdout, cmds, CMDS, global_rows);
		return 0;
	}
	err = find_verb(word, &cmd, error);
	if (!err)
		help_verb(stdout, cmd, global_rows);
	return err;
}

/* Asked by the shell: no verb of people. */
static int run_complete(const char *line)
{
	struct globals ignored = { 0 };

	(void)privileges_keep("list");
	complete_line(stdout, line, cmds, CMDS,
		      &(struct opt_set){ global_rows, &ignored });
	return 0;
}

static const struct out_ops *format_of(const struct globals *globals)
{
	return globals->json ? &out_json : &out_text;
}

static int run_with_least(const struct cmd_context *context, int argc,
			  char **argv, struct fl_error *error)
{
	/* Who has more capabilities than we will have cannot be looked at. */
	(void)ssh_port();
	if (!privileges_keep(context->cmd->name))
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot give up the capabilities that \"%s\" "
			       "does not need",
			       context->cmd->name);
	return context->cmd->run(context, argc, argv, error);
}

static int run_verb(const struct cmd *cmd, int argc, char **argv,
		    struct globals *globals, struct fl_error *error)
{
	void *options = calloc(1, cmd->options_size + 1);
	struct opt_set sets[] = {
		{ global_rows, globals },
		{ cmd->options, options },
	};
	struct opt_words words = { .argc = argc, .argv = argv };
	struct cmd_context context = { .cmd = cmd, .options = options };
	int err;

	if (!options)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	err = opt_parse(sets, 2, &words, error);
	context.out = format_of(globals);
	if (globals->quiet)
		out_be_quiet();
	if (!err && globals->help)
		help_verb(stdout, cmd, global_rows);
	else if (!err && globals->version)
		puts("faultline " FL_VERSION);
	else if (!err)
		err = run_with_least(&context, words.argc, argv, error);
	free(options);
	return err;
}

static int run(int argc, char **argv, struct globals *globals,
	       struct fl_error *error)
{
	struct opt_set set = { global_rows, globals };
	struct opt_words words = { .argc = argc,
				   .argv = argv,
				   .first_only = true };
	const struct cmd *cmd;
	int err;

	err = opt_parse(&set, 1, &words, error);
	if (err)
		return err;
	argc = words.argc;
	if (globals->version) {
		puts("faultline " FL_VERSION);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[0], "complete"))
		return run_complete(argv[1]);
	if (argc && !strcmp(argv[0], "help"))
		return run_help(argc - 1, argv + 1, error);
	if (globals->help)
		return run_help(argc ? 1 : 0, argv, error);
	if (!argc) {
		help_short(stderr, cmds, CMDS);
		return FL_EXIT_USAGE;
	}
	err = find_verb(argv[0], &cmd, error);
	return err ? err : run_verb(cmd, argc - 1, argv + 1, globals, error);
}

/* A reader that has seen enough, as in "| head", is no error. */
static int finish(int code, struct fl_error *error)
{
	int failed;

	/* What a signal cut off must not block us again. */
	if (watch_stopped() && ferror(stdout)) {
		__fpurge(stdout);
		return code;
	}
	errno = 0;
	failed = fflush(stdout) | ferror(stdout);
	if (!failed || code)
		return code;
	if (reader_gone)
		return FL_EXIT_OK;
	if (out_changed())
		return fl_fail(error, FL_EXIT_OK,
			       "done, but the output could not be written%s%s",
			       errno ? ": " : "", errno ? strerror(errno) : "");
	return fl_fail(error, FL_EXIT_ERROR, "cannot write the output%s%s",
		       errno ? ": " : "", errno ? strerror(errno) : "");
}

static void print_note(const char *line)
{
	out_note("%s", line);
}

int main(int argc, char **argv)
{
	struct globals globals = { 0 };
	struct fl_error error = { 0 };
	int code;

	catch_sigpipe();
	note_by(print_note);
	code = argc ? run(argc - 1, argv + 1, &globals, &error) : FL_EXIT_USAGE;
	code = finish(code, &error);
	if (error.text[0])
		format_of(&globals)->error(&error);
	return code;
}
