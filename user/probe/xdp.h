/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdbool.h>

#include "report.h"

#define PROBE_MTU_LINEAR 3500 /* about a page without XDP's headroom */

struct netif_link;

/* Reports native XDP, by the driver's name, and who has attached a program. */
void probe_xdp(struct probe_report *report, const struct netif_link *link);

/* Whether @link's driver is known to have native XDP; or known to lack it. */
int probe_has_native(const struct netif_link *link);
int probe_has_generic_only(const struct netif_link *link);

/* Whether it is known to have it for frames of more than PROBE_MTU_LINEAR
 * bytes, for which our programs are made. */
bool probe_has_frags(const struct netif_link *link);

/* Whether attach would have native XDP, so far as that can be known without
 * trying. */
bool probe_expects_native(const struct netif_link *link);

/* Whether a program or filter of that name is faultline's. */
int probe_is_ours(const char *name);
