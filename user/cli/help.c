/* SPDX-License-Identifier: GPL-2.0-only */
#include "help.h"

#include <string.h>

#include "grammar/grammar.h"

#define WIDTH 79

static void print_verbs(FILE *stream, const struct cmd *const cmds[],
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "  %-8s %s\n", cmds[i]->name, cmds[i]->summary);
}

void help_short(FILE *stream, const struct cmd *const cmds[], size_t count)
{
	fputs("usage: faultline VERB DEV ... [-j]\n\n", stream);
	print_verbs(stream, cmds, count);
	fputs("  help     this overview, or help VERB for one verb\n", stream);
}

void help_long(FILE *stream, const struct cmd *const cmds[], size_t count,
	       const struct opt *globals)
{
	fputs("faultline drops, delays, reorders and corrupts the traffic that "
	      "you select, in\nthe kernel, and counts what it did per rule and "
	      "per flow.\n\n",
	      stream);
	help_short(stream, cmds, count);
	fputs("\n"
	      "A first session:\n"
	      "  faultline doctor eth0       # check this host and device\n"
	      "  faultline attach eth0       # attach; no traffic is affected "
	      "yet\n"
	      "  faultline add eth0 in proto tcp dport 443 loss 1%\n"
	      "  faultline stats eth0 -w     # what it does, every second\n"
	      "  faultline detach eth0       # restore the host\n"
	      "\n"
	      "A rule expires in the kernel, after 10 minutes or what \"for "
	      "TIME\" says.\n"
	      "\n"
	      "Everywhere:\n",
	      stream);
	opt_print_help(stream, globals);
	fputs("\n"
	      "Exit status: 0 ok, 1 error, 2 usage, 3 not supported here, "
	      "4 busy (another\nprogram is attached), 5 permission.\n",
	      stream);
}

/* "usage: faultline VERB ARGS", later lines below the first argument. */
static void print_usage(FILE *stream, const struct cmd *cmd)
{
	size_t indent = (size_t)fprintf(stream, "usage: faultline %s",
					cmd->name);
	size_t column = indent;
	const char *args = cmd->args;

	while (*args) {
		size_t length = strcspn(args, " ");

		/* "[--top N]" stays together. */
		if (*args == '[')
			length = strcspn(args, "]") + 1 +
				 (args[strcspn(args, "]") + 1] == ']');
		length += strcspn(args + length, " ");
		if (column + 1 + length > WIDTH) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
		}
		fprintf(stream, " %.*s", (int)length, args);
		column += 1 + length;
		args += length + (args[length] == ' ');
	}
	fputc('\n', stream);
}

/* Paragraphs, whose lines are broken where they are too long. */
static void print_about(FILE *stream, const char *about)
{
	size_t column = 0;

	while (*about) {
		size_t length = strcspn(about, " \n");

		if (column && column + 1 + length > WIDTH) {
			fputc('\n', stream);
			column = 0;
		}
		column += (size_t)fprintf(stream, "%s%.*s", column ? " " : "",
					  (int)length, about);
		about += length;
		if (*about == '\n') {
			fputc('\n', stream);
			column = 0;
		}
		about += !!*about;
	}
}

void help_verb(FILE *stream, const struct cmd *cmd, const struct opt *globals)
{
	print_usage(stream, cmd);
	fputc('\n', stream);
	print_about(stream, cmd->about);
	if (cmd->options) {
		fputs("\nOptions:\n", stream);
		opt_print_help(stream, cmd->options);
	}
	fputs("\nEverywhere:\n", stream);
	opt_print_help(stream, globals);
	if (cmd->grammar) {
		fputc('\n', stream);
		grammar_print_help(stream);
	}
	fprintf(stream, "\nExamples:\n%s", cmd->examples);
}
