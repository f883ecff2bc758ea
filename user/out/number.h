/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people read them. All return @text, or what is as good. */
#pragma once

#include <linux/types.h>

#define OUT_NUMBER_MAX 28

/* "1,234,567" */
const char *out_number(char text[OUT_NUMBER_MAX], __u64 number);

/* The same while it fits @width columns (4 at least), then "1.23M". */
const char *out_short(char text[OUT_NUMBER_MAX], __u64 number,
		      unsigned int width);

/* "1.23 MB", powers of 1,000; at most seven columns. */
const char *out_bytes(char text[OUT_NUMBER_MAX], __u64 bytes);

/* "9m58s", "1.2s": two units, cut off and not rounded. */
const char *out_time(char text[OUT_NUMBER_MAX], __u64 time_ns);

/* "20.01ms", "1.234ms", "107.2us": three digits or more, at most eight columns
 * below 1,000 s. */
const char *out_delay(char text[OUT_NUMBER_MAX], double time_ns);
/* "19.97-20.05ms" */
const char *out_delay_span(char text[OUT_NUMBER_MAX], double low_ns,
			   double high_ns);

/* As people say it: "20ms", "1.5us", "0s". */
const char *out_delay_asked(char text[OUT_NUMBER_MAX], double time_ns);

/* "1.012%"; 0% and 100% only when it is exactly that. */
const char *out_percent(char text[OUT_NUMBER_MAX], double ratio);

/* As people say it: "1%", "0.05%", "14.2857%". */
const char *out_percent_asked(char text[OUT_NUMBER_MAX], double ratio);

/* Events per second; "-" when @ns is 0. */
const char *out_rate(char text[OUT_NUMBER_MAX], __u64 events, __u64 ns,
		     unsigned int width);
