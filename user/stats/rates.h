/* SPDX-License-Identifier: GPL-2.0-only */
/* What happened between two tables of the same device. */
#pragma once

#include "table.h"

struct rates_row {
	const char *name; /* of a rule; NULL: all traffic */
	__u32 directions; /* FL_DIR_* */
	bool known;	  /* gained is valid: it was there before, and has
				 * not begun anew since */
	struct {
		__u64 packets, dropped, delayed;
	} gained;		      /* since the table before */
	__u64 packets, dropped, held; /* up to now */
	bool has_delay;		      /* delay_ns is valid */
	double delay_ns;	      /* mean over those let go since then */
};

struct rates {
	__u64 time_ns;	   /* CLOCK_REALTIME of the later table */
	__u64 interval_ns; /* between them; 0 when that is not known */
	bool holds;	   /* a rule holds packets: delays are looked at */
	bool holds_anew;   /* not as in the table before */
	bool degraded_anew;
	struct rates_row *rows; /* all traffic in and out, then the rules */
	size_t count;
};

/* @before may be NULL. Names are @now's, which must outlive @rates;
 * rates_free() frees it. 0 or -ENOMEM. */
int rates_make(const struct stats_table *now, const struct stats_table *before,
	       struct rates *rates);
void rates_free(struct rates *rates);
