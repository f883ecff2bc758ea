/* SPDX-License-Identifier: GPL-2.0-only */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/proc.h"

static pid_t find_mounts_owner(void)
{
	struct stat own, there;
	pid_t pid, owner = 0;
	char path[64];

	if (stat("/proc/self/ns/mnt", &own))
		return fl_is_transient(-errno) ? -errno : 0;
	/* Without a descriptor, of which there may be none left. */
	if (!stat("/proc/1/ns/mnt", &there))
		return there.st_ino != own.st_ino;
	for (pid = proc_parent(getpid()); pid > 0; pid = proc_parent(pid)) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
		if (!stat(path, &there))
			owner = there.st_ino == own.st_ino ? 0 : pid;
	}
	return pid < 0 ? pid : owner;
}

pid_t mounts_owner(void)
{
	static bool known;
	static pid_t owner;

	if (!known)
		owner = find_mounts_owner();
	known = true;
	return owner;
}

const char *mounts_root(void)
{
	static char root[64];
	pid_t owner = mounts_owner();

	if (owner > 0)
		snprintf(root, sizeof(root), "/proc/%d/root", (int)owner);
	return root;
}

/* In a child: a process cannot come back from there. */
int mounts_work(int (*work)(void))
{
	int status, namespace;
	char path[64];
	pid_t child;

	if (mounts_owner() <= 0)
		return mounts_owner() ? mounts_owner() : work();
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)mounts_owner());
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		namespace = open(path, O_RDONLY | O_CLOEXEC);
		if (namespace < 0 || setns(namespace, CLONE_NEWNS))
			_exit(errno & 127);
		_exit(-work() & 127);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}
