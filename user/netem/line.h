/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "reader.h"
#include "request.h"

/*
 * Reads what precedes netem's own words: "tc qdisc add dev eth0 root netem", an
 * end of it, or nothing. @device gets the rule, and "dev" must name it. 0, or
 * an enum fl_exit and the reader's error.
 */
int netem_read_line(const char *device, struct reader *in,
		    struct netem_request *request);
