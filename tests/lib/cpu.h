/* SPDX-License-Identifier: GPL-2.0-only */
/* On which CPU a thread of a test runs. */
#pragma once

#include <sched.h>
#include <stdlib.h>

/* The calling thread stays on @cpu. */
static inline void cpu_pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		abort();
}
