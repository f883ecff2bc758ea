/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel says whether it has something only when it is asked to do it: a
 * child does, in a network namespace that goes with it. A module that this
 * takes is loaded. 0, or a negative errno with @why not.
 */
#pragma once

#include <stdbool.h>

#include <stddef.h>

int probe_try_fq(char *why, size_t size);
int probe_try_tap(char *why, size_t size);

struct netif_link;

/* Whether XDP on the device, whose driver is in @link, can leave something for
 * tc to do with a packet. What is unknown is taken for yes. */
bool probe_has_tickets(const struct netif_link *link);
