/* SPDX-License-Identifier: GPL-2.0-only */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netif.h"
#include "netns_walk.h"

#define SEEN_MAX 4096
#define FOUND 1

static int open_own(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
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

void netns_leave(int home)
{
	if (netns_switch(home))
		abort(); /* never work in the wrong namespace */
}

/* ---- visiting ----------------------------------------------------------- */

struct tour {
	int home;
	/* In the namespace @fd. Not 0: enough. */
	int (*visit)(int fd, void *data);
	void *data;
	int missed;	      /* what could not be entered */
	__u64 seen[SEEN_MAX]; /* most processes share a few namespaces */
	size_t seen_count;
};

static bool seen_before(const struct tour *tour, __u64 inode)
{
	for (size_t i = 0; i < tour->seen_count; i++)
		if (tour->seen[i] == inode)
			return true;
	return false;
}

/* A descriptor of what was seen, or a negative errno; -ESTALE: something else
 * is at this path. */
static int open_seen(const struct netns_seen *seen)
{
	struct stat st;
	int fd, err = 0;

	if (seen->fd >= 0)
		fd = fcntl(seen->fd, F_DUPFD_CLOEXEC, 0);
	else
		fd = open(seen->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (st.st_ino != seen->inode)
		err = -ESTALE;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int enter_seen(const struct netns_seen *seen, void *data)
{
	struct tour *tour = data;
	int found = 0, fd;

	if (seen_before(tour, seen->inode))
		return 0;
	fd = open_seen(seen);
	if (fd < 0) {
		/* What has gone was not kept alive by this. */
		if (fd != -ENOENT && fd != -ESRCH)
			tour->missed = fd;
		return 0;
	}
	if (tour->seen_count < SEEN_MAX)
		tour->seen[tour->seen_count++] = seen->inode;
	if (!setns(fd, CLONE_NEWNET)) {
		found = tour->visit(fd, tour->data);
		netns_leave(tour->home);
	} else if (errno != EINVAL) { /* a file, no namespace */
		tour->missed = -errno;
	}
	close(fd);
	return found;
}

/* As netns_visit_all(); @except does not count. */
static int tour_all(int (*visit)(int fd, void *data), void *data,
		    const __u32 *except, size_t except_count)
{
	struct tour tour = { .visit = visit, .data = data };
	const struct netns_walk walk = {
		.except = except,
		.except_count = except_count,
		.visit = enter_seen,
		.data = &tour,
	};
	int found;

	tour.home = open_own();
	if (tour.home < 0)
		return tour.home;
	found = netns_walk(&walk);
	close(tour.home);
	return found ? found : tour.missed;
}

struct plain_visit {
	int (*visit)(void *data);
	void *data;
};

static int visit_plainly(int fd, void *data)
{
	const struct plain_visit *plain = data;

	(void)fd;
	return plain->visit(plain->data);
}

int netns_visit_all(int (*visit)(void *data), void *data)
{
	struct plain_visit plain = { visit, data };

	return tour_all(visit_plainly, &plain, NULL, 0);
}

/* ---- one ---------------------------------------------------------------- */

struct search {
	__u64 cookie;
	int fd; /* when it is found */
};

static int compare(int fd, void *data)
{
	struct search *search = data;
	__u64 cookie = 0;
	int err = netif_netns_cookie(&cookie);

	if (err)
		return err;
	if (cookie != search->cookie)
		return 0;
	search->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return search->fd < 0 ? -errno : FOUND;
}

/* A descriptor of the namespace; -ENOENT when nobody keeps it alive. */
static int find(__u64 cookie, const __u32 *except, size_t except_count)
{
	struct search search = { .cookie = cookie };
	int found = tour_all(compare, &search, except, except_count);

	if (found == FOUND)
		return search.fd;
	return found ? found : -ENOENT;
}

bool netns_alive(__u64 cookie, const __u32 *except, size_t except_count)
{
	int fd = find(cookie, except, except_count);

	if (fd >= 0)
		close(fd);
	return fd != -ENOENT;
}

int netns_enter(__u64 cookie)
{
	int fd, home, err = 0;
	__u64 own;

	if (!netif_netns_cookie(&own) && own == cookie)
		return open_own();
	fd = find(cookie, NULL, 0);
	if (fd < 0)
		return fd;
	home = open_own();
	if (home >= 0 && setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	if (!err)
		return home;
	close(home);
	return err;
}

/* ---- many at once ------------------------------------------------------- */

struct marking {
	struct netns_mark *marks;
	size_t count, left;
};

static int mark(const struct netns_seen *seen, void *data)
{
	struct marking *marking = data;

	for (size_t i = 0; i < marking->count; i++) {
		struct netns_mark *entry = &marking->marks[i];

		if (entry->inode != seen->inode || entry->alive)
			continue;
		entry->alive = true;
		marking->left--;
	}
	return !marking->left;
}

void netns_mark_alive(struct netns_mark *marks, size_t count,
		      const __u32 *except, size_t except_count)
{
	struct marking marking = { marks, count, count };
	const struct netns_walk walk = {
		.except = except,
		.except_count = except_count,
		.visit = mark,
		.data = &marking,
	};

	/* What cannot be known is taken for alive. */
	if (count && netns_walk(&walk) < 0)
		for (size_t i = 0; i < count; i++)
			marks[i].alive = true;
}
