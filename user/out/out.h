/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plain structs -> stdout, as text for people or JSON for programs. Whoever
 * writes much looks at out_failed() now and then; the final check is main's.
 * The JSON functions return 0, or FL_EXIT_ERROR with @error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "stats/flowsort.h"
#include "probe/probe.h"
#include "stats/rates.h"
#include "stats/sample.h"
#include "stats/table.h"

/* stdout cannot be written to any more: there is no point in going on. */
bool out_failed(void);

struct out_attach {
	const struct sample_device *device;
	const char *pins;
	__u64 table_bytes;
	__u32 held_max; /* packets held at once */
	const char *notes[16];
	size_t note_count;
};

void out_attach_text(const struct out_attach *attach);
int out_attach_json(const struct out_attach *attach, struct fl_error *error);

struct out_detach {
	const char *device; /* NULL: all */
	unsigned int count;
	__u64 lost;	       /* packets that were held */
	const char *leftovers; /* "" or what could not be put back */
};

int out_detach_json(const struct out_detach *detach, struct fl_error *error);

int out_add_json(const char *device, const struct fl_rule *rules, size_t count,
		 struct fl_error *error);
/* A rule for add, and @count remarks about it. */
int out_netem_json(const char *device, const struct fl_rule *rule,
		   const char *const remarks[], size_t count,
		   struct fl_error *error);
int out_del_json(const char *device, size_t deleted, struct fl_error *error);

struct out_doctor {
	const char *device; /* or NULL */
	const struct probe_result *host, *nic;
	size_t host_count, nic_count;
	bool ready; /* nothing is PROBE_BAD */
};

void out_doctor_text(const struct out_doctor *doctor);
int out_doctor_json(const struct out_doctor *doctor, struct fl_error *error);

/* Lines that add takes back. */
void out_list_text(const struct sample *sample);
int out_list_json(const struct sample *sample, struct fl_error *error);

void out_stats_text(const struct stats_table *table);
int out_stats_json(const struct stats_table *table, struct fl_error *error);

/* With the column heads when @head, or when there are other columns than
 * before. */
void out_rates_text(const struct rates *rates, bool head);

/*
 * Flows in @order. @match is the filter as words, or "". @before: the sample
 * before, its flows sorted by flowsort_by_key(), for the rates; or NULL.
 */
struct out_flows {
	const struct sample_flows *sample;
	struct fl_tally tally; /* of @sample, both directions */
	const __u32 *order;    /* indices into sample->flows */
	size_t count;
	enum flow_column sort;
	const char *match;
	bool rates; /* show them; without @before as unknown */
	const struct sample_flows *before;
};

void out_flows_text(const struct out_flows *flows);
int out_flows_json(const struct out_flows *flows, struct fl_error *error);
