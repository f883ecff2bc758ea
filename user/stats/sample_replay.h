/* SPDX-License-Identifier: GPL-2.0-only */
/* What a replay did. Plain, as sample.h. */
#pragma once

#include "sample.h"
#include "sample_capture.h"

struct sample_replay {
	struct sample sample; /* the rules in order of matching; of its
				 * device only seed and flows_max */
	struct sample_capture capture;
	__u64 packets; /* in the capture; the programs saw these less
			  * too_short */
	__u64 written;
	__u64 too_short; /* for the kernel to run: passed */
	__u64 cut;	 /* shorter in the capture than on the wire */
	bool sided;	 /* --local said which went out */
	bool out;	 /* if not, all did */
};
