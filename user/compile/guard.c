/* SPDX-License-Identifier: GPL-2.0-only */
#include "guard.h"

#include <string.h>

#include <linux/in.h>

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
