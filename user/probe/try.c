/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which holders work here. A kernel shows what it has only when asked to do it,
 * so a child tries, in a network namespace that ends with it.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/netif.h"

#define LOOPBACK 1 /* the index of lo in every namespace */

/* Without CAP_SYS_ADMIN by way of a user namespace. */
static int leave_network(void)
{
	int err = unshare(CLONE_NEWNET);

	return err && errno == EPERM ? unshare(CLONE_NEWUSER | CLONE_NEWNET) :
				       err;
}

/* Everything that is later requested of sch_fq. */
static int try_fq(void)
{
	const struct netif_fq fq = {
		.limit = 1000,
		.horizon_us = ~0u,
		.buckets_log = 1,
		.orphan_mask = 1,
		.timer_slack_ns = 1000,
	};

	if (leave_network())
		return errno;
	return -netif_fq_set(LOOPBACK, &fq);
}

static int try_macvlan(void)
{
	int err;

	if (leave_network())
		return errno;
	err = netif_pair_add("one", "two");
	return err ? -err : -netif_macvlan_add("three", "one");
}

/* A user namespace would take away what opens the file: to open it is then all
 * that can be tried. */
static int try_tap(void)
{
	int err = unshare(CLONE_NEWNET) ? errno : 0;

	if (err == EPERM)
		return open("/dev/net/tun", O_RDWR | O_CLOEXEC) < 0 ? errno : 0;
	if (err)
		return err;
	return -netif_tap_add("one", 1);
}

/* @try returns 0 or a positive errno, this 0 or a negative one. */
static int in_child(int (*try)(void))
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (!child)
		_exit(try() & 255);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int fail(int err, const char *what, char *why, size_t size)
{
	*why = '\0';
	if (err == -ENOENT || err == -EAFNOSUPPORT || err == -EOPNOTSUPP)
		snprintf(why, size, "this kernel has no %s", what);
	else if (err == -EPERM)
		snprintf(why, size,
			 "%s could not be tried: this needs CAP_SYS_ADMIN and "
			 "CAP_NET_ADMIN",
			 what);
	else if (err)
		snprintf(why, size, "%s could not be tried: %s", what,
			 strerror(-err));
	return err;
}

int probe_try_fq(char *why, size_t size)
{
	int err = fail(in_child(try_macvlan), "macvlan devices upon veth", why,
		       size);

	return err ? err : fail(in_child(try_fq), "sch_fq", why, size);
}

int probe_try_tap(char *why, size_t size)
{
	return fail(in_child(try_tap), "/dev/net/tun", why, size);
}

/* tun: since 6.15. */
bool probe_has_tickets(const struct netif_link *link)
{
	unsigned major = 0, minor = 0;
	struct utsname name;

	if (strcmp(link->driver, "tun") || uname(&name) ||
	    sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return true;
	return major > 6 || (major == 6 && minor >= 15);
}
