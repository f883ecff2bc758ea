/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "report.h"

/* Reports which parts the kernel has, one result for each, and which holder
 * they allow. */
void probe_kernel_parts(struct probe_report *report);
