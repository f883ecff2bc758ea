/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule asks of the packets that it holds. Pure. */
#pragma once

#include <stdbool.h>

#include <faultline/abi.h>

/*
 * The mean delay in the long run: as the words of @rule say it, and over all
 * that depart.h may draw. @tables: the device's, FL_TABLES of them. False when
 * it is not known beforehand: it depends on the traffic, or the numbers are
 * too much correlated to be spread evenly.
 */
bool sample_asked_delay(const struct fl_rule *rule,
			const struct fl_table *tables, double *asked_ns,
			double *expected_ns);
