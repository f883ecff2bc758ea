/* SPDX-License-Identifier: GPL-2.0-only */
/* For the netem_*.c files only: what a tc line asks of netem. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include <linux/types.h>

#include "error.h"

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
	__u32 loss[NETEM_LOSS_MAX];	/* in the order of the words */
	__u32 correlation;		/* of NETEM_RANDOM */
	__u32 duplicate, corrupt;
	const char *ecn, *seed, *limit;
	const char *parent;		/* a class, not "root" */
	const char *instead;		/* "change" and the like */
};

/* tc's matches(), but that no letter at all is no word. */
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
