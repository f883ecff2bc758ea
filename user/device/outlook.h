/* SPDX-License-Identifier: GPL-2.0-only */
/* What add would say to each impairment, without adding it. */
#pragma once

#include <faultline/abi.h>

#include "probe/probe.h"

/*
 * Fills @list by enum fl_impair_kind, from 1 on: of @device as it is attached,
 * or as attach would attach it without options. With @obstacle, which is why
 * attach would fail, nothing works that is not attached.
 */
void device_outlook(const char *device, const char *obstacle,
		    struct probe_outlook list[FL_IMPAIR_KINDS]);
