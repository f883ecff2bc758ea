/* SPDX-License-Identifier: GPL-2.0-only */
/* Time in the unit of an interface, and in ns. Pure. */
#pragma once

#include <linux/types.h>

struct ng_clock {
	__u8 resolution; /* if_tsresol as the file has it */
	__s64 offset_s;	 /* if_tsoffset */
};

#define NG_MICROSECONDS 6 /* where the file says nothing */

/* Since 1970, and never before; nor after 2262, so that delays can be added. */
__u64 ng_time_ns(const struct ng_clock *clock, __u64 ticks);
/* Rounded to the unit; what is later than can be said is as late as can be. */
__u64 ng_time_ticks(const struct ng_clock *clock, __u64 time_ns);
