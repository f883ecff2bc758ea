/* SPDX-License-Identifier: GPL-2.0-only */
/* What no rule may hit unless the user says so: the way back to the host. */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

/*
 * Fills @rules (room for FL_GUARDS_MAX) with the exemptions of @device as
 * rules without impairment, and returns how many: DHCP and the guarded ports.
 * ARP and neighbour discovery the parser keeps out by itself.
 */
size_t guard_rules(const struct fl_device *device, struct fl_rule *rules);

/* Adds @port to the device's guarded ports; full: the oldest goes. */
void guard_add_port(struct fl_device *device, __u16 port);
