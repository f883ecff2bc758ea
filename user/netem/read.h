/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "reader.h"
#include "request.h"

/*
 * Reads the remaining words, which are netem's, into @request. 0, or an enum
 * fl_exit and the reader's error.
 */
int netem_read(struct reader *in, struct netem_request *request);
