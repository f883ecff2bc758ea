/* SPDX-License-Identifier: GPL-2.0-only */
/* What does not pass a device though it looks as if it did. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct netif_link;

/* Whether @link is a bridge, whose ports talk to each other without it; then
 * @ports are their names, or "none" so far. */
bool probe_passes_by(const struct netif_link *link, char *ports, size_t size);
