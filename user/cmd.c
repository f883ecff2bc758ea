/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine.h"

void cmd_note(const struct cmd_context *context, const char *format, ...)
{
	va_list args;

	if (context->quiet)
		return;
	/* Else a note could overtake the data that it is about. */
	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

int cmd_follow(const char *name, const struct sample_device *device,
	       struct engine **engine, struct fl_error *error)
{
	struct engine *again;
	int err;

	if (!device->degraded)
		return 0;
	err = engine_open(name, &again, error);
	if (err)
		return err;
	engine_close(*engine);
	*engine = again;
	return 0;
}

int cmd_check_words(const struct cmd_context *context, int argc, char **argv,
		    int min, int max, struct fl_error *error)
{
	const struct cmd *cmd = context->cmd;

	if (argc < min)
		return fl_fail(error, FL_EXIT_USAGE,
			       "%s: %s is missing; usage: faultline %s %s",
			       cmd->name, argc ? "a word" : "the device",
			       cmd->name, cmd->args);
	if (argc > max)
		return fl_fail(error, FL_EXIT_USAGE,
			       "%s: \"%.60s\" is too much; usage: faultline "
			       "%s %s", cmd->name, argv[max], cmd->name,
			       cmd->args);
	return 0;
}
