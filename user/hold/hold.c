/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor: has a worker do the work, and another one when it dies or
 * hangs. Meanwhile packets pass undelayed, because nothing beats.
 */
#include "hold.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "device/holder.h"
#include "device/ways_state.h"
#include "lost.h"
#include "watch.h"
#include "worker.h"

#define POLL_NS 100000000ull
#define HANG_NS 2000000000ull /* without a heartbeat */
#define COME_UP_NS 10000000000ull
#define END_NS 1500000000ull	  /* for the worker to let all go */
#define AGAIN_MIN_NS 100000000ull /* before the next worker */
#define AGAIN_MAX_NS 2000000000ull
#define GOOD_NS 1000000000ull /* and then it is the minimum again */
#define LOST_LOOK_NS 50000000ull
#define QUIET_NS 500000000ull
#define LOOK_NS 1000000000ull /* at the devices, unasked */

struct supervisor {
	const struct hold_options *options;
	struct device *dev;
	struct fl_control *control;
	struct hold_shared *shared;
	int lock, signals, watch;
	pid_t worker; /* 0: none at present */
	int status;   /* of the last one */
	__u64 started_ns, again_ns, wait_ns, looked_ns;
	__u64 settled_ns; /* the last work of which losses are known */
	bool once_ready, ending;
};

/* ---- the worker --------------------------------------------------------- */

static int start_worker(struct supervisor *s)
{
	pid_t self = getpid();

	memset(s->shared, 0, sizeof(*s->shared));
	s->started_ns = clock_now_ns();
	s->settled_ns = 0;
	fflush(NULL);
	s->worker = fork();
	if (!s->worker) {
		close(s->signals);
		close(s->watch);
		_exit(hold_work(s->dev, s->shared, self));
	}
	if (s->worker > 0)
		return 0;
	s->worker = 0;
	return -errno;
}

/* From here on packets pass, and none is given to a socket that has gone. */
static void close_shop(struct supervisor *s)
{
	__atomic_store_n(&s->control->beat_ns, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&s->control->owner, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&s->control->process, 0, __ATOMIC_RELAXED);
}

/* Whether the worker has ended. */
static bool has_ended(struct supervisor *s)
{
	if (!s->worker || waitpid(s->worker, &s->status, WNOHANG) != s->worker)
		return false;
	s->worker = 0;
	close_shop(s);
	return true;
}

static void kill_worker(struct supervisor *s, int signal)
{
	if (s->worker)
		kill(s->worker, signal);
}

static void await_worker(struct supervisor *s, __u64 wait_ns)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	__u64 until = clock_now_ns() + wait_ns;

	while (s->worker && !has_ended(s) && clock_now_ns() < until)
		nanosleep(&pause, NULL);
}

/* It hangs when its heart does not beat: stopped, or caught in the kernel. */
static void check_worker(struct supervisor *s)
{
	__u64 now = clock_now_ns();
	__u64 beat = __atomic_load_n(&s->control->beat_ns, __ATOMIC_ACQUIRE);

	if (!s->worker)
		return;
	if (!__atomic_load_n(&s->shared->ready, __ATOMIC_ACQUIRE)) {
		if (now - s->started_ns > COME_UP_NS)
			kill_worker(s, SIGKILL);
		return;
	}
	if (!s->once_ready && s->options->ready)
		s->options->ready();
	s->once_ready = true;
	if (beat && (__s64)(now - beat) > (__s64)HANG_NS)
		kill_worker(s, SIGKILL);
	if (now - s->started_ns > GOOD_NS)
		s->wait_ns = AGAIN_MIN_NS;
}

/* Before the next try to start one. */
static void wait_longer(struct supervisor *s)
{
	s->again_ns = clock_now_ns() + s->wait_ns;
	s->wait_ns = s->wait_ns * 2 < AGAIN_MAX_NS ? s->wait_ns * 2 :
						     AGAIN_MAX_NS;
}

/* Ended without having been asked to. */
static void bury_worker(struct supervisor *s)
{
	/* The worker's last words are of interest only at the beginning. */
	if (!s->once_ready && !WIFSIGNALED(s->status)) {
		s->ending = true;
		return;
	}
	hold_count_lost(s->dev, LOST_LOOK_NS, false);
	wait_longer(s);
}

/* Once after each time of work. */
static void settle(struct supervisor *s)
{
	__u64 busy = __atomic_load_n(&s->shared->busy_ns, __ATOMIC_ACQUIRE);

	if (!s->worker || !s->once_ready || busy == s->settled_ns ||
	    clock_now_ns() - busy < QUIET_NS)
		return;
	if (hold_settle_lost(s->dev, s->shared))
		s->settled_ns = busy;
}

/* ---- the supervisor ----------------------------------------------------- */

static void handle_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			s->ending = true;
}

static void look_around(struct supervisor *s, bool devices_changed)
{
	__u64 now = clock_now_ns();

	if (__atomic_load_n(&s->control->stop, __ATOMIC_ACQUIRE))
		s->ending = true;
	if (!devices_changed && now - s->looked_ns < LOOK_NS)
		return;
	s->looked_ns = now;
	if (!hold_is_attached(s->dev) || !ways_exist(&s->dev->record)) {
		close_shop(s);
		s->ending = true;
	}
}

static void wait_for_news(struct supervisor *s)
{
	struct pollfd fds[] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->watch, .events = POLLIN },
	};

	poll(fds, 2, (int)(POLL_NS / 1000000));
	if (fds[0].revents)
		handle_signals(s);
	if (fds[1].revents)
		netif_watch_drain(s->watch);
	look_around(s, fds[1].revents != 0);
}

static int supervise(struct supervisor *s)
{
	int err = 0;

	s->wait_ns = AGAIN_MIN_NS;
	while (!s->ending && !err) {
		if (!s->worker && clock_now_ns() >= s->again_ns)
			err = start_worker(s);
		/* Without memory for a moment, say: not for good. */
		if (err && s->once_ready) {
			wait_longer(s);
			err = 0;
		}
		wait_for_news(s);
		check_worker(s);
		if (has_ended(s) && !s->ending)
			bury_worker(s);
		settle(s);
	}
	return err;
}

static void end_worker(struct supervisor *s)
{
	kill_worker(s, SIGTERM);
	await_worker(s, END_NS);
	kill_worker(s, SIGKILL);
	await_worker(s, END_NS);
	close_shop(s);
	if (s->once_ready)
		hold_count_lost(s->dev, LOST_LOOK_NS,
				!ways_exist(&s->dev->record));
}

/* ---- beginning and end -------------------------------------------------- */

static int prepare(struct supervisor *s)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	s->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->signals < 0)
		return -errno;
	s->watch = netif_watch_open();
	if (s->watch < 0)
		return s->watch;
	s->shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return s->shared == MAP_FAILED ? -errno : 0;
}

static int check_holder(const struct device *dev, struct fl_error *error)
{
	const struct fl_device *device = &dev->record;

	if (!holder_has_process(device))
		return fl_fail(error, FL_EXIT_ERROR,
			       "%s: no process holds packets here: the device "
			       "was attached without \"--engine hold\"",
			       device->name);
	if (!device->ways)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%s: no rule delays packets: adding one starts "
			       "this process",
			       device->name);
	return 0;
}

static int take_lock(struct supervisor *s, struct fl_error *error)
{
	s->lock = store_lock_device(&s->dev->entry);
	if (s->lock >= 0)
		return 0;
	if (s->lock == -EBUSY)
		return fl_fail(error, FL_EXIT_BUSY,
			       "%s: process %u already holds its packets",
			       s->dev->record.name, s->control->supervisor);
	return fl_fail(error, FL_EXIT_ERROR, "cannot take the lock: %s",
		       strerror(-s->lock));
}

static int end(struct supervisor *s, int err, struct fl_error *error)
{
	end_worker(s);
	s->control->supervisor = 0;
	if (err)
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot start a process: %s", strerror(-err));
	if (s->once_ready || WIFSIGNALED(s->status))
		return 0;
	*error = s->shared->error;
	return WEXITSTATUS(s->status);
}

int hold_run(const struct hold_options *options, struct fl_error *error)
{
	struct supervisor s = { .options = options };
	int code = device_open(options->device, &s.dev, error);

	if (code)
		return code;
	s.control = s.dev->control;
	code = check_holder(s.dev, error);
	if (!code && !device_holdings(s.dev))
		code = fl_fail(error, FL_EXIT_ERROR, "out of memory");
	if (!code)
		code = take_lock(&s, error);
	if (code)
		return code;
	code = prepare(&s);
	if (code)
		return fl_fail(error, FL_EXIT_ERROR, "cannot begin: %s",
			       strerror(-code));
	s.control->supervisor = (__u32)getpid();
	/* Left by somebody who was killed. */
	close_shop(&s);
	return end(&s, supervise(&s), error);
}
