/* SPDX-License-Identifier: GPL-2.0-only */
/* What has to be known of a frame before the programs see it. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <faultline/abi.h>

/* Source address of the IP packet in an Ethernet frame with up to two tags,
 * as a prefix of full length; false when there is none. */
bool frame_source(const unsigned char *frame, size_t length,
		  struct fl_prefix *source);

/* Whether @address, of full length, lies in @prefix. */
bool frame_is_within(const struct fl_prefix *address,
		     const struct fl_prefix *prefix);
