/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netem's keywords that hold packets: each function reads what follows @word.
 * 0, or an enum fl_exit and the reader's error.
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

/* After the last word: whether all can be combined. Same rules as tc. */
int netem_check_times(struct reader *in, const struct netem_request *request);
