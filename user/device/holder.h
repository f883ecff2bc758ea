/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who holds packets until they depart: a row of operations for each line of
 * holders.def, in holder_NAME.c.
 */
#pragma once

#include <stdbool.h>

#include "ways.h"

struct holder_ops {
	const char *by;	   /* who it is: "fq" */
	__u32 mtu_max;	   /* of a device whose packets it can hold */
	__u32 held_max;	   /* packets at once, without --held: at most */
	const char *qdisc; /* on the ways, or NULL: it needs none */

	/* Each way stands upon a device of its own, and packets come back at
	 * the egress of that one; otherwise at the ingress of the way. */
	bool has_base;

	/* Whether this kernel has it: 0, or a negative errno with @why not. */
	int (*probe)(char *why, size_t size);

	/* Makes both ways; and of one of them what it has to be, its qdisc too.
	 * Negative errno. */
	int (*add)(const struct fl_device *record);
	int (*fit)(const struct fl_device *record, __u32 ifindex);

	/* A process of ours that holds; NULL when the kernel does. Starts it,
	 * unless it runs: FL_EXIT_*. */
	int (*start)(const struct device *dev, struct fl_error *error);
	bool (*runs)(const struct fl_control *control);
	/* Fills @why, of one that does not run. */
	void (*check_run)(const struct fl_control *control, char *why,
			  size_t size);
	/* Ends it, with all that it holds. */
	void (*stop)(struct device *dev);

	/*
	 * Waits for packets that are held, as @options say, or not at all when
	 * they are NULL; then nobody holds any more. The rules are off.
	 */
	void (*drain)(struct device *dev,
		      const struct device_detach_options *options,
		      char *leftovers, size_t size);

	/* Packets of @side that were lost on their way through the ways that
	 * are there now, so far as their devices know. */
	__u64 (*lost)(const struct device *dev, enum fl_side side);
};

#define HOLDER(id, name, word, waits) \
	extern const struct holder_ops holder_##name;
#include <faultline/holders.def>
#undef HOLDER

/* NULL for FL_HOLDER_NONE. */
const struct holder_ops *holder_ops(enum fl_holder holder);

/* The same of the device of this record. */
const struct holder_ops *holder_of(const struct fl_device *record);

/* Whether a process of ours holds the packets of this device. */
bool holder_has_process(const struct fl_device *record);

/* The holder's word, for the user. */
const char *holder_word_of(const struct fl_device *record);
