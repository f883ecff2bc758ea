/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of a pcapng, which are in the order of bytes of its section. */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

static inline __u16 ng_get16(const unsigned char *at, bool big)
{
	return (__u16)(big ? at[0] << 8 | at[1] : at[1] << 8 | at[0]);
}

static inline __u32 ng_get32(const unsigned char *at, bool big)
{
	__u32 low = ng_get16(at + (big ? 2 : 0), big);

	return (__u32)ng_get16(at + (big ? 0 : 2), big) << 16 | low;
}

static inline __u64 ng_get64(const unsigned char *at, bool big)
{
	__u64 low = ng_get32(at + (big ? 4 : 0), big);

	return (__u64)ng_get32(at + (big ? 0 : 4), big) << 32 | low;
}

static inline void ng_put16(unsigned char *at, __u16 number, bool big)
{
	at[big] = (unsigned char)number;
	at[!big] = (unsigned char)(number >> 8);
}

static inline void ng_put32(unsigned char *at, __u32 number, bool big)
{
	ng_put16(at + (big ? 2 : 0), (__u16)number, big);
	ng_put16(at + (big ? 0 : 2), (__u16)(number >> 16), big);
}

/* To a whole number of words. */
static inline __u32 ng_padded(__u32 length)
{
	return (length + 3) & ~3u;
}
