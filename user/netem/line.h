/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "reader.h"
#include "request.h"

/*
 * Takes what stands in front of netem's own words: "tc qdisc add dev eth0 root
 * netem", an end of it, or nothing. @device is where the rule goes, which
 * "dev" must name. 0, or an enum fl_exit and the reader's error.
 */
int netem_read_line(const char *device, struct reader *in,
		    struct netem_request *request);
