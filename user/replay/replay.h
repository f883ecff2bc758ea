/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture through the real programs, which are run and not attached. FL_EXIT
 * codes with @error, as in device.h.
 */
#pragma once

#include "device/device.h"
#include "stats/sample_replay.h"

struct replay_options {
	const char *in, *out;  /* files; "-" is stdin, stdout */
	struct fl_rule *rules; /* get names and seeds */
	size_t rule_count;
	const struct fl_prefix *locals; /* what comes from there goes out */
	size_t local_count;		/* 0: all packets take one direction */
	__u32 flows;			/* 0: 65,536 */
	__u32 held; /* packets that may wait at once; 0: 262,144 */
	__u64 seed; /* of the device, as in attach */
};

/*
 * Fills @replay; free with sample_free(&replay->sample). Makes the file only
 * when all is ready, and leaves none when anything goes wrong. With
 * FL_EXIT_CUT_OFF the capture ended in a record: all is as with 0 for those
 * before it.
 */
int replay_run(const struct replay_options *options,
	       struct sample_replay *replay, struct fl_error *error);
