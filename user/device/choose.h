/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is to hold the packets of a device. */
#pragma once

#include "device.h"

/*
 * Fills holder and held_max of @record: as @options say, or the best that this
 * kernel has, if it has any. Notes which and why. FL_EXIT_*.
 */
int choose_holder(struct fl_device *record,
		  const struct device_attach_options *options, __u32 mtu,
		  struct device_attach_report *report, struct fl_error *error);

/* Why a device that was attached got nobody to hold its packets. */
void choose_why_nobody(char *why, size_t size);
