/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps for a block of FL_ID_BLOCK ids more: specs, mmapable, and counters. Each
 * returns a descriptor or a negative errno.
 */
#pragma once

#include <faultline/abi.h>

int obj_block_specs(void);
int obj_block_counts(void);

/* The programs count there from now on: @blocks_fd is of map "counts_more". 0
 * or a negative errno. */
int obj_block_put(int blocks_fd, __u32 block, int counts_fd);
