/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "report.h"

/* Reports which parts the kernel has, one result for each, and which holder
 * they allow. */
void probe_kernel_parts(struct probe_report *report);

/* The holder that attach would choose, or FL_HOLDER_NONE; @why not the first of
 * them. */
enum fl_holder probe_engine(char *why, size_t size);
