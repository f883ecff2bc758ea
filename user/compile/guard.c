/* SPDX-License-Identifier: GPL-2.0-only */
#include "guard.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/in.h>

#include "base/proc.h"

#define GENERATIONS_MAX 32 /* of ancestors */

/* "client-address client-port server-address server-port" */
static __u16 ssh_port_of(const char *connection)
{
	unsigned port;

	if (sscanf(connection, "%*s %*u %*s %u", &port) != 1 || port > 65535)
		return 0;
	return (__u16)port;
}

static __u16 ssh_port_in(pid_t pid)
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
			return ssh_port_of(at + sizeof(name) - 1);
	return 0;
}

__u16 guard_ssh_port(void)
{
	const char *connection = getenv("SSH_CONNECTION");
	pid_t pid = getpid();
	__u16 port = connection ? ssh_port_of(connection) : 0;

	for (int i = 0; !port && pid > 1 && i < GENERATIONS_MAX; i++) {
		port = ssh_port_in(pid);
		pid = proc_parent(pid);
	}
	return port;
}

static struct fl_rule exemption(__u8 proto)
{
	struct fl_rule rule = { .directions = FL_DIR_BOTH };

	rule.match.present = 1u << FL_FIELD_PROTO;
	rule.match.proto = proto;
	return rule;
}

size_t guard_rules(const struct fl_device *device, struct fl_rule *rules)
{
	static const struct fl_ports dhcp[] = { { 67, 68 }, { 546, 547 } };
	size_t count = 0;

	if (device->no_guards)
		return 0;
	for (size_t i = 0; i < sizeof(dhcp) / sizeof(*dhcp); i++) {
		rules[count] = exemption(IPPROTO_UDP);
		/* DHCP uses its ports at both ends. Other traffic with one
		 * of them is not exempt. */
		rules[count].match.present |= 1u << FL_FIELD_SPORT |
					      1u << FL_FIELD_DPORT;
		rules[count].match.sport = dhcp[i];
		rules[count++].match.dport = dhcp[i];
	}
	for (size_t i = 0; i < FL_GUARD_PORTS; i++) {
		__u16 port = device->guard_ports[i];

		if (!port)
			continue;
		rules[count] = exemption(IPPROTO_TCP);
		rules[count].match.present |= 1u << FL_FIELD_LOCAL_PORT;
		rules[count].match.local_port.low = port;
		rules[count++].match.local_port.high = port;
	}
	return count;
}

void guard_add_port(struct fl_device *device, __u16 port)
{
	__u16 *ports = device->guard_ports;

	if (!port)
		return;
	for (size_t i = 0; i < FL_GUARD_PORTS; i++)
		if (ports[i] == port)
			return;
	memmove(ports + 1, ports, (FL_GUARD_PORTS - 1) * sizeof(*ports));
	ports[0] = port;
}
