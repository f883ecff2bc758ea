/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strict numbers with units: the whole word must be the number. Every parser
 * returns 0, or -EINVAL (not of that form) or -ERANGE (outside the limits
 * named here), and leaves its output untouched on failure. Every printer
 * writes the shortest form that its parser reads back to the same value.
 */
#pragma once

#include <stddef.h>

#include <linux/types.h>

/* Plain decimal, min..max. */
int unit_parse_uint(const char *word, __u64 min, __u64 max, __u64 *value);

/* "1%", "0.5%", "100%" -> fraction of 2^32-1, nearest; a bare number is
 * refused (netem users write "loss 1": ambiguous). 0%..100%. -EDOM for what
 * would be rounded to 0% or 100% and is neither. */
int unit_parse_percent(const char *word, __u32 *fraction_u32);
size_t unit_print_percent(__u32 fraction_u32, char *text, size_t size);

/* "30s", "1.5ms", "10m", "2h", "1d", "100us", "5ns"; a unit is required
 * (m is minutes, as in sleep(1)). 1 ns..2^63-1 ns, whole nanoseconds. Printed
 * as "100ms" rather than "0.1s"; 0 as "0s", which is not read back. */
int unit_parse_time(const char *word, __u64 *time_ns);
size_t unit_print_time(__u64 time_ns, char *text, size_t size);
/* The same, and also no time at all: "0s", "0ms" and so on. */
int unit_parse_time0(const char *word, __u64 *time_ns);

/* Takes tc's units in any case of letters: "10mbit", "1.5kibit", and in bytes
 * "2mbps"; a bare number is bits. 0..2^63-1, whole bits per second. Only bit
 * to tbit are printed. */
int unit_parse_rate(const char *word, __u64 *rate_bps);
size_t unit_print_rate(__u64 rate_bps, char *text, size_t size);

/* "N" or "N-M" with min <= N <= M <= max. */
int unit_parse_span(const char *word, __u32 min, __u32 max, __u32 *low,
		    __u32 *high);
/* The same, and also "N-": from N to 2^32-1, which is also the limit. */
int unit_parse_open_span(const char *word, __u32 min, __u32 *low, __u32 *high);
/* "N-" when @high is 2^32-1, for unit_parse_open_span() only. */
size_t unit_print_span(__u32 low, __u32 high, char *text, size_t size);

/* "10.1.0.0/16", "fe80::1"; host bits are masked away in the result. */
struct fl_prefix;
int unit_parse_prefix(const char *word, struct fl_prefix *prefix);
size_t unit_print_prefix(const struct fl_prefix *prefix, char *text,
			 size_t size);
