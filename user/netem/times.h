/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of netem that hold packets back: each function takes what follows
 * @word. 0, or an enum fl_exit and the reader's error.
 */
#pragma once

#include "reader.h"
#include "request.h"

int netem_take_delay(struct reader *in, const char *word,
		     struct netem_request *request);
int netem_take_reorder(struct reader *in, const char *word,
		       struct netem_request *request);
int netem_take_gap(struct reader *in, const char *word,
		   struct netem_request *request);
int netem_take_table(struct reader *in, const char *word,
		     struct netem_request *request);
int netem_take_rate(struct reader *in, const char *word,
		    struct netem_request *request);
int netem_take_slot(struct reader *in, const char *word,
		    struct netem_request *request);

/* Once all words are read: whether they go together, as tc has it. */
int netem_check_times(struct reader *in, const struct netem_request *request);
