/* SPDX-License-Identifier: GPL-2.0-only */
#include <netinet/in.h>
#include <string.h>

#include "compile/guard.h"
#include "lib/tap.h"

static void test_ports(void)
{
	struct fl_device device = { 0 };

	guard_add_port(&device, 22);
	guard_add_port(&device, 0);
	guard_add_port(&device, 2222);
	guard_add_port(&device, 22);
	tap_ok(device.guard_ports[0] == 2222 && device.guard_ports[1] == 22 &&
		       !device.guard_ports[2],
	       "each port once, the latest first, and none of 0");
	for (__u16 port = 1; port < FL_GUARD_PORTS; port++)
		guard_add_port(&device, port);
	tap_ok(device.guard_ports[0] == FL_GUARD_PORTS - 1 &&
		       device.guard_ports[FL_GUARD_PORTS - 1] == 2222,
	       "the oldest goes where there is no room");
}

static bool is_dhcp(const struct fl_rule *rule, __u16 low, __u16 high)
{
	return rule->match.present ==
		       (1u << FL_FIELD_PROTO | 1u << FL_FIELD_SPORT |
			1u << FL_FIELD_DPORT) &&
	       rule->match.proto == IPPROTO_UDP &&
	       rule->match.sport.low == low && rule->match.sport.high == high &&
	       rule->match.dport.low == low && rule->match.dport.high == high;
}

static bool is_ssh(const struct fl_rule *rule, __u16 port)
{
	return rule->match.present ==
		       (1u << FL_FIELD_PROTO | 1u << FL_FIELD_LOCAL_PORT) &&
	       rule->match.proto == IPPROTO_TCP &&
	       rule->match.local_port.low == port &&
	       rule->match.local_port.high == port;
}

static void test_rules(void)
{
	struct fl_device device = { .guard_ports = { [1] = 22, [3] = 2222 } };
	struct fl_rule rules[FL_GUARDS_MAX];
	size_t count = guard_rules(&device, rules);
	bool bare = true;

	tap_is_u64(count, 4, "DHCP of both families, and two ports");
	tap_ok(is_dhcp(&rules[0], 67, 68), "DHCP");
	tap_ok(is_dhcp(&rules[1], 546, 547), "DHCPv6");
	tap_ok(is_ssh(&rules[2], 22) && is_ssh(&rules[3], 2222),
	       "the ports, wherever they stand");
	for (size_t i = 0; i < count; i++)
		bare &= !rules[i].impair_count &&
			rules[i].directions == FL_DIR_BOTH;
	tap_ok(bare, "they do nothing, in both directions");
	device.no_guards = 1;
	tap_is_u64(guard_rules(&device, rules), 0, "none with --no-guards");
}

int main(void)
{
	test_ports();
	test_rules();
	return tap_done();
}
