/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <linux/types.h>

/*
 * From XDP, which can neither copy nor answer, to our program at tc ingress:
 * in front of the packet. Its length is a multiple of 4.
 */
struct fl_ticket {
	__u32 magic;		/* low half of the device's seed, mixed */
	__u32 fate;
	__u32 draw;		/* which bit to corrupt */
	__u32 index;		/* of the flow, or ~0 */
	__u32 id;		/* of the counters */
};
