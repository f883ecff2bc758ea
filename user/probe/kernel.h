/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "report.h"

/* Which parts of the kernel are there, one result for each, and who can hold
 * packets with them. */
void probe_kernel_parts(struct probe_report *report);
