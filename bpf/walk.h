/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who reads the ruleset says so, in its CPU's fl_run, before it looks which
 * half is in force. So a command that changes the rules need not wait for a
 * grace period until it may write the other half: it waits for those CPUs that
 * say so (obj_wait_walks()). As with owners (owner.h) no fence is needed
 * here, because the command gives the announcement time to become visible.
 */
#pragma once

#include "maps.h"

/* Not between two calls of a helper that sends packets: programs would nest. */
FL_INLINE void walk_step(void)
{
	struct fl_run *run = map_run();

	if (run)
		*(volatile __u32 *)&run->walks += 1;
}

/* The generation in force, whose half stays as it is until walk_end(). */
FL_GLOBAL __u32 walk_begin(void)
{
	walk_step();
	FL_IN_ORDER();
	return *(volatile __u32 *)&map_control()->generation;
}

FL_GLOBAL int walk_end(void)
{
	FL_IN_ORDER();
	walk_step();
	return 0;
}
