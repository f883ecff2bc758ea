/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's clocks in nanoseconds. */
#pragma once

#include <linux/types.h>

__u64 clock_now_ns(void);  /* CLOCK_MONOTONIC: as bpf_ktime_get_ns() */
__u64 clock_boot_ns(void); /* CLOCK_BOOTTIME: runs while asleep, too */
__u64 clock_real_ns(void); /* CLOCK_REALTIME: since 1970 */
