/* SPDX-License-Identifier: GPL-2.0-only */
/* Traffic that no rule hits unless the user says so: the way to the host. */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

/*
 * Fills @rules (room for FL_GUARDS_MAX) with the exemptions of @device as
 * rules without impairment, and returns how many: DHCP and the guarded ports.
 * The parser itself exempts ARP and neighbour discovery.
 */
size_t guard_rules(const struct fl_device *device, struct fl_rule *rules);

/* Adds @port to the device's guarded ports, for the oldest if they are full. */
void guard_add_port(struct fl_device *device, __u16 port);
