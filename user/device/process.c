/* SPDX-License-Identifier: GPL-2.0-only */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/futex.h>

#define START_NS 10000000000ull
#define STOP_NS 2000000000ull
#define KILL_NS 5000000000ull
#define POLL_MS 2
#define CALL_TURNS 25

#define WORDS_SIZE 4096 /* of what it writes to stderr */

bool process_beats(const struct fl_control *control)
{
	__u64 beat = __atomic_load_n(&control->beat_ns, __ATOMIC_ACQUIRE);
	__u32 owner = __atomic_load_n(&control->owner, __ATOMIC_RELAXED);

	return owner & FUTEX_TID_MASK &&
	       fl_beats(beat, control->given_ns, clock_now_ns());
}

/* ---- starting ----------------------------------------------------------- */

/*
 * Takes what it writes: neither a file that somebody has to remove nor a pipe
 * whose other end goes with us. More than fits is lost.
 */
static int make_words(void)
{
	int fd = memfd_create("faultline-hold",
			      MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (ftruncate(fd, WORDS_SIZE) ||
			fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The last line of the process, as main prints errors. */
static void last_words(int fd, char *words, size_t size)
{
	static const char prefix[] = "faultline: ";
	char text[WORDS_SIZE + 1] = "", *line;

	if (fd < 0 || pread(fd, text, WORDS_SIZE, 0) < 0)
		*text = '\0';
	for (size_t end = strlen(text); end && text[end - 1] == '\n'; end--)
		text[end - 1] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	if (!strncmp(line, prefix, strlen(prefix)))
		line += strlen(prefix);
	snprintf(words, size, "%s", line);
}

/* It works in "/", so that it keeps no other file system busy. */
static int keep_run(void)
{
	const char *run = getenv("FAULTLINE_RUN");
	char path[PATH_MAX];

	if (!run || !*run || *run == '/')
		return 0;
	if (!realpath(run, path))
		return -1;
	return setenv("FAULTLINE_RUN", path, 1);
}

static void run_child(const char *device, int words)
{
	char name[16], *const argv[] = { "faultline", "hold", "--child", name,
					 NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	snprintf(name, sizeof(name), "%s", device);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Away from the terminal and the group of whoever called us. */
	setsid();
	if (null < 0 || keep_run() || chdir("/") || dup2(null, 0) < 0 ||
	    dup2(null, 1) < 0 || dup2(words < 0 ? null : words, 2) < 0)
		_exit(127);
	/* It keeps none of the caller's files open, either. */
	(void)syscall(SYS_close_range, 3u, ~0u, 1u << 2 /* CLOEXEC */);
	execv("/proc/self/exe", argv);
	dprintf(2, "cannot run /proc/self/exe: %s\n", strerror(errno));
	_exit(127);
}

static pid_t spawn(const char *device, int words)
{
	pid_t child = fork();

	if (!child)
		run_child(device, words);
	return child < 0 ? -errno : child;
}

/*
 * The one process takes the device in when it is called; if there is none, we
 * start it, and it begins with this one. It may be about to end, or somebody
 * else may start it: so we look again and again. 0 when it beats, -ECHILD when
 * ours has ended, -ECONNREFUSED, -ETIMEDOUT.
 */
static int await_beat(const struct fl_control *control, const char *device,
		      int words, pid_t *child)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	__u64 until = clock_now_ns() + START_NS;

	*child = 0;
	for (__u32 turn = 0; !process_beats(control); turn++) {
		bool ended = *child && waitpid(*child, NULL, WNOHANG) == *child;

		if (ended && !store_has_holder())
			return -ECHILD;
		if (ended)
			*child = 0;
		if (!*child && !store_has_holder())
			*child = spawn(device, words);
		if (*child < 0)
			return *child;
		if (__atomic_load_n(&control->refused, __ATOMIC_ACQUIRE))
			return -ECONNREFUSED;
		if (clock_now_ns() >= until)
			return -ETIMEDOUT;
		if (turn % CALL_TURNS == 0)
			(void)store_call_holder();
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int start_failure(struct fl_control *control, pid_t child, int err,
			 int words, struct fl_error *error)
{
	char text[200];

	if (err == -ETIMEDOUT && child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	(void)process_stop(control);
	last_words(words, text, sizeof(text));
	return fl_fail(error, FL_EXIT_ERROR, "the hold process %s%s%s",
		       err == -ECHILD	    ? "has ended" :
		       err == -ECONNREFUSED ? "cannot open the helper "
					      "devices" :
		       err == -ETIMEDOUT    ? "did not come up within 10 s" :
					      "cannot be started",
		       *text ? ": " : "", text);
}

int process_start(const struct device *dev, struct fl_error *error)
{
	struct fl_control *control = dev->control;
	struct netif_link link;
	int words, err = netif_link_get_index(dev->record.ifindex, &link);
	pid_t child;

	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%s: %s", dev->record.name,
			       strerror(-err));
	control->process = 0;
	control->supervisor = 0;
	control->refused = 0;
	__atomic_store_n(&control->beat_ns, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&control->stop, 0, __ATOMIC_RELEASE);
	words = make_words();
	err = await_beat(control, link.name, words, &child);
	if (err)
		err = start_failure(control, child, err, words, error);
	if (words >= 0)
		close(words);
	return err;
}

/* ---- ending ------------------------------------------------------------- */

static bool has_our_exe(__u32 pid)
{
	struct stat ours, its;
	char path[64], target[PATH_MAX];
	const char *base;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	if (stat(path, &its))
		return false;
	if (!stat("/proc/self/exe", &ours) && ours.st_dev == its.st_dev &&
	    ours.st_ino == its.st_ino)
		return true;
	/* From before an upgrade. */
	length = readlink(path, target, sizeof(target) - 1);
	target[length < 0 ? 0 : length] = '\0';
	base = strrchr(target, '/');
	return base && !strncmp(base, "/faultline", 10);
}

bool process_is_ours(__u32 pid)
{
	char path[64], words[64] = "";
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	fd = pid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	length = read(fd, words, sizeof(words) - 1);
	close(fd);
	/* "faultline\0hold\0..." */
	if (length <= 0 ||
	    strcmp(words + strlen(words) + (strlen(words) < (size_t)length),
		   "hold"))
		return false;
	return has_our_exe(pid);
}

/* Opened before it is asked who it is, so that it stays the same one. */
static int open_process(__u32 pid)
{
	int fd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (fd >= 0 && !process_is_ours(pid)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Where the process cannot be seen, its heart says whether it is there. */
static bool has_let_go(const struct fl_control *control, int pidfd)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	if (!__atomic_load_n(&control->process, __ATOMIC_ACQUIRE))
		return true;
	return pidfd < 0 ? !process_beats(control) : poll(&poll_fd, 1, 0) > 0;
}

static bool await_end(const struct fl_control *control, int pidfd,
		      __u64 wait_ns)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	__u64 until = clock_now_ns() + wait_ns;

	while (!has_let_go(control, pidfd)) {
		if (clock_now_ns() >= until)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

int process_stop(struct fl_control *control)
{
	int pidfd = open_process(control->process);
	bool ended, killed;

	__atomic_store_n(&control->stop, 1, __ATOMIC_RELEASE);
	(void)store_call_holder();
	ended = await_end(control, pidfd, STOP_NS);
	killed = !ended;
	/* The supervisor has another worker go on with the other devices. */
	if (killed && pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	if (killed)
		ended = await_end(control, pidfd, KILL_NS);
	if (pidfd >= 0)
		close(pidfd);
	__atomic_store_n(&control->beat_ns, 0, __ATOMIC_RELEASE);
	return ended ? killed : -ETIMEDOUT;
}
