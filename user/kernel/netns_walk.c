/* SPDX-License-Identifier: GPL-2.0-only */
#include "netns_walk.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/sockios.h>

#include "base/privilege.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define SEEN_MAX 1024

struct state {
	const struct netns_walk *walk;
	int missed; /* what could not be looked at: 0 or a negative errno */
	/* Most processes share one. */
	ino_t mounts_seen[SEEN_MAX];
	size_t mounts_count;
};

/* What goes while we look is not there. */
static void miss(struct state *state, int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ESRCH:
	case EINVAL:	   /* mounts of a process that has ended */
	case ENAMETOOLONG: /* the path of a descriptor: no namespace has one */
	case EBADF:	   /* a descriptor that was closed */
	case ENOTTY:	   /* a socket that belongs to no namespace */
	case EOPNOTSUPP:
	case ENOSYS:
		return;
	case EACCES:
	case EPERM:
		/* Who refuses it even so is of another world. */
		if (privileges_held() >> CAP_SYS_PTRACE & 1)
			return;
	}
	state->missed = -err;
}

static int visit_path(struct state *state, const char *path)
{
	struct netns_seen seen = { .path = path, .fd = -1 };
	struct stat st;

	if (stat(path, &st)) {
		miss(state, errno);
		return 0;
	}
	seen.inode = st.st_ino;
	return state->walk->visit(&seen, state->walk->data);
}

/* Calls @each for every entry of @dir, or every number in it, until it returns
 * not 0. */
static int for_each(struct state *state, const char *dir, bool numbers,
		    int (*each)(struct state *state, const char *path))
{
	DIR *entries = opendir(dir);
	struct dirent *dirent;
	char path[PATH_MAX];
	int found = 0;

	if (!entries) {
		miss(state, errno);
		return 0;
	}
	errno = 0;
	while (!found && (dirent = readdir(entries))) {
		const char *name = dirent->d_name;

		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (numbers ? isdigit((unsigned char)*name) : *name != '.')
			found = each(state, path);
		errno = 0;
	}
	if (!found && errno)
		miss(state, errno);
	closedir(entries);
	return found;
}

static unsigned long pid_of(const char *process)
{
	return strtoul(process + strlen("/proc/"), NULL, 10);
}

static bool is_excepted(const struct netns_walk *walk, const char *process)
{
	for (size_t i = 0; i < walk->except_count; i++)
		if (walk->except[i] == pid_of(process))
			return true;
	return false;
}

/* A process or a thread. */
static int visit_task(struct state *state, const char *task)
{
	char path[PATH_MAX + 8];

	if (is_excepted(state->walk, task))
		return 0;
	snprintf(path, sizeof(path), "%s/ns/net", task);
	return visit_path(state, path);
}

/* ---- mounts ------------------------------------------------------------- */

static bool seen_before(struct state *state, ino_t inode)
{
	for (size_t i = 0; i < state->mounts_count; i++)
		if (state->mounts_seen[i] == inode)
			return true;
	if (state->mounts_count < SEEN_MAX)
		state->mounts_seen[state->mounts_count++] = inode;
	return false;
}

/* "\040" is a blank. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		int value = 0, length = 0;

		if (*text == '\\' &&
		    sscanf(text + 1, "%3o%n", (unsigned *)&value, &length) &&
		    length == 3) {
			*to++ = (char)value;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* A line of mountinfo: "36 35 0:4 net:[4026532177] /run/netns/x rw - nsfs" */
static int visit_mount(struct state *state, const char *process,
		       const char *line)
{
	char place[PATH_MAX], path[PATH_MAX + 64];
	unsigned long long inode;
	struct netns_seen seen = { .path = path, .fd = -1 };

	if (sscanf(line, "%*d %*d %*s net:[%llu] %4095s", &inode, place) != 2)
		return 0;
	unescape(place);
	snprintf(path, sizeof(path), "%.40s/root%s", process, place);
	seen.inode = inode;
	return state->walk->visit(&seen, state->walk->data);
}

static int visit_mounts(struct state *state, const char *process)
{
	char path[PATH_MAX + 16], *line = NULL;
	size_t size = 0;
	struct stat st;
	FILE *file;
	int found = 0;

	snprintf(path, sizeof(path), "%s/ns/mnt", process);
	if (!stat(path, &st) && seen_before(state, st.st_ino))
		return 0;
	snprintf(path, sizeof(path), "%s/mountinfo", process);
	file = fopen(path, "re");
	if (!file) {
		miss(state, errno);
		return 0;
	}
	errno = 0;
	while (!found && getline(&line, &size, file) >= 0)
		found = visit_mount(state, process, line);
	if (!found && errno)
		miss(state, errno);
	free(line);
	fclose(file);
	return found;
}

/* ---- descriptors -------------------------------------------------------- */

/* The namespace of a socket of another process, or a negative errno. */
static int open_by_socket(unsigned long pid, const char *fd)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0);
	int netns = -1, copy = -1, err = errno;

	if (process < 0)
		return -err;
	copy = (int)syscall(SYS_pidfd_getfd, process,
			    atoi(strrchr(fd, '/') + 1), 0);
	err = errno;
	close(process);
	if (copy < 0)
		return -err;
	netns = ioctl(copy, SIOCGSKNS);
	err = errno;
	close(copy);
	return netns < 0 ? -err : netns;
}

static int visit_socket(struct state *state, const char *fd)
{
	struct netns_seen seen = { .fd = open_by_socket(pid_of(fd), fd) };
	struct stat st;
	int found = 0;

	if (seen.fd < 0)
		miss(state, -seen.fd);
	if (seen.fd >= 0 && !fstat(seen.fd, &st)) {
		seen.inode = st.st_ino;
		found = state->walk->visit(&seen, state->walk->data);
	}
	if (seen.fd >= 0)
		close(seen.fd);
	return found;
}

static int visit_fd(struct state *state, const char *fd)
{
	char target[64];
	ssize_t length = readlink(fd, target, sizeof(target) - 1);

	if (length < 0) {
		miss(state, errno);
		return 0;
	}
	target[length] = '\0';
	if (!strncmp(target, "net:[", 5))
		return visit_path(state, fd);
	if (!strncmp(target, "socket:[", 8) || !strcmp(target, "/dev/net/tun"))
		return visit_socket(state, fd);
	return 0;
}

static int visit_inside(struct state *state, const char *process)
{
	char path[PATH_MAX + 8];
	int found;

	if (is_excepted(state->walk, process))
		return 0;
	snprintf(path, sizeof(path), "%s/task", process);
	found = for_each(state, path, true, visit_task);
	snprintf(path, sizeof(path), "%s/fd", process);
	return found ? found : for_each(state, path, true, visit_fd);
}

int netns_walk(const struct netns_walk *walk)
{
	struct state state = { .walk = walk };
	int found = for_each(&state, "/run/netns", false, visit_path);

	if (!found)
		found = for_each(&state, "/proc", true, visit_task);
	if (!found)
		found = for_each(&state, "/proc", true, visit_mounts);
	if (!found)
		found = for_each(&state, "/proc", true, visit_inside);
	return found ? found : state.missed;
}
