/* SPDX-License-Identifier: GPL-2.0-only */
/* What a replay did. Plain, as sample.h. */
#pragma once

#include "sample.h"

struct sample_replay {
	struct sample sample; /* the rules in order of matching; of its
				 * device only seed and flows_max */
	__u64 packets;	      /* in the capture; the programs saw these less
				 * too_short and too_long */
	__u64 written;
	__u64 too_short, too_long; /* for the kernel to run: passed */
	__u64 cut;  /* by the capture: passed, when in their IP */
	bool sided; /* --local said which went out */
	bool out;   /* if not, all did */
};
