/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <linux/types.h>

/*
 * TCP port of the SSH server through which this process was started, 0 if there
 * is none. Searches the ancestors too, because sudo cleans the environment, but
 * only once.
 */
__u16 ssh_port(void);
