/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <linux/types.h>

/*
 * TCP port of the SSH server through which this process was started, 0 when
 * there is none. Looks through the ancestors too: sudo cleans its environment.
 */
__u16 ssh_port(void);
