/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

/*
 * Whether any process, or any name under /run/netns, keeps the network
 * namespace of this cookie alive. True when that cannot be told.
 */
bool netns_alive(__u64 cookie);
