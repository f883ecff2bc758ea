/* SPDX-License-Identifier: GPL-2.0-only */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

static sigset_t before;

void signals_hold(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
}

void signals_let(void)
{
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* What is blocked stays pending even where it is ignored, as under nohup. */
static bool is_wanted(const sigset_t *waiting, int number)
{
	struct sigaction action;

	return sigismember(waiting, number) &&
	       !sigaction(number, NULL, &action) &&
	       action.sa_handler != SIG_IGN;
}

bool signals_want_end(void)
{
	sigset_t waiting;

	return !sigpending(&waiting) &&
	       (is_wanted(&waiting, SIGINT) || is_wanted(&waiting, SIGTERM) ||
		is_wanted(&waiting, SIGHUP) || is_wanted(&waiting, SIGQUIT));
}
