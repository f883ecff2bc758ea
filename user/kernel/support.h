/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this kernel takes BPF programs, by loading the smallest. 1: yes, 0:
 * no, or -errno where it cannot be tried.
 */
#pragma once

#include <linux/bpf.h>

int support_programs(enum bpf_prog_type type);

/* Whether the kernel compiles them. */
int support_jit(void);
