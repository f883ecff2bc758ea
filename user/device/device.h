/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs, without words: attach, rules, samples, detach. Prints nothing.
 * Every function returns 0 or an enum fl_exit with @error filled, and has
 * changed nothing when it fails.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "stats/sample.h"

struct device;

struct device_attach_options {
	const char *device;
	enum fl_mode mode; /* FL_MODE_AUTO by default */
	__u32 flows;	   /* 0: 65,536 */
	bool exact;
	bool seeded; /* seed was given */
	__u64 seed;
	bool no_guards;	       /* nothing is exempt */
	enum fl_holder holder; /* FL_HOLDER_NONE: the best there is */
	__u32 held;	       /* packets held at once; 0: by the memory */
};

/* What attach did, for the user to read. */
struct device_attach_report {
	struct sample_device device;
	char pins[4352];    /* directory */
	__u64 table_bytes;  /* of the flow table */
	__u32 held_max;	    /* packets held at once */
	char notes[8][200]; /* what was chosen and why, warnings */
	size_t note_count;
};

int device_attach(const struct device_attach_options *options,
		  struct device_attach_report *report, struct fl_error *error);

/* Whether this kernel takes our programs: loads all of them, and lets them go
 * again. */
int device_try(struct fl_error *error);

struct device_detach_options {
	const char *device; /* NULL: all of this network namespace's and
				 * every orphan */
	bool now;	    /* packets that are held are not waited for */
	/* Called before such a wait, which may last for so long. */
	void (*waiting)(const char *device, __u64 packets, __u64 wait_ns);
};

struct device_detach_report {
	unsigned devices;    /* detached now; 0: nothing was there */
	__u64 lost;	     /* packets that were held */
	char leftovers[200]; /* "" or what could not be put back */
};

int device_detach(const struct device_detach_options *options,
		  struct device_detach_report *report, struct fl_error *error);

/* Opens what attach left. FL_EXIT_ERROR "not attached" when nothing is. */
int device_open(const char *device, struct device **dev,
		struct fl_error *error);
void device_close(struct device *dev);

/* What the rules hold, by id * FL_SIDES + side, until the other call; NULL if
 * it cannot be mapped. */
struct fl_holding *device_holdings(struct device *dev);
void device_holdings_close(struct device *dev);
/* The rules, by id, in the same way. */
const struct fl_spec *device_specs(const struct device *dev);

/* Names of the attached devices of this network namespace, a malloced array
 * of malloced strings. */
int device_names(char ***names, size_t *count, struct fl_error *error);

/* The same for all devices that could be attached. */
int device_links(char ***names, size_t *count, struct fl_error *error);

/*
 * Adds @count rules at once: all or none. Gives names ("r1", "r2", ...) and
 * seeds to those without, and writes them back into @rules.
 */
int device_add_rules(struct device *dev, struct fl_rule *rules, size_t count,
		     struct fl_error *error);

/* Whether the rule counts packets, but decides on buffers that may stand for
 * several of them, which attach --exact would change. */
bool device_counts_buffers(const struct device *dev,
			   const struct fl_rule *rule);

/* Deletes the rules of these @names, all or none; @count 0 means every
 * rule. *@deleted is how many there were. */
int device_delete_rules(struct device *dev, char *const names[], size_t count,
			size_t *deleted, struct fl_error *error);

/*
 * Asks the kernel whether all that attach and add put up is still there, and
 * how the device is called now: fills the name of @device, "degraded" and why.
 * Asks once a second at most; in between says what it found.
 */
void device_health(struct device *dev, struct sample_device *device);

/* Fills @sample, but not "degraded"; free with sample_free(). */
int device_sample(struct device *dev, struct sample *sample,
		  struct fl_error *error);
void sample_free(struct sample *sample);

/* Whole flow table, merged and unsorted, but not "degraded"; free with
 * sample_flows_free(). With @match, only flows that its flow-level fields
 * match in either direction. */
int device_flows(struct device *dev, const struct fl_match *match,
		 struct sample_flows *flows, struct fl_error *error);
void sample_flows_free(struct sample_flows *flows);
