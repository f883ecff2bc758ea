/* SPDX-License-Identifier: GPL-2.0-only */
#include "ssh.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

#define GENERATIONS_MAX 32 /* of ancestors */

/* "client-address client-port server-address server-port" */
static __u16 port_of(const char *connection)
{
	unsigned port;

	if (sscanf(connection, "%*s %*u %*s %u", &port) != 1 || port > 65535)
		return 0;
	return (__u16)port;
}

static __u16 port_in(pid_t pid)
{
	static const char name[] = "SSH_CONNECTION=";
	static char environment[131072];
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, environment, sizeof(environment) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	environment[length] = 0;
	for (char *at = environment; at < environment + length;
	     at += strlen(at) + 1)
		if (!strncmp(at, name, sizeof(name) - 1))
			return port_of(at + sizeof(name) - 1);
	return 0;
}

static __u16 find_port(void)
{
	const char *connection = getenv("SSH_CONNECTION");
	pid_t pid = getpid();
	__u16 port = connection ? port_of(connection) : 0;

	for (int i = 0; !port && pid > 1 && i < GENERATIONS_MAX; i++) {
		port = port_in(pid);
		pid = proc_parent(pid);
	}
	return port;
}

__u16 ssh_port(void)
{
	static bool known;
	static __u16 port;

	if (!known)
		port = find_port();
	known = true;
	return port;
}
