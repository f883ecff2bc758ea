/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <faultline/abi.h>

/* A percentage times 2^32-1 must fit 128 bits: 10^28 * 2^32 does. */
#define DIGITS_MAX 28
#define DECIMALS_MAX 25

typedef unsigned __int128 u128;

/* digits / 10^decimals, exactly. */
struct decimal {
	u128 digits;
	unsigned int decimals;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static u128 power_of_10(unsigned int exponent)
{
	u128 power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

/* Reads "12", "1.5" or "0.05"; *@rest points after the number. */
static int parse_decimal(const char *word, struct decimal *number,
			 const char **rest)
{
	struct decimal n = { 0 };
	bool point = false;

	if (!is_digit(*word))
		return -EINVAL;
	for (;; word++) {
		if (*word == '.' && !point && is_digit(word[1])) {
			point = true;
			continue;
		}
		if (!is_digit(*word))
			break;
		n.digits = n.digits * 10 + (unsigned int)(*word - '0');
		n.decimals += point;
		if (n.decimals > DECIMALS_MAX ||
		    n.digits >= power_of_10(DIGITS_MAX))
			return -ERANGE;
	}
	/* "1.500" is "1.5", also for the limits that follow from digits. */
	for (; n.decimals && n.digits % 10 == 0; n.decimals--)
		n.digits /= 10;
	*number = n;
	*rest = word;
	return 0;
}

/* Parses digits; *@end points after the last of them. */
static int parse_digits(const char *word, __u64 min, __u64 max, __u64 *value,
			const char **end)
{
	bool overflow = false;
	__u64 v = 0;

	if (!is_digit(*word))
		return -EINVAL;
	for (; is_digit(*word); word++) {
		overflow |= __builtin_mul_overflow(v, 10ull, &v);
		overflow |= __builtin_add_overflow(v, (__u64)(*word - '0'), &v);
	}
	*end = word;
	if (overflow || v < min || v > max)
		return -ERANGE;
	*value = v;
	return 0;
}

int unit_parse_uint(const char *word, __u64 min, __u64 max, __u64 *value)
{
	const char *end = word;
	__u64 v = 0;
	int err = parse_digits(word, min, max, &v, &end);

	if (*end)
		return -EINVAL;
	if (!err)
		*value = v;
	return err;
}

int unit_parse_percent(const char *word, __u32 *fraction_u32)
{
	struct decimal percent;
	const char *unit;
	u128 whole, product, half;
	__u32 nearest;
	int err;

	err = parse_decimal(word, &percent, &unit);
	if (err)
		return err;
	if (strcmp(unit, "%"))
		return -EINVAL;
	whole = 100 * power_of_10(percent.decimals);
	if (percent.digits > whole)
		return -ERANGE;
	product = percent.digits * FL_P_ONE;
	half = whole / 2;
	nearest = (__u32)(product / whole);
	/* Ties to even, as rint() does. */
	if (product % whole > half || (product % whole == half && nearest & 1))
		nearest++;
	/* Something must not become nothing, nor nearly all become all. */
	if ((percent.digits && !nearest) ||
	    (percent.digits < whole && nearest == FL_P_ONE))
		return -EDOM;
	*fraction_u32 = nearest;
	return 0;
}

size_t unit_print_percent(__u32 fraction_u32, char *text, size_t size)
{
	char word[32];
	__u32 again;

	/* Adds decimals until the number reads back as the same fraction. */
	for (unsigned int decimals = 0;; decimals++) {
		__u64 scale = (__u64)power_of_10(decimals);
		__u64 n = (__u64)(((u128)fraction_u32 * 100 * scale +
				   FL_P_ONE / 2) /
				  FL_P_ONE);

		if (decimals)
			snprintf(word, sizeof(word), "%llu.%0*llu%%", n / scale,
				 (int)decimals, n % scale);
		else
			snprintf(word, sizeof(word), "%llu%%", n);
		if (!unit_parse_percent(word, &again) && again == fraction_u32)
			return (size_t)snprintf(text, size, "%s", word);
	}
}

struct unit {
	const char *name;
	__u64 scale;
};

/* Largest first: of two equally short forms the first is printed. */
static const struct unit time_units[] = {
	{ "d", 86400000000000ull },
	{ "h", 3600000000000ull },
	{ "m", 60000000000ull },
	{ "s", 1000000000ull },
	{ "ms", 1000000ull },
	{ "us", 1000ull },
	{ "ns", 1ull },
};

/* tc's units, in bits per second. Only the first few are printed. */
static const struct unit rate_units[] = {
	{ "tbit", 1000000000000ull },
	{ "gbit", 1000000000ull },
	{ "mbit", 1000000ull },
	{ "kbit", 1000ull },
	{ "bit", 1ull },
	{ "", 1ull },
	{ "kibit", 1ull << 10 },
	{ "mibit", 1ull << 20 },
	{ "gibit", 1ull << 30 },
	{ "tibit", 1ull << 40 },
	{ "bps", 8ull },
	{ "kbps", 8000ull },
	{ "mbps", 8000000ull },
	{ "gbps", 8000000000ull },
	{ "tbps", 8000000000000ull },
	{ "kibps", 8ull << 10 },
	{ "mibps", 8ull << 20 },
	{ "gibps", 8ull << 30 },
	{ "tibps", 8ull << 40 },
};

#define TIME_UNITS (sizeof(time_units) / sizeof(time_units[0]))
#define RATE_UNITS (sizeof(rate_units) / sizeof(rate_units[0]))
#define RATE_UNITS_PRINTED 5

/* Reads a decimal number and one of @units; the value must be whole. */
static int parse_in_units(const char *word, const struct unit units[],
			  size_t count,
			  int (*compare)(const char *, const char *),
			  __u64 *value)
{
	struct decimal number;
	const char *unit;
	u128 whole, power;
	size_t i = 0;
	int err = parse_decimal(word, &number, &unit);

	if (err)
		return err;
	while (i < count && compare(unit, units[i].name))
		i++;
	if (i == count)
		return -EINVAL;
	/* With so many decimals it is whole in no unit. */
	if (number.digits > ~(u128)0 / units[i].scale)
		return -ERANGE;
	whole = number.digits * units[i].scale;
	power = power_of_10(number.decimals);
	if (whole % power || whole / power > INT64_MAX)
		return -ERANGE;
	*value = (__u64)(whole / power);
	return 0;
}

int unit_parse_time0(const char *word, __u64 *time_ns)
{
	return parse_in_units(word, time_units, TIME_UNITS, strcmp, time_ns);
}

int unit_parse_time(const char *word, __u64 *time_ns)
{
	__u64 ns;
	int err = unit_parse_time0(word, &ns);

	if (!err && !ns)
		err = -ERANGE;
	if (!err)
		*time_ns = ns;
	return err;
}

int unit_parse_rate(const char *word, __u64 *rate_bps)
{
	return parse_in_units(word, rate_units, RATE_UNITS, strcasecmp,
			      rate_bps);
}

/* Prints @value in units of @scale, "1.5"; false if it never ends. */
static bool print_scaled(__u64 value, __u64 scale, char *text, size_t size)
{
	__u64 rest = value % scale;
	int used = snprintf(text, size, "%llu", value / scale);

	if (rest)
		used += snprintf(text + used, size - (size_t)used, ".");
	for (int decimals = 0; rest; decimals++) {
		if (decimals == 15)
			return false;
		rest *= 10;
		used += snprintf(text + used, size - (size_t)used, "%llu",
				 rest / scale);
		rest %= scale;
	}
	return true;
}

/* Prints the shortest form; of several, the one in the largest unit. */
static size_t print_in_units(__u64 value, const struct unit units[],
			     size_t count, const char *zero, char *text,
			     size_t size)
{
	char best[48] = "", word[48];

	for (size_t i = 0; value && i < count; i++) {
		if (value < units[i].scale ||
		    !print_scaled(value, units[i].scale, word,
				  sizeof(word) - 4))
			continue;
		strcat(word, units[i].name);
		if (!*best || strlen(word) < strlen(best))
			strcpy(best, word);
	}
	return (size_t)snprintf(text, size, "%s", value ? best : zero);
}

size_t unit_print_time(__u64 time_ns, char *text, size_t size)
{
	return print_in_units(time_ns, time_units, TIME_UNITS, "0s", text,
			      size);
}

size_t unit_print_rate(__u64 rate_bps, char *text, size_t size)
{
	return print_in_units(rate_bps, rate_units, RATE_UNITS_PRINTED, "0bit",
			      text, size);
}

static int parse_span(const char *word, __u32 min, __u32 max, bool open,
		      __u32 *low, __u32 *high)
{
	__u64 from = 0, to = 0;
	const char *end = word;
	int err = parse_digits(word, min, max, &from, &end);

	if (end == word)
		return -EINVAL;
	if (!*end)
		to = from;
	else if (*end != '-')
		return -EINVAL;
	else if (!end[1] && open)
		to = max;
	else if (unit_parse_uint(end + 1, min, max, &to) == -EINVAL)
		return -EINVAL;
	else if (to < from)
		return -ERANGE;
	if (err)
		return err;
	*low = (__u32)from;
	*high = (__u32)to;
	return 0;
}

int unit_parse_span(const char *word, __u32 min, __u32 max, __u32 *low,
		    __u32 *high)
{
	return parse_span(word, min, max, false, low, high);
}

int unit_parse_open_span(const char *word, __u32 min, __u32 *low, __u32 *high)
{
	return parse_span(word, min, UINT32_MAX, true, low, high);
}

size_t unit_print_span(__u32 low, __u32 high, char *text, size_t size)
{
	if (low == high)
		return (size_t)snprintf(text, size, "%u", low);
	if (high == UINT32_MAX)
		return (size_t)snprintf(text, size, "%u-", low);
	return (size_t)snprintf(text, size, "%u-%u", low, high);
}

static void mask_host_bits(__u8 *address, unsigned int length)
{
	unsigned int byte = length / 8;

	if (byte == 16)
		return;
	address[byte] &= (__u8)(0xff00u >> length % 8);
	memset(address + byte + 1, 0, 16 - byte - 1);
}

int unit_parse_prefix(const char *word, struct fl_prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchrnul(word, '/');
	size_t size = (size_t)(slash - word);
	struct fl_prefix p = { 0 };
	__u64 length;
	int err;

	if (size >= sizeof(address))
		return -EINVAL;
	memcpy(address, word, size);
	address[size] = '\0';
	p.family = strchr(address, ':') ? 6 : 4;
	if (inet_pton(p.family == 6 ? AF_INET6 : AF_INET, address,
		      p.address_be) != 1)
		return -EINVAL;
	length = p.family == 6 ? 128 : 32;
	if (*slash) {
		err = unit_parse_uint(slash + 1, 0, length, &length);
		if (err)
			return err;
	}
	p.length = (__u8)length;
	mask_host_bits(p.address_be, p.length);
	*prefix = p;
	return 0;
}

size_t unit_print_prefix(const struct fl_prefix *prefix, char *text,
			 size_t size)
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(prefix->family == 6 ? AF_INET6 : AF_INET, prefix->address_be,
		  address, sizeof(address));
	if (prefix->length == (prefix->family == 6 ? 128 : 32))
		return (size_t)snprintf(text, size, "%s", address);
	return (size_t)snprintf(text, size, "%s/%u", address, prefix->length);
}
