/* SPDX-License-Identifier: GPL-2.0-only */
#include "number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_SEC 1000000000ull

const char *out_number(char text[OUT_NUMBER_MAX], __u64 number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", number);
	char *to = text;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

/* "1.23M", "12.3M", "123M": three digits, cut off. */
static int print_three(char text[OUT_NUMBER_MAX], __u64 number,
		       const char *blank, const char *units)
{
	__u64 scale = 1;
	int decimals;

	while (number / scale >= 1000) {
		scale *= 1000;
		units++;
	}
	decimals = number / scale >= 100 ? 0 : number / scale >= 10 ? 1 : 2;
	if (scale == 1)
		return snprintf(text, OUT_NUMBER_MAX, "%llu", number);
	if (!decimals)
		return snprintf(text, OUT_NUMBER_MAX, "%llu%s%c",
				number / scale, blank, *units);
	return snprintf(text, OUT_NUMBER_MAX, "%llu.%0*llu%s%c", number / scale,
			decimals,
			number % scale / (scale / (decimals == 1 ? 10 : 100)),
			blank, *units);
}

const char *out_short(char text[OUT_NUMBER_MAX], __u64 number,
		      unsigned int width)
{
	out_number(text, number);
	if (strlen(text) > width)
		print_three(text, number, "", " kMGTPE");
	return text;
}

const char *out_bytes(char text[OUT_NUMBER_MAX], __u64 bytes)
{
	int length = print_three(text, bytes, " ", " kMGTPE");

	snprintf(text + length, (size_t)(OUT_NUMBER_MAX - length), "%s",
		 bytes < 1000 ? " B" : "B");
	return text;
}

const char *out_time(char text[OUT_NUMBER_MAX], __u64 time_ns)
{
	static const struct {
		__u64 seconds;
		char name;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	__u64 seconds = time_ns / NS_PER_SEC, rest;
	size_t i = 0;

	if (seconds < 10) {
		snprintf(text, OUT_NUMBER_MAX, "%llu.%llus", seconds,
			 time_ns / (NS_PER_SEC / 10) % 10);
		return text;
	}
	while (seconds < units[i].seconds)
		i++;
	rest = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
	if (rest)
		snprintf(text, OUT_NUMBER_MAX, "%llu%c%llu%c",
			 seconds / units[i].seconds, units[i].name, rest,
			 units[i + 1].name);
	else
		snprintf(text, OUT_NUMBER_MAX, "%llu%c",
			 seconds / units[i].seconds, units[i].name);
	return text;
}

/* Each up to what would be rounded to the next. */
static const struct delay_unit {
	double up_to, ns;
	const char *name;
	int decimals;
} delay_units[] = {
	{ 9.995e3, 1e3, "us", 2 },   { 999.95e3, 1e3, "us", 1 },
	{ 9.9995e6, 1e6, "ms", 3 },  { 999.995e6, 1e6, "ms", 2 },
	{ 9.999995e9, 1e9, "s", 5 }, { 99.99995e9, 1e9, "s", 4 },
	{ HUGE_VAL, 1e9, "s", 3 },
};

static const struct delay_unit *unit_of(double time_ns)
{
	const struct delay_unit *unit = delay_units;

	while (time_ns >= unit->up_to)
		unit++;
	return unit;
}

const char *out_delay(char text[OUT_NUMBER_MAX], double time_ns)
{
	const struct delay_unit *unit = unit_of(fmin(time_ns, 1e18));

	snprintf(text, OUT_NUMBER_MAX, "%.*f%s", unit->decimals,
		 fmin(time_ns, 1e18) / unit->ns, unit->name);
	return text;
}

const char *out_delay_span(char text[OUT_NUMBER_MAX], double low_ns,
			   double high_ns)
{
	const struct delay_unit *low = unit_of(low_ns);
	const struct delay_unit *high = unit_of(high_ns);
	char first[OUT_NUMBER_MAX], last[OUT_NUMBER_MAX];

	out_delay(first, low_ns);
	out_delay(last, high_ns);
	if (!strcmp(low->name, high->name))
		first[strcspn(first, "ums")] = '\0';
	snprintf(text, OUT_NUMBER_MAX, "%.12s-%.12s", first, last);
	return text;
}

const char *out_delay_asked(char text[OUT_NUMBER_MAX], double time_ns)
{
	const struct delay_unit *unit = unit_of(fmin(time_ns, 1e18));

	if (time_ns <= 0)
		return strcpy(text, "0s");
	snprintf(text, OUT_NUMBER_MAX, "%.4g%s", fmin(time_ns, 1e18) / unit->ns,
		 unit->name);
	return text;
}

const char *out_percent(char text[OUT_NUMBER_MAX], double ratio)
{
	double percent = 100 * ratio;

	if (percent <= 0 || percent >= 100)
		snprintf(text, OUT_NUMBER_MAX, "%d%%", percent > 0 ? 100 : 0);
	else if (percent < 0.1)
		snprintf(text, OUT_NUMBER_MAX, "%.2g%%", percent);
	else
		snprintf(text, OUT_NUMBER_MAX, "%.3f%%", fmin(percent, 99.999));
	return text;
}

const char *out_percent_asked(char text[OUT_NUMBER_MAX], double ratio)
{
	snprintf(text, OUT_NUMBER_MAX, "%.6g%%", 100 * ratio);
	return text;
}

const char *out_rate(char text[OUT_NUMBER_MAX], __u64 events, __u64 ns,
		     unsigned int width)
{
	if (!ns)
		return strcpy(text, "-");
	return out_short(
		text, (__u64)llround((double)events * 1e9 / (double)ns), width);
}
