/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What e2e_udp sends and e2e_recv expects: 32-bit words in network order, the
 * first the packet's number, each other one telling of it and of its place.
 * Any bit that changes is noticed from 8 bytes on.
 */
#pragma once

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include <linux/types.h>

static inline void pattern_fill(void *data, size_t size, __u32 number)
{
	__u8 *to = data;

	for (size_t at = 0; at < size; at += 4) {
		__u32 word = htonl(number ^ (__u32)(at / 4) * 0x9e3779b9u);

		memcpy(to + at, &word, size - at < 4 ? size - at : 4);
	}
}

/* Whether the data are as they were sent, and their number. */
static inline bool pattern_check(const void *data, size_t size, __u32 *number)
{
	static __u8 want[1 << 16];

	*number = 0;
	if (size < 4)
		return false;
	memcpy(number, data, 4);
	*number = ntohl(*number);
	pattern_fill(want, size, *number);
	return !memcmp(want, data, size);
}
