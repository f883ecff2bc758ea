/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the arguments of the TYPEs of impairs.def and options.def are read and
 * printed.
 */
#include "params.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/unit.h"

static int parse_percent(const struct grammar_arg *arg, const char *word,
			 void *value)
{
	__u32 fraction;
	int err = unit_parse_percent(word, &fraction);

	if (err)
		return err;
	if (fraction < arg->min || fraction > arg->max)
		return -ERANGE;
	*(__u32 *)value = fraction;
	return 0;
}

static size_t print_percent(const void *value, char *text, size_t size)
{
	return unit_print_percent(*(const __u32 *)value, text, size);
}

/* The number that the user typed, not the nearest fraction: "1%" is 0.01. */
static json_t *json_percent(const void *value)
{
	char text[GRAMMAR_VALUE_MAX];

	print_percent(value, text, sizeof(text));
	strcpy(strchr(text, '%'), "e-2");
	return json_real(strtod(text, NULL));
}

static void hint_percent(const struct grammar_arg *arg, char *text, size_t size)
{
	char low[32], high[32];

	if (!arg->min && arg->max == FL_P_ONE) {
		snprintf(text, size, "a percentage such as 1%% or 0.05%%");
		return;
	}
	unit_print_percent((__u32)arg->min, low, sizeof(low));
	unit_print_percent((__u32)arg->max, high, sizeof(high));
	snprintf(text, size, "a percentage from %s to %s", low, high);
}

const struct grammar_type type_PERCENT = {
	.parse = parse_percent,
	.print = print_percent,
	.json = json_percent,
	.hint = hint_percent,
};

static int parse_count1(const struct grammar_arg *arg, const char *word,
			void *value)
{
	__u64 number;
	int err = unit_parse_uint(word, arg->min, arg->max, &number);

	if (!err)
		*(__u32 *)value = (__u32)number;
	return err;
}

static size_t print_u32(const void *value, char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%u", *(const __u32 *)value);
}

static json_t *json_u32(const void *value)
{
	return json_integer(*(const __u32 *)value);
}

static void hint_count1(const struct grammar_arg *arg, char *text, size_t size)
{
	snprintf(text, size, "a whole number from %llu to %llu", arg->min,
		 arg->max);
}

const struct grammar_type type_COUNT1 = {
	.parse = parse_count1,
	.print = print_u32,
	.json = json_u32,
	.hint = hint_count1,
};

typedef __typeof__(((union fl_params *)0)->pattern) pattern_t;

static int parse_bits(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	size_t length = strlen(word);
	pattern_t pattern = { .length = (__u32)length };

	if (strspn(word, "01") != length || !length)
		return -EINVAL;
	if (length < arg->min || length > arg->max || length > FL_PATTERN_BITS)
		return -ERANGE;
	for (size_t i = 0; i < length; i++)
		pattern.bits[i / 64] |= (__u64)(word[i] == '1') << i % 64;
	*(pattern_t *)value = pattern;
	return 0;
}

static size_t print_bits(const void *value, char *text, size_t size)
{
	const pattern_t *pattern = value;
	char digits[FL_PATTERN_BITS + 1] = "";

	for (__u32 i = 0; i < pattern->length && i < FL_PATTERN_BITS; i++)
		digits[i] = pattern->bits[i / 64] >> i % 64 & 1 ? '1' : '0';
	return (size_t)snprintf(text, size, "%s", digits);
}

static json_t *json_bits(const void *value)
{
	char text[GRAMMAR_VALUE_MAX];

	print_bits(value, text, sizeof(text));
	return json_string(text);
}

static void hint_bits(const struct grammar_arg *arg, char *text, size_t size)
{
	snprintf(text, size, "a row of %llu to %llu digits 0 and 1", arg->min,
		 arg->max);
}

const struct grammar_type type_BITS = {
	.parse = parse_bits,
	.print = print_bits,
	.json = json_bits,
	.hint = hint_bits,
};

const struct grammar_type type_NONE = { 0 };

/*
 * To del, "all" means every rule and a leading - an option. Keywords are valid
 * names: the word after "name" is always the name.
 */
static int parse_name(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	size_t length = strlen(word);

	(void)arg;
	if (!length || length >= FL_NAME_LEN)
		return -ERANGE;
	if (!strcmp(word, "all") || *word == '-')
		return -EINVAL;
	if (strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "abcdefghijklmnopqrstuvwxyz0123456789_.-") != length)
		return -EINVAL;
	memset(value, 0, FL_NAME_LEN);
	memcpy(value, word, length);
	return 0;
}

static size_t print_name(const void *value, char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%.*s", FL_NAME_LEN - 1,
				(const char *)value);
}

const struct grammar_type type_NAME = {
	.parse = parse_name,
	.print = print_name,
	.fixed_hint = "a name of 1 to 23 characters (A-Z a-z 0-9 _ . -), other "
		      "than \"all\" and not beginning with -",
};

static int parse_lease(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	(void)arg;
	if (strcmp(word, "forever"))
		return unit_parse_time(word, value);
	*(__u64 *)value = 0;
	return 0;
}

static size_t print_lease(const void *value, char *text, size_t size)
{
	__u64 time_ns = *(const __u64 *)value;

	if (time_ns)
		return unit_print_time(time_ns, text, size);
	return (size_t)snprintf(text, size, "forever");
}

const struct grammar_type type_LEASE = {
	.parse = parse_lease,
	.print = print_lease,
	.fixed_hint = "a time such as 90s, 10m or 1.5h, or forever",
};

static int parse_scope(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	(void)arg;
	if (!strcmp(word, "rule"))
		*(__u32 *)value |= FL_RULE_SCOPE;
	else if (strcmp(word, "flow"))
		return -EINVAL;
	return 0;
}

static size_t print_scope(const void *value, char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%s",
				*(const __u32 *)value & FL_RULE_SCOPE ? "rule" :
									"flow");
}

const struct grammar_type type_SCOPE = {
	.parse = parse_scope,
	.print = print_scope,
	.fixed_hint = "flow or rule",
};

static int parse_seed(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	(void)arg;
	return unit_parse_uint(word, 0, UINT64_MAX, value);
}

static size_t print_seed(const void *value, char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%llu", *(const __u64 *)value);
}

const struct grammar_type type_SEED = {
	.parse = parse_seed,
	.print = print_seed,
	.fixed_hint = "a whole number up to 18446744073709551615",
};
