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

bool signals_want_end(void)
{
	sigset_t waiting;

	return !sigpending(&waiting) && (sigismember(&waiting, SIGINT) ||
					 sigismember(&waiting, SIGTERM) ||
					 sigismember(&waiting, SIGHUP) ||
					 sigismember(&waiting, SIGQUIT));
}
