/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to this room: what a tc line requests of netem. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include <linux/types.h>

#include "base/error.h"

enum netem_model {
	NETEM_NO_LOSS,
	NETEM_RANDOM,
	NETEM_STATE,
	NETEM_GEMODEL,
};

#define NETEM_LOSS_MAX 5

/* Words as the user wrote them; NULL where they were not given. */
struct netem_request {
	enum netem_model model;
	__u32 loss[NETEM_LOSS_MAX]; /* in the order of the words */
	__u32 correlation;	    /* of NETEM_RANDOM */
	__u32 duplicate, corrupt;
	const char *ecn, *seed, *limit;
	__u32 limit_packets;
	__u64 delay_ns, jitter_ns;
	__u32 delay_correlation;
	const char *table; /* "" is uniform */
	__u32 reorder, reorder_correlation, gap;
	__u64 rate_bps;
	__s32 overhead, celloverhead;
	__u32 cell;
	bool slot;
	const char *slot_table;
	__u64 slot_min_ns, slot_max_ns; /* with a table: mean and sigma */
	__u32 slot_packets, slot_bytes; /* 0: any number */
	const char *parent;		/* a class, not "root" */
	const char *instead;		/* "change" and the like */
};

/* The remaining words, and what was read so far. */
struct netem_reader {
	int argc;
	char *const *argv;
	struct netem_request request;
	struct fl_error *error;
};

static inline const char *netem_next(struct netem_reader *in)
{
	in->argc--;
	return *in->argv++;
}

static inline bool netem_next_is(const struct netem_reader *in,
				 const char *word)
{
	return in->argc && !strcmp(in->argv[0], word);
}

static inline bool netem_next_is_number(const struct netem_reader *in)
{
	return in->argc && in->argv[0][0] >= '0' && in->argv[0][0] <= '9';
}

/* "@word needs @what". */
int netem_needs(struct netem_reader *in, const char *word, const char *what);

/* A percentage, as a fraction of 2^32-1. */
int netem_take_u32(struct netem_reader *in, const char *word, __u32 *value);

/* Up to @count percentages; the last ones may be left out. */
int netem_take_more(struct netem_reader *in, const char *word, __u32 *values,
		    int count);

/* tc's get_size(): a number with or without a unit. False when it is none. */
bool netem_parse_size(const char *word, double *size);

/* Read what follows @word, a keyword of an impairment that holds packets. */
int netem_take_delay(struct netem_reader *in, const char *word);
int netem_take_reorder(struct netem_reader *in, const char *word);
int netem_take_gap(struct netem_reader *in, const char *word);
int netem_take_table(struct netem_reader *in, const char *word);
int netem_take_rate(struct netem_reader *in, const char *word);
int netem_take_slot(struct netem_reader *in, const char *word);

/* Whether these keywords can be combined; same rules as tc. */
int netem_check_times(struct netem_reader *in);

/* tc's matches(), except that an empty word matches nothing. */
static inline bool netem_abbreviates(const char *word, const char *name)
{
	return *word && !strncmp(word, name, strlen(word));
}

/*
 * What stands in front of netem's own words, "tc qdisc add dev eth0 root
 * netem" or an end of it or nothing: *@taken is how many words. 0, or an enum
 * fl_exit and @error.
 */
int netem_read_line(const char *device, int argc, char *const argv[],
		    struct netem_request *request, int *taken,
		    struct fl_error *error);

/* netem's own words. 0, or an enum fl_exit and @error. */
int netem_read(int argc, char *const argv[], struct netem_request *request,
	       struct fl_error *error);
