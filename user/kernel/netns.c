/* SPDX-License-Identifier: GPL-2.0-only */
#include "netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netif.h"

#define SEEN_MAX 4096

struct search {
	__u64 cookie;
	int home;	     /* the namespace to come back to */
	const __u32 *except; /* processes that do not count */
	size_t except_count;
	ino_t seen[SEEN_MAX]; /* most processes share a few namespaces */
	size_t seen_count;
};

static bool seen_before(struct search *search, ino_t inode)
{
	for (size_t i = 0; i < search->seen_count; i++)
		if (search->seen[i] == inode)
			return true;
	if (search->seen_count < SEEN_MAX)
		search->seen[search->seen_count++] = inode;
	return false;
}

static int open_home(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A descriptor of the namespace at @path if it is the one, or -ENOENT. */
static int try_path(struct search *search, const char *path)
{
	struct stat st;
	__u64 cookie = 0;
	int fd;

	if (stat(path, &st) || seen_before(search, st.st_ino))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	if (!setns(fd, CLONE_NEWNET)) {
		(void)netif_netns_cookie(&cookie);
		netns_leave(search->home);
	}
	if (cookie == search->cookie)
		return fd;
	close(fd);
	return -ENOENT;
}

static bool is_excepted(const struct search *search, const char *name)
{
	unsigned long pid = strtoul(name, NULL, 10);

	for (size_t i = 0; i < search->except_count; i++)
		if (pid && search->except[i] == pid)
			return true;
	return false;
}

static int search_dir(struct search *search, const char *dir,
		      const char *suffix)
{
	struct dirent *dirent;
	DIR *entries = opendir(dir);
	int found = -ENOENT;
	char path[300];

	if (!entries)
		return -ENOENT;
	while (found < 0 && (dirent = readdir(entries))) {
		/* In /proc only numbers: "self" may be an excepted process. */
		if (dirent->d_name[0] == '.' ||
		    (*suffix && (!isdigit((unsigned char)dirent->d_name[0]) ||
				 is_excepted(search, dirent->d_name))))
			continue;
		snprintf(path, sizeof(path), "%s/%.128s%s", dir, dirent->d_name,
			 suffix);
		found = try_path(search, path);
	}
	closedir(entries);
	return found;
}

/* A descriptor of the namespace; -ENOENT when nobody keeps it alive. */
static int find(__u64 cookie, const __u32 *except, size_t except_count)
{
	static struct search search;
	int fd;

	search.cookie = cookie;
	search.except = except;
	search.except_count = except_count;
	search.seen_count = 0;
	search.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (search.home < 0)
		return -errno;
	fd = search_dir(&search, "/run/netns", "");
	if (fd < 0)
		fd = search_dir(&search, "/proc", "/ns/net");
	close(search.home);
	return fd;
}

bool netns_alive(__u64 cookie, const __u32 *except, size_t except_count)
{
	int fd = find(cookie, except, except_count);

	if (fd >= 0)
		close(fd);
	return fd != -ENOENT;
}

/* Whether this thread is in the namespace of the descriptor @fd. */
static bool is_current(int fd)
{
	struct stat ours, there;

	return !stat("/proc/thread-self/ns/net", &ours) && !fstat(fd, &there) &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int netns_switch(int fd)
{
	if (!setns(fd, CLONE_NEWNET))
		return 0;
	/* That takes no privilege. */
	return is_current(fd) ? 0 : -errno;
}

int netns_enter(__u64 cookie)
{
	int fd, home;
	__u64 own;

	if (!netif_netns_cookie(&own) && own == cookie)
		return open_home();
	fd = find(cookie, NULL, 0);
	if (fd < 0)
		return fd;
	home = open_home();
	if (home < 0 || setns(fd, CLONE_NEWNET)) {
		int err = home < 0 ? home : -errno;

		if (home >= 0)
			close(home);
		home = err;
	}
	close(fd);
	return home;
}

void netns_leave(int home)
{
	if (netns_switch(home))
		abort(); /* never work in the wrong namespace */
}

/* ---- many at once ------------------------------------------------------- */

static void mark_path(struct netns_mark *marks, size_t count, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return;
	for (size_t i = 0; i < count; i++)
		if (marks[i].inode == st.st_ino)
			marks[i].alive = true;
}

static void mark_dir(struct netns_mark *marks, size_t count, const char *dir,
		     const char *suffix)
{
	struct dirent *dirent;
	DIR *entries = opendir(dir);
	char path[300];

	while (entries && (dirent = readdir(entries))) {
		if (*suffix && !isdigit((unsigned char)dirent->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%s/%.128s%s", dir, dirent->d_name,
			 suffix);
		mark_path(marks, count, path);
	}
	if (entries)
		closedir(entries);
}

void netns_mark_alive(struct netns_mark *marks, size_t count)
{
	mark_dir(marks, count, "/run/netns", "");
	mark_dir(marks, count, "/proc", "/ns/net");
}
