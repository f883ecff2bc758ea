/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/abi.h>

#include "base/unit.h"
#include "lib/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* err 0: accepted with @value, printed as @print (NULL: as @word). */
struct number_case {
	const char *word;
	int err;
	__u64 value;
	const char *print;
};

static const struct number_case percents[] = {
	{ "0%", 0, 0, NULL },
	{ "100%", 0, FL_P_ONE, NULL },
	{ "1%", 0, 42949673, NULL },
	{ "0.05%", 0, 2147484, NULL },
	{ "50%", 0, 2147483648u, NULL }, /* a tie: to even */
	{ "33.3%", 0, 1430224109, NULL },
	{ "00.500%", 0, 21474836, "0.5%" },
	{ "100.000%", 0, FL_P_ONE, "100%" },
	{ "99.9999999%", 0, 4294967291u, "99.9999999%" },
	{ "0.00000002%", 0, 1, NULL },
	{ "0.00000001%", -EDOM, 0, NULL },
	{ "99.99999999%", -EDOM, 0, NULL },
	{ "0.1000000000000000055511151%", 0, 4294967, "0.1%" },
	{ "0.00000000000000000000000000%", -ERANGE, 0, NULL },
	{ "100.0000001%", -ERANGE, 0, NULL },
	{ "101%", -ERANGE, 0, NULL },
	{ "99999999999999999999999999999999999999999%", -ERANGE, 0, NULL },
	{ "1", -EINVAL, 0, NULL },
	{ "%", -EINVAL, 0, NULL },
	{ "", -EINVAL, 0, NULL },
	{ "-1%", -EINVAL, 0, NULL },
	{ "+1%", -EINVAL, 0, NULL },
	{ " 1%", -EINVAL, 0, NULL },
	{ "1 %", -EINVAL, 0, NULL },
	{ "1%%", -EINVAL, 0, NULL },
	{ "1.%", -EINVAL, 0, NULL },
	{ ".5%", -EINVAL, 0, NULL },
	{ "1.2.3%", -EINVAL, 0, NULL },
	{ "1e1%", -EINVAL, 0, NULL },
	{ "0x1%", -EINVAL, 0, NULL },
	{ "nan%", -EINVAL, 0, NULL },
	{ "inf%", -EINVAL, 0, NULL },
};

static const struct number_case times[] = {
	{ "1ns", 0, 1, NULL },
	{ "5ns", 0, 5, NULL },
	{ "100us", 0, 100000, NULL },
	{ "1.5ms", 0, 1500000, NULL },
	{ "1500us", 0, 1500000, "1.5ms" },
	{ "100ms", 0, 100000000, NULL },
	{ "0.1s", 0, 100000000, "100ms" },
	{ "30s", 0, 30000000000ull, NULL },
	{ "60s", 0, 60000000000ull, "1m" },
	{ "90s", 0, 90000000000ull, NULL },
	{ "1.5m", 0, 90000000000ull, "90s" },
	{ "10m", 0, 600000000000ull, NULL },
	{ "2h", 0, 7200000000000ull, NULL },
	{ "24h", 0, 86400000000000ull, "1d" },
	{ "1d", 0, 86400000000000ull, NULL },
	{ "1.00000000000000000000000d", 0, 86400000000000ull, "1d" },
	{ "1.000000001s", 0, 1000000001, NULL },
	{ "9223372036.854775807s", 0, INT64_MAX, NULL },
	{ "9223372036854775807ns", 0, INT64_MAX, "9223372036.854775807s" },
	{ "9223372036854775808ns", -ERANGE, 0, NULL },
	{ "18446744073709551617ns", -ERANGE, 0, NULL },
	{ "999999999999999999999999999d", -ERANGE, 0, NULL },
	{ "106752d", -ERANGE, 0, NULL },
	{ "0s", -ERANGE, 0, NULL },
	{ "0.0ms", -ERANGE, 0, NULL },
	{ "1.5ns", -ERANGE, 0, NULL },
	{ "0.0001us", -ERANGE, 0, NULL },
	{ "0.0000000000000000000000001d", -ERANGE, 0, NULL },
	{ "10", -EINVAL, 0, NULL },
	{ "10 s", -EINVAL, 0, NULL },
	{ "10S", -EINVAL, 0, NULL },
	{ "10min", -EINVAL, 0, NULL },
	{ "10sec", -EINVAL, 0, NULL },
	{ "s", -EINVAL, 0, NULL },
	{ "-1s", -EINVAL, 0, NULL },
	{ "1.s", -EINVAL, 0, NULL },
	{ "1h30m", -EINVAL, 0, NULL },
	{ "", -EINVAL, 0, NULL },
};

static const struct number_case rates[] = {
	{ "10mbit", 0, 10000000, NULL },
	{ "10MBit", 0, 10000000, "10mbit" },
	{ "0.5gbit", 0, 500000000, "500mbit" },
	{ "1234567", 0, 1234567, "1234567bit" },
	{ "1.5kbit", 0, 1500, NULL },
	{ "1500000", 0, 1500000, "1.5mbit" },
	{ "2tbit", 0, 2000000000000, NULL },
	{ "1kibit", 0, 1024, "1024bit" },
	{ "1.5MiBit", 0, 1572864, "1572864bit" },
	{ "1gibit", 0, 1073741824, "1073741824bit" },
	{ "1tibit", 0, 1099511627776, "1099511627776bit" },
	{ "5bps", 0, 40, "40bit" },
	{ "1KBps", 0, 8000, "8kbit" },
	{ "0.125mbps", 0, 1000000, "1mbit" },
	{ "1gbps", 0, 8000000000, "8gbit" },
	{ "1tbps", 0, 8000000000000, "8tbit" },
	{ "1kibps", 0, 8192, "8192bit" },
	{ "1mibps", 0, 8388608, "8388608bit" },
	{ "0", 0, 0, "0bit" },
	{ "9223372036854775807bit", 0, INT64_MAX, NULL },
	{ "9223372036854775808bit", -ERANGE, 0, NULL },
	{ "1.5bit", -ERANGE, 0, NULL },
	{ "0.0001kbit", -ERANGE, 0, NULL },
	{ "10m", -EINVAL, 0, NULL },
	{ "10mbits", -EINVAL, 0, NULL },
	{ "10 mbit", -EINVAL, 0, NULL },
	{ "-1mbit", -EINVAL, 0, NULL },
	{ "mbit", -EINVAL, 0, NULL },
	{ "", -EINVAL, 0, NULL },
};

static void check_rates(void)
{
	for (size_t i = 0; i < COUNT(rates); i++) {
		const struct number_case *c = &rates[i];
		__u64 value = 12345;
		char text[64];
		int err = unit_parse_rate(c->word, &value);

		tap_ok(err == c->err && value == (err ? 12345 : c->value),
		       "rate \"%s\": %d, %llu", c->word, err, value);
		if (err)
			continue;
		unit_print_rate(value, text, sizeof(text));
		tap_is_str(text, c->print ? c->print : c->word,
			   "rate \"%s\": printed", c->word);
	}
}

static void check_no_times(void)
{
	__u64 time = 1;

	tap_ok(!unit_parse_time0("0ms", &time) && !time, "0 of any unit");
	tap_ok(!unit_parse_time0("5ms", &time) && time == 5000000, "or more");
	tap_ok(unit_parse_time0("0", &time) == -EINVAL && time == 5000000,
	       "but of one");
}

static void check_percents(void)
{
	for (size_t i = 0; i < COUNT(percents); i++) {
		const struct number_case *c = &percents[i];
		__u32 value = 12345;
		char text[32];
		int err = unit_parse_percent(c->word, &value);

		tap_ok(err == c->err, "percent \"%s\": %d is %d", c->word, err,
		       c->err);
		tap_is_u64(value, c->err ? 12345 : c->value,
			   "percent \"%s\": value", c->word);
		if (c->err)
			continue;
		unit_print_percent(value, text, sizeof(text));
		tap_is_str(text, c->print ? c->print : c->word,
			   "percent \"%s\": printed", c->word);
	}
}

static void check_times(void)
{
	for (size_t i = 0; i < COUNT(times); i++) {
		const struct number_case *c = &times[i];
		__u64 value = 12345;
		char text[64];
		int err = unit_parse_time(c->word, &value);

		tap_ok(err == c->err, "time \"%s\": %d is %d", c->word, err,
		       c->err);
		tap_is_u64(value, c->err ? 12345 : c->value,
			   "time \"%s\": value", c->word);
		if (c->err)
			continue;
		unit_print_time(value, text, sizeof(text));
		tap_is_str(text, c->print ? c->print : c->word,
			   "time \"%s\": printed", c->word);
	}
}

static __u64 next_random(void)
{
	static __u64 state = 0x9e3779b97f4a7c15ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Against the C library's own decimal conversion in long double. */
static void check_percent_nearest(void)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i <= 1000000; i++) {
		char word[32];
		long double f = (long double)i / 1000000;
		__u32 got = 0;

		snprintf(word, sizeof(word), "%u.%04u%%", i / 10000, i % 10000);
		if (unit_parse_percent(word, &got) ||
		    got != (__u32)rintl(f * FL_P_ONE)) {
			tap_diag("%s: %u", word, got);
			wrong++;
		}
	}
	tap_is_u64(wrong, 0, "0%%..100%% by 0.0001%%: the nearest fraction");
}

/* No shorter decimal may read back, and this one must. */
static bool percent_is_shortest(__u32 value)
{
	char text[32], shorter[32];
	__u32 again = ~value;
	long decimals;

	unit_print_percent(value, text, sizeof(text));
	if (unit_parse_percent(text, &again) || again != value)
		return false;
	if (!strchr(text, '.'))
		return true;
	decimals = (long)strlen(strchr(text, '.')) - 2;
	snprintf(shorter, sizeof(shorter), "%.*Lf%%", (int)decimals - 1,
		 (long double)value * 100 / FL_P_ONE);
	return unit_parse_percent(shorter, &again) || again != value;
}

static void check_round_trips(void)
{
	unsigned int wrong_percents = 0, wrong_times = 0, wrong_rates = 0;

	for (unsigned int i = 0; i < 200000; i++) {
		__u64 random = next_random(), again = 0;
		__u64 time = (random >> (random & 63)) & INT64_MAX;
		__u32 value = i < 1000 ? i :
			      i < 2000 ? FL_P_ONE - (i - 1000) :
					 (__u32)random;
		char text[64];

		wrong_percents += !percent_is_shortest(value);
		/* Also times with few digits, as people write them. */
		if (i & 1)
			time = time % 1000 * (__u64)pow(10, i / 2 % 15);
		if (!time)
			continue;
		unit_print_time(time, text, sizeof(text));
		if (unit_parse_time(text, &again) || again != time) {
			tap_diag("%llu is printed %s", time, text);
			wrong_times++;
		}
		unit_print_rate(time, text, sizeof(text));
		wrong_rates += unit_parse_rate(text, &again) || again != time;
	}
	tap_is_u64(wrong_percents, 0, "percents: printed shortest, read back");
	tap_is_u64(wrong_times, 0, "times: what is printed is read back");
	tap_is_u64(wrong_rates, 0, "rates: what is printed is read back");
}

static void check_uints(void)
{
	static const struct {
		const char *word;
		__u64 min, max;
		int err;
		__u64 value;
	} cases[] = {
		{ "0", 0, 10, 0, 0 },
		{ "10", 0, 10, 0, 10 },
		{ "007", 0, 10, 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX },
		{ "11", 0, 10, -ERANGE, 0 },
		{ "0", 1, 10, -ERANGE, 0 },
		{ "18446744073709551616", 0, UINT64_MAX, -ERANGE, 0 },
		{ "184467440737095516150", 0, UINT64_MAX, -ERANGE, 0 },
		{ "99999999999999999999999", 0, UINT64_MAX, -ERANGE, 0 },
		{ "", 0, 10, -EINVAL, 0 },
		{ "-0", 0, 10, -EINVAL, 0 },
		{ "+1", 0, 10, -EINVAL, 0 },
		{ " 1", 0, 10, -EINVAL, 0 },
		{ "1 ", 0, 10, -EINVAL, 0 },
		{ "0x1", 0, 10, -EINVAL, 0 },
		{ "99x", 0, 10, -EINVAL, 0 },
		{ "1.0", 0, 10, -EINVAL, 0 },
		{ "ten", 0, 10, -EINVAL, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		__u64 value = 12345;
		int err = unit_parse_uint(cases[i].word, cases[i].min,
					  cases[i].max, &value);

		tap_ok(err == cases[i].err, "uint \"%s\": %d is %d",
		       cases[i].word, err, cases[i].err);
		tap_is_u64(value, err ? 12345 : cases[i].value,
			   "uint \"%s\": value", cases[i].word);
	}
}

static const struct {
	const char *word;
	bool open;
	int err;
	__u32 low, high;
	const char *print;
} span_cases[] = {
	{ "443", false, 0, 443, 443, "443" },
	{ "0-65535", false, 0, 0, 65535, "0-65535" },
	{ "80-80", false, 0, 80, 80, "80" },
	{ "5-", true, 0, 5, UINT32_MAX, "5-" },
	{ "5-4294967295", true, 0, 5, UINT32_MAX, "5-" },
	{ "4294967295", true, 0, UINT32_MAX, UINT32_MAX, "4294967295" },
	{ "5-", false, -EINVAL, 0, 0, NULL },
	{ "90-80", false, -ERANGE, 0, 0, NULL },
	{ "65536", false, -ERANGE, 0, 0, NULL },
	{ "1-65536", false, -ERANGE, 0, 0, NULL },
	{ "4294967296-", true, -ERANGE, 0, 0, NULL },
	{ "-5", true, -EINVAL, 0, 0, NULL },
	{ "-", true, -EINVAL, 0, 0, NULL },
	{ "1-2-3", false, -EINVAL, 0, 0, NULL },
	{ "1--2", false, -EINVAL, 0, 0, NULL },
	{ "1:2", false, -EINVAL, 0, 0, NULL },
	{ "70000-x", false, -EINVAL, 0, 0, NULL },
	{ "http", false, -EINVAL, 0, 0, NULL },
	{ "", false, -EINVAL, 0, 0, NULL },
};

static void check_spans(void)
{
	for (size_t i = 0; i < COUNT(span_cases); i++) {
		const char *word = span_cases[i].word;
		__u32 low = 7, high = 9;
		char text[32];
		int err = span_cases[i].open ?
				  unit_parse_open_span(word, 0, &low, &high) :
				  unit_parse_span(word, 0, 65535, &low, &high);

		tap_ok(err == span_cases[i].err, "span \"%s\": %d is %d", word,
		       err, span_cases[i].err);
		tap_ok(low == (err ? 7 : span_cases[i].low) &&
			       high == (err ? 9 : span_cases[i].high),
		       "span \"%s\": value %u-%u", word, low, high);
		unit_print_span(low, high, text, sizeof(text));
		if (!err)
			tap_is_str(text, span_cases[i].print,
				   "span \"%s\": printed", word);
	}
}

static const struct {
	const char *word;
	int err;
	const char *print;
} prefix_cases[] = {
	{ "10.1.2.3", 0, "10.1.2.3" },
	{ "10.1.2.3/32", 0, "10.1.2.3" },
	{ "10.1.2.3/16", 0, "10.1.0.0/16" },
	{ "10.255.2.3/9", 0, "10.128.0.0/9" },
	{ "10.1.2.3/0", 0, "0.0.0.0/0" },
	{ "255.255.255.255/31", 0, "255.255.255.254/31" },
	{ "fe80::1", 0, "fe80::1" },
	{ "FE80:0::1/128", 0, "fe80::1" },
	{ "2001:db8::ffff/127", 0, "2001:db8::fffe/127" },
	{ "2001:db8:ffff::/33", 0, "2001:db8:8000::/33" },
	{ "::/0", 0, "::/0" },
	{ "::ffff:10.0.0.1", 0, "::ffff:10.0.0.1" },
	{ "10.1.2.3/33", -ERANGE, NULL },
	{ "::/129", -ERANGE, NULL },
	{ "10.1.2.3/", -EINVAL, NULL },
	{ "10.1.2.3/-1", -EINVAL, NULL },
	{ "10.1.2.3/24/8", -EINVAL, NULL },
	{ "10.1.2.3/255.255.0.0", -EINVAL, NULL },
	{ "10.1.2", -EINVAL, NULL },
	{ "10.1.2.256", -EINVAL, NULL },
	{ "10.1.2.3.4", -EINVAL, NULL },
	{ "fe80::1%eth0", -EINVAL, NULL },
	{ "fe80:::1", -EINVAL, NULL },
	{ "example.com", -EINVAL, NULL },
	{ "/8", -EINVAL, NULL },
	{ "", -EINVAL, NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
	  -EINVAL, NULL },
};

static void check_prefixes(void)
{
	for (size_t i = 0; i < COUNT(prefix_cases); i++) {
		struct fl_prefix prefix = { .family = 99 };
		char text[64];
		int err = unit_parse_prefix(prefix_cases[i].word, &prefix);

		tap_ok(err == prefix_cases[i].err, "prefix \"%s\": %d is %d",
		       prefix_cases[i].word, err, prefix_cases[i].err);
		if (err) {
			tap_ok(prefix.family == 99, "prefix \"%s\": untouched",
			       prefix_cases[i].word);
			continue;
		}
		unit_print_prefix(&prefix, text, sizeof(text));
		tap_is_str(text, prefix_cases[i].print,
			   "prefix \"%s\": printed", prefix_cases[i].word);
	}
}

static void check_truncation(void)
{
	char text[4] = "xxx";

	tap_is_u64(unit_print_percent(2147484, text, 3), 5,
		   "the length needed, as snprintf()");
	tap_is_str(text, "0.", "and no more than the room there is");
	tap_is_u64(unit_print_time(600000000000ull, NULL, 0), 3,
		   "no room at all");
	unit_print_time(0, text, sizeof(text));
	tap_is_str(text, "0s", "no time is printed");
}

int main(void)
{
	check_percents();
	check_times();
	check_no_times();
	check_rates();
	check_uints();
	check_spans();
	check_prefixes();
	check_percent_nearest();
	check_round_trips();
	check_truncation();
	return tap_done();
}
