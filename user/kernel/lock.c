/* SPDX-License-Identifier: GPL-2.0-only */
#include "lock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/note.h"
#include "base/proc.h"
#include "base/signals.h"
#include "store.h"

#define SAID_NS 1000000000ull
#define WAIT_NS (LOCK_WAIT_S * 1000000000ull)
#define PAUSE_NS 4000000

/* The process that has the lock, as the kernel lists it; 0: not in sight. */
static pid_t find_owner(int lock)
{
	unsigned long long inode;
	char line[256], type[16];
	struct stat st;
	FILE *file = fopen("/proc/locks", "re");
	int pid, owner = 0;

	if (!file || fstat(lock, &st))
		st.st_ino = 0;
	/* "1: FLOCK  ADVISORY  WRITE 1234 00:17:5678 0 EOF" */
	while (file && !owner && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d: %15s %*s %*s %d %*x:%*x:%llu", type,
			   &pid, &inode) == 3 &&
		    !strcmp(type, "FLOCK") && inode == st.st_ino && pid > 0)
			owner = pid;
	if (file)
		fclose(file);
	return owner;
}

/* "process 1234 (faultline)" */
static void describe_owner(int lock, char *text, size_t size)
{
	pid_t pid = find_owner(lock);
	char name[64];

	if (!pid)
		snprintf(text, size, "another process");
	else if (proc_name(pid, name, sizeof(name)))
		snprintf(text, size, "process %d", (int)pid);
	else
		snprintf(text, size, "process %d (%s)", (int)pid, name);
}

static int give_up(int lock, struct fl_error *error)
{
	char owner[96];

	describe_owner(lock, owner, sizeof(owner));
	return fl_fail(error, FL_EXIT_ERROR,
		       "%s has been changing something for %d s, and nothing "
		       "else can be changed until it ends",
		       owner, LOCK_WAIT_S);
}

static void say_for_whom(int lock)
{
	char owner[96];

	describe_owner(lock, owner, sizeof(owner));
	note("waiting for %s, which is changing something", owner);
}

/* By looking again and again: a signal may end us meanwhile. */
static int await(int lock, struct fl_error *error)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	__u64 waited_ns, begin = clock_now_ns();
	bool said = false;

	while (flock(lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fl_fail(error, FL_EXIT_ERROR,
				       "cannot take the lock: %s",
				       strerror(errno));
		waited_ns = clock_now_ns() - begin;
		if (waited_ns >= WAIT_NS)
			return give_up(lock, error);
		if (waited_ns >= SAID_NS && !said) {
			say_for_whom(lock);
			said = true;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

int lock_take(int *lock, struct fl_error *error)
{
	int code, fd = store_open_lock();

	if (fd < 0)
		return fl_fail(error,
			       fd == -EACCES || fd == -EPERM ?
				       FL_EXIT_PERMISSION :
				       FL_EXIT_ERROR,
			       "cannot open the lock: %s", strerror(-fd));
	code = await(fd, error);
	if (code) {
		close(fd);
		return code;
	}
	signals_hold();
	*lock = fd;
	return 0;
}

void lock_give_back(int lock)
{
	close(lock);
	signals_let();
}
