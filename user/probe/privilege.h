/* SPDX-License-Identifier: GPL-2.0-only */
/* Which verbs have the capabilities that they need. */
#pragma once

#include "report.h"

void probe_privileges(struct probe_report *report);
