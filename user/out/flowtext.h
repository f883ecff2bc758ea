/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a flow as words; quick, because flows come by the million. */
#pragma once

#include "stats/sample.h"

#define FLOWTEXT_ADDRESS_MAX 46 /* with NUL */
#define FLOWTEXT_ENDPOINT_MAX 56

/* "tcp", or the number: the word that rules have for it. */
const char *flowtext_proto(__u8 proto);

/* Without brackets. Return the length. */
size_t flowtext_local(const struct sample_flow *flow,
		      char text[FLOWTEXT_ADDRESS_MAX]);
size_t flowtext_remote(const struct sample_flow *flow,
		       char text[FLOWTEXT_ADDRESS_MAX]);

/*
 * "10.0.0.1:443", "[fd00::1]:443"; later fragments "10.0.0.1:frag", protocols
 * without ports the address alone.
 */
size_t flowtext_local_end(const struct sample_flow *flow,
			  char text[FLOWTEXT_ENDPOINT_MAX]);
size_t flowtext_remote_end(const struct sample_flow *flow,
			   char text[FLOWTEXT_ENDPOINT_MAX]);
