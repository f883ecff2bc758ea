/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command run by `ip netns exec` has a mount namespace of its own. Pins made
 * there would vanish with it, so that the fault, or worse half of it, would end
 * with the command. So the pins are made in the mount namespace of the eldest
 * ancestor: process 1, or the last before it that is in reach.
 */
#pragma once

#include <sys/types.h>

/* That ancestor; 0: its mounts are this process's; a negative errno when that
 * could not be looked at. */
pid_t mounts_owner(void);

/* Prefix of a path in those mounts. */
const char *mounts_root(void);

/* Runs @work, which returns 0 or a negative errno, in those mounts; returns
 * that. */
int mounts_work(int (*work)(void));
