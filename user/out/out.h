/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs say, as plain structs, and the formats that it is said in.
 * Which one is chosen once, by main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "stats/flowsort.h"
#include "probe/probe.h"
#include "stats/rates.h"
#include "stats/sample.h"
#include "stats/sample_replay.h"
#include "stats/table.h"

struct out_doctor {
	const char *device; /* or NULL */
	const struct probe_result *host, *nic;
	size_t host_count, nic_count;
	bool ready;			     /* nothing is PROBE_BAD */
	const struct probe_outlook *outlook; /* by kind, with a device */
};

struct out_attach {
	const struct sample_device *device;
	const char *pins;
	__u64 table_bytes;
	__u32 held_max; /* packets held at once */
	const char *notes[16];
	size_t note_count;
};

struct out_add {
	const char *device;
	const struct fl_rule *rules;
	/* For each rule: the rate that netem's correlation makes of its loss,
	 * or below 0 where the rate stays as it was said. */
	const double *drift;
	/* And whether it counts buffers where it was asked for packets. */
	const bool *counts_buffers;
	size_t count;
};

struct out_del {
	const char *device;
	size_t count;
};

/* A rule for add, and remarks about it. */
struct out_netem {
	const char *device;
	const struct fl_rule *rule;
	const char *const *remarks;
	size_t remark_count;
};

struct out_detach {
	const char *device; /* NULL: all */
	unsigned int count;
	__u64 lost;	       /* packets that were held */
	const char *leftovers; /* "" or what could not be put back */
};

/* One beat of stats -w. */
struct out_beat {
	const struct stats_table *table;
	const struct rates *rates; /* since the beat before */
	bool head;		   /* the heads of columns are due again */
};

/* Flows in @order. @match is the filter as words, or "". */
struct out_flows {
	const struct sample_flows *sample;
	struct fl_tally tally; /* of @sample, both directions */
	const __u32 *order;    /* indices into sample->flows */
	size_t count;
	enum flow_column sort;
	const char *match;
	bool rates; /* show them; without @before as unknown */
	/* The sample before, its flows sorted by flowsort_by_key(); or NULL. */
	const struct sample_flows *before;
};

struct out_replay {
	const struct sample_replay *replay;
	const struct stats_table *table; /* of replay->sample */
};

/*
 * A format. Each function prints one document on stdout, and returns 0, or an
 * enum fl_exit with @error. Whether stdout could be written to is for main to
 * find in the end.
 */
struct out_ops {
	const char *name;
	/* A reader is there: rates, remarks, a screenful at a time. Else
	 * stdout is one document after the other, which say everything. */
	bool for_people;
	int (*doctor)(const struct out_doctor *doctor, struct fl_error *error);
	int (*attach)(const struct out_attach *attach, struct fl_error *error);
	int (*add)(const struct out_add *add, struct fl_error *error);
	int (*del)(const struct out_del *del, struct fl_error *error);
	int (*list)(const struct sample *sample, struct fl_error *error);
	int (*stats)(const struct stats_table *table, struct fl_error *error);
	int (*beat)(const struct out_beat *beat, struct fl_error *error);
	int (*flows)(const struct out_flows *flows, struct fl_error *error);
	int (*netem)(const struct out_netem *netem, struct fl_error *error);
	int (*replay)(const struct out_replay *replay, struct fl_error *error);
	int (*detach)(const struct out_detach *detach, struct fl_error *error);
	void (*error)(const struct fl_error *error);
};
