/* SPDX-License-Identifier: GPL-2.0-only */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define NS_PER_SEC 1000000000ull

static volatile sig_atomic_t stop;
static __u64 beat_ns, every_ns;

static void note_stop(int number)
{
	(void)number;
	stop = 1;
}

void watch_begin(__u64 interval_ns)
{
	/* Without SA_RESTART, so that a write to a full pipe ends too. */
	struct sigaction action = {
		.sa_handler = note_stop,
		.sa_flags = (int)SA_RESETHAND,
	};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	every_ns = interval_ns ? interval_ns : NS_PER_SEC;
	beat_ns = clock_now_ns();
}

/* False when it ended early. No signal is lost between test and wait. */
static bool wait_until(__u64 when_ns)
{
	struct pollfd reader = { .fd = STDOUT_FILENO };
	sigset_t signals, before;
	bool waited = false;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	while (!stop && !waited) {
		__u64 now = clock_now_ns();
		__u64 left = when_ns > now ? when_ns - now : 0;
		struct timespec timeout = {
			.tv_sec = (time_t)(left / NS_PER_SEC),
			.tv_nsec = (long)(left % NS_PER_SEC),
		};
		int ready = ppoll(&reader, 1, &timeout, &before);

		/* Nothing is asked for, so it can only be an error. */
		if (ready > 0)
			break;
		waited = !ready;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return waited && !stop;
}

bool watch_stopped(void)
{
	return stop;
}

bool watch_next(void)
{
	__u64 now = clock_now_ns();

	if (stop || fflush(stdout) || ferror(stdout))
		return false;
	beat_ns += every_ns;
	/* Beats that were missed, by a stopped process say, are left out. */
	if (beat_ns < now)
		beat_ns = now;
	return wait_until(beat_ns);
}
