/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worker: one thread that takes, waits and sends. All that it keeps is in
 * its own memory, so when it dies the packets in it are lost, and nothing
 * else.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "release.h"
#include "setup.h"
#include "take.h"

/* How often the programs and the supervisor must hear of us, and how often is
 * enough: they read the line that we write for each packet. */
#define BEAT_NS 15000000ull
#define BEAT_LEAST_NS 500000ull
#define ROOM_STEP 1024u

/* At the end: for how long nothing may have come, and for how long we wait
 * for that. */
#define QUIET_NS 10000000ull
#define FLUSH_NS 1000000000ull

#define TIDY_NS 1000000000ull

#define PRIORITY (-10)
#define FOREVER_NS (1ull << 62)

static volatile sig_atomic_t asked_to_end;

static void note_end(int number)
{
	(void)number;
	asked_to_end = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = note_end };
	sigset_t none;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- heartbeat ---------------------------------------------------------- */

/* What may still be given to us; what is on its way is not in it. */
static __u32 room_now(const struct worker *worker)
{
	__u32 max = worker->dev->record.held_max;

	return worker->units < max ? max - worker->units : 0;
}

static void beat(struct worker *worker, __u64 now_ns)
{
	__u32 room = room_now(worker);
	__u32 change = room > worker->room ? room - worker->room :
					     worker->room - room;

	if (now_ns - worker->beat_ns < BEAT_LEAST_NS && change < ROOM_STEP &&
	    (room > ROOM_STEP || !change))
		return;
	worker->beat_ns = now_ns;
	worker->room = room;
	if (worker->wheel.count)
		worker->shared->busy_ns = now_ns;
	__atomic_store_n(&worker->control->room, room, __ATOMIC_RELAXED);
	__atomic_store_n(&worker->control->beat_ns, now_ns, __ATOMIC_RELEASE);
	if (__atomic_load_n(&worker->control->stop, __ATOMIC_RELAXED))
		asked_to_end = 1;
}

/* ---- waiting ------------------------------------------------------------ */

/*
 * Until a packet comes or the next one is to leave, less the time that the
 * kernel may take to wake us: that is spent awake.
 */
static void wait_for_work(struct worker *worker, __u64 now_ns)
{
	struct pollfd taps[FL_SIDES];
	__u64 next_ns = wheel_next_ns(&worker->wheel), sleep_ns = BEAT_NS;
	struct timespec timeout = { 0 };

	if (next_ns <= now_ns + worker->spin_ns)
		return;
	if (next_ns - now_ns - worker->spin_ns < sleep_ns)
		sleep_ns = next_ns - now_ns - worker->spin_ns;
	timeout.tv_nsec = (long)sleep_ns;
	for (int side = 0; side < FL_SIDES; side++)
		taps[side] = (struct pollfd){ .fd = worker->tap[side],
					      .events = POLLIN };
	ppoll(taps, FL_SIDES, &timeout, NULL);
}

/* ---- the loop ----------------------------------------------------------- */

/* Gives back what was needed, when for a while nothing has been held. */
static void tidy(struct worker *worker, __u64 now_ns)
{
	if (worker->wheel.count)
		worker->used_ns = now_ns;
	if (!worker->used_ns || now_ns - worker->used_ns < TIDY_NS)
		return;
	worker->used_ns = 0;
	memory_trim(&worker->memory);
	wheel_free(&worker->wheel);
	worker->error = wheel_init(&worker->wheel, now_ns);
}

static void run(struct worker *worker)
{
	while (!asked_to_end && !worker->error) {
		__u64 now_ns = clock_now_ns();
		__u32 moved;

		moved = hold_take(worker);
		beat(worker, now_ns);
		moved += hold_release(worker, now_ns);
		if (moved)
			worker->shared->busy_ns = now_ns;
		else
			wait_for_work(worker, now_ns);
		tidy(worker, now_ns);
	}
}

/* Nobody gives us anything any more, but some of it is still on its way. */
static void flush(struct worker *worker)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	__u64 now_ns = clock_now_ns(), quiet_ns = now_ns;
	__u64 until_ns = now_ns + FLUSH_NS;

	hold_receive_no_more(worker);
	while (!worker->error && now_ns < until_ns &&
	       now_ns - quiet_ns < QUIET_NS) {
		__u32 moved = hold_take(worker);

		moved += hold_release(worker, FOREVER_NS);
		now_ns = clock_now_ns();
		if (moved || worker->wheel.count)
			quiet_ns = now_ns;
		else
			nanosleep(&pause, NULL);
	}
}

/*
 * Ahead of others that want the CPU, or packets are late. Never by a real-time
 * policy, whose throttling stops us for 50 ms. Where the kernel shares the CPU
 * among sessions first, a session of our own must go ahead.
 */
static void go_ahead(void)
{
	int fd;

	setpriority(PRIO_PROCESS, 0, PRIORITY);
	if (setsid() < 0)
		return;
	fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	dprintf(fd, "%d", PRIORITY);
	close(fd);
}

static int start(struct worker *worker, struct fl_error *error)
{
	int code = hold_set_up(worker, error);

	if (code)
		return code;
	worker->shared->busy_ns = clock_now_ns();
	hold_receive_from_now(worker);
	beat(worker, clock_now_ns());
	__atomic_store_n(&worker->shared->ready, 1, __ATOMIC_RELEASE);
	return 0;
}

int hold_work(struct device *dev, struct hold_shared *shared, pid_t parent)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int code;

	catch_signals();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return FL_EXIT_ERROR;
	prctl(PR_SET_TIMERSLACK, 1);
	if (!worker)
		return fl_fail(&shared->error, FL_EXIT_ERROR, "out of memory");
	worker->dev = dev;
	worker->control = dev->control;
	worker->shared = shared;
	dev->control->process = (__u32)getpid();
	code = start(worker, &shared->error);
	if (!code) {
		go_ahead();
		run(worker);
		flush(worker);
	}
	if (worker->error)
		code = fl_fail(&shared->error, FL_EXIT_ERROR,
			       "a helper device no longer works: %s",
			       strerror(-worker->error));
	return code;
}
