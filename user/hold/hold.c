/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor: has a worker do the work, and another one when it dies or
 * hangs. Meanwhile packets pass undelayed, because nothing beats.
 */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
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
#include "seal.h"
#include "worker.h"

#define POLL_MS 500	      /* all is well */
#define POLL_SOON_MS 20	      /* no worker, or one that comes up */
#define HANG_NS 2000000000ull /* without a heartbeat */
#define COME_UP_NS 10000000000ull
#define END_NS 1500000000ull	  /* for the worker to let all go */
#define AGAIN_MIN_NS 100000000ull /* before the next worker */
#define AGAIN_MAX_NS 2000000000ull
#define STILLBORN_MAX 3
#define GOOD_NS 1000000000ull /* and then it is the minimum again */

struct supervisor {
	const struct hold_options *options;
	struct store_entry first;
	struct hold_shared *shared;
	int lock, signals;
	pid_t worker; /* 0: none at present */
	int status;   /* of the last one */
	__u64 started_ns, again_ns, wait_ns;
	unsigned stillborn; /* workers that were killed before one was ready */
	bool once_ready, ending;
};

/* ---- the worker --------------------------------------------------------- */

static int start_worker(struct supervisor *s)
{
	pid_t self = getpid();

	memset(s->shared, 0, sizeof(*s->shared));
	s->started_ns = clock_now_ns();
	fflush(NULL);
	s->worker = fork();
	if (!s->worker) {
		close(s->signals);
		_exit(hold_work(s->once_ready ? NULL : &s->first, s->shared,
				self));
	}
	if (s->worker > 0)
		return 0;
	s->worker = 0;
	return -errno;
}

/* Whether the worker has ended. */
static bool has_ended(struct supervisor *s)
{
	if (!s->worker || waitpid(s->worker, &s->status, WNOHANG) != s->worker)
		return false;
	s->worker = 0;
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
	__u64 beat = __atomic_load_n(&s->shared->beat_ns, __ATOMIC_ACQUIRE);

	if (!s->worker)
		return;
	if (!beat) {
		if (now - s->started_ns > COME_UP_NS)
			kill_worker(s, SIGKILL);
		return;
	}
	if (!s->once_ready && s->options->ready)
		s->options->ready();
	s->once_ready = true;
	if ((__s64)(now - beat) > (__s64)HANG_NS)
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

/* It ends by itself when nothing is left to hold. Its last words are of
 * interest only at the beginning. One that is killed again and again before it
 * comes up will not do. */
static void bury_worker(struct supervisor *s)
{
	bool by_itself = !WIFSIGNALED(s->status);

	if (by_itself && (!s->once_ready || !WEXITSTATUS(s->status)))
		s->ending = true;
	else if (!s->once_ready && ++s->stillborn == STILLBORN_MAX)
		s->ending = true;
	else
		wait_longer(s);
}

/* ---- the supervisor ----------------------------------------------------- */

static void handle_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			s->ending = true;
}

static void wait_for_news(struct supervisor *s)
{
	struct pollfd fd = { .fd = s->signals, .events = POLLIN };

	poll(&fd, 1, s->worker && s->once_ready ? POLL_MS : POLL_SOON_MS);
	if (fd.revents)
		handle_signals(s);
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
	}
	return err;
}

static void end_worker(struct supervisor *s)
{
	kill_worker(s, SIGTERM);
	await_worker(s, END_NS);
	kill_worker(s, SIGKILL);
	await_worker(s, END_NS);
}

/* ---- beginning and end -------------------------------------------------- */

/* A process keeps its network namespace alive: that of the first process is
 * there anyway, or else one of our own. Without CAP_SYS_ADMIN it stays where it
 * is, and so do all devices that it can have. */
static int move_out(void)
{
	int err, fd = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);

	err = fd < 0 || setns(fd, CLONE_NEWNET);
	if (err)
		err = unshare(CLONE_NEWNET) && errno != EPERM ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

static int prepare(struct supervisor *s)
{
	sigset_t signals;
	int err;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	s->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->signals < 0)
		return -errno;
	s->shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->shared == MAP_FAILED)
		return -errno;
	err = move_out();
	if (err)
		return err;
	err = seal_process();
	/* A kernel without filters, or a sandbox that has its own. */
	return err == -EINVAL || err == -ENOSYS ? 0 : err;
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

static int take_lock(struct supervisor *s, const struct device *dev,
		     struct fl_error *error)
{
	s->lock = store_lock_holder();
	if (s->lock >= 0)
		return 0;
	if (s->lock == -EBUSY) {
		/* It looks at all devices then. */
		(void)store_call_holder();
		return fl_fail(error, FL_EXIT_BUSY,
			       "%s: a process holds the packets of all devices "
			       "already, and has been told of this one",
			       dev->record.name);
	}
	return fl_fail(error, FL_EXIT_ERROR, "cannot take the lock: %s",
		       strerror(-s->lock));
}

static int end(struct supervisor *s, int err, struct fl_error *error)
{
	end_worker(s);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot start a process: %s", strerror(-err));
	if (!s->once_ready && s->stillborn == STILLBORN_MAX)
		return fl_fail(error, FL_EXIT_ERROR,
			       "the worker was killed %u times before it was "
			       "ready, by signal %d (%s)%s",
			       s->stillborn, WTERMSIG(s->status),
			       strsignal(WTERMSIG(s->status)),
			       WTERMSIG(s->status) == SIGKILL ?
				       ": is the memory of this cgroup used "
				       "up?" :
				       "");
	if (s->once_ready || WIFSIGNALED(s->status))
		return 0;
	*error = s->shared->error;
	return WEXITSTATUS(s->status);
}

/* What must be known of the device before. */
static int find_first(struct supervisor *s, struct fl_error *error)
{
	struct device *dev;
	int code = device_open(s->options->device, &dev, error);

	if (code)
		return code;
	s->first = dev->entry;
	code = check_holder(dev, error);
	if (!code) {
		__atomic_store_n(&dev->control->stop, 0, __ATOMIC_RELEASE);
		code = take_lock(s, dev, error);
	}
	device_close(dev);
	return code;
}

int hold_run(const struct hold_options *options, struct fl_error *error)
{
	struct supervisor s = { .options = options };
	int code;

	/* As others see us, who were run by another name. */
	prctl(PR_SET_NAME, "faultline");
	code = find_first(&s, error);
	if (code)
		return code;
	code = prepare(&s);
	if (code)
		return fl_fail(error, FL_EXIT_ERROR, "cannot begin: %s",
			       strerror(-code));
	return end(&s, supervise(&s), error);
}
