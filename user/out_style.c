/* SPDX-License-Identifier: GPL-2.0-only */
#include "out_style.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80
#define NS_PER_SEC 1000000000ull

const char *out_colour(enum out_colour colour)
{
	static const char *const codes[] = {
		[OUT_PLAIN] = "\033[0m", [OUT_HEAD] = "\033[1m",
		[OUT_DIM] = "\033[2m",	 [OUT_GOOD] = "\033[32m",
		[OUT_WARN] = "\033[33m", [OUT_BAD] = "\033[1;31m",
	};
	static int wanted = -1;

	if (wanted < 0) {
		const char *no = getenv("NO_COLOR");
		const char *term = getenv("TERM");

		wanted = isatty(STDOUT_FILENO) && !(no && *no) && term &&
			 strcmp(term, "dumb");
	}
	return wanted ? codes[colour] : "";
}

/* Asked each time: a window changes its size while -w runs. */
unsigned int out_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	int width;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	width = columns ? atoi(columns) : 0;
	return width > 0 ? (unsigned int)width : WIDTH_DEFAULT;
}

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
	return snprintf(text, OUT_NUMBER_MAX, "%llu.%0*llu%s%c",
			number / scale, decimals,
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

const char *out_percent(char text[OUT_NUMBER_MAX], double ratio)
{
	double percent = 100 * ratio;

	if (percent <= 0 || percent >= 100)
		snprintf(text, OUT_NUMBER_MAX, "%d%%", percent > 0 ? 100 : 0);
	else if (percent < 0.1)
		snprintf(text, OUT_NUMBER_MAX, "%.2g%%", percent);
	else
		snprintf(text, OUT_NUMBER_MAX, "%.3f%%",
			 fmin(percent, 99.999));
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
	return out_short(text,
			 (__u64)llround((double)events * 1e9 / (double)ns),
			 width);
}

void out_wrap(unsigned int column, unsigned int indent, const char *text)
{
	unsigned int width = out_width();
	bool fresh = true;

	for (; *text; text += *text == ' ') {
		size_t length = strcspn(text, " ");

		if (!fresh && column + 1 + length > width) {
			column = indent;
			if (length < width && column + length > width)
				column = width - (unsigned int)length;
			printf("\n%*s", (int)column, "");
			fresh = true;
		}
		printf("%s%.*s", fresh ? "" : " ", (int)length, text);
		column += (unsigned int)length + !fresh;
		fresh = false;
		text += length;
	}
	putchar('\n');
}
