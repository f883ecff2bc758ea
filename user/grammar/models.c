/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of arguments that only one or two impairments have. */
#include "models.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/unit.h"
#include "types.h"

/* A keyword that may be left out; it is then not printed either. */
static int parse_flag(const char *flag, const char *word, void *value)
{
	if (strcmp(word, flag))
		return -EINVAL;
	*(__u32 *)value = 1;
	return 0;
}

static size_t print_flag(const char *flag, const void *value, char *text,
			 size_t size)
{
	return (size_t)snprintf(text, size, "%s",
				*(const __u32 *)value ? flag : "");
}

static json_t *json_flag(const void *value)
{
	return json_boolean(*(const __u32 *)value);
}

#define FLAG_TYPE(TYPE, flag)                                                  \
	static int parse_##TYPE(const struct grammar_arg *arg,                 \
				const char *word, void *value)                 \
	{                                                                      \
		(void)arg;                                                     \
		return parse_flag(flag, word, value);                          \
	}                                                                      \
	static size_t print_##TYPE(const void *value, char *text, size_t size) \
	{                                                                      \
		return print_flag(flag, value, text, size);                    \
	}                                                                      \
	const struct grammar_type type_##TYPE = {                              \
		.parse = parse_##TYPE,                                         \
		.print = print_##TYPE,                                         \
		.json = json_flag,                                             \
		.fixed_hint = "the word " flag,                                \
	}

FLAG_TYPE(SILENT, "silent");
FLAG_TYPE(DROP, "drop");
FLAG_TYPE(ORDERED, "ordered");
FLAG_TYPE(ECN, "ecn");

static const char *const parts[] = {
	[FL_PART_ANY] = "",
	[FL_PART_HEADER] = "header",
	[FL_PART_PAYLOAD] = "payload",
};

static int parse_part(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	(void)arg;
	for (__u32 part = FL_PART_HEADER; part <= FL_PART_PAYLOAD; part++) {
		if (strcmp(word, parts[part]))
			continue;
		*(__u32 *)value = part;
		return 0;
	}
	return -EINVAL;
}

static size_t print_part(const void *value, char *text, size_t size)
{
	__u32 part = *(const __u32 *)value;

	return (size_t)snprintf(text, size, "%s",
				part <= FL_PART_PAYLOAD ? parts[part] : "");
}

static json_t *json_part(const void *value)
{
	char text[16];

	print_part(value, text, sizeof(text));
	return json_string(*text ? text : "any");
}

const struct grammar_type type_PART = {
	.parse = parse_part,
	.print = print_part,
	.json = json_part,
	.fixed_hint = "header or payload",
};

/* A mean: a number with up to three decimals, kept in thousandths. */
static int parse_mean(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	size_t whole = strspn(word, "0123456789"), decimals = 0;
	__u64 milli = 0;

	if (word[whole] == '.')
		decimals = strspn(word + whole + 1, "0123456789");
	if (!whole || word[whole + decimals + (word[whole] == '.')] ||
	    (word[whole] && !decimals))
		return -EINVAL;
	if (whole > 7 || decimals > 3)
		return -ERANGE;
	for (size_t i = 0; i < whole; i++)
		milli = milli * 10 + (__u64)(word[i] - '0');
	for (size_t i = 0; i < 3; i++)
		milli = milli * 10 +
			(i < decimals ? (__u64)(word[whole + 1 + i] - '0') : 0);
	if (milli < arg->min || milli > arg->max)
		return -ERANGE;
	*(__u32 *)value = (__u32)milli;
	return 0;
}

static size_t print_mean(const void *value, char *text, size_t size)
{
	__u32 milli = *(const __u32 *)value, rest = milli % 1000;
	size_t length = 0;

	if (!rest)
		return (size_t)snprintf(text, size, "%u", milli / 1000);
	length = (size_t)snprintf(text, size, "%u.%03u", milli / 1000, rest);
	while (text[length - 1] == '0')
		text[--length] = '\0';
	return length;
}

static json_t *json_mean(const void *value)
{
	return json_real(*(const __u32 *)value / 1000.0);
}

const struct grammar_type type_MEAN = {
	.parse = parse_mean,
	.print = print_mean,
	.json = json_mean,
	.fixed_hint = "a number from 1 to 4000000 with up to three decimals",
};

/* "list" prints it, so "add" must read it as one word and not a comment. */
int grammar_parse_path(const char *word, void *value)
{
	size_t length = strlen(word);

	if (!length || length >= FL_FILE_LEN)
		return -ERANGE;
	for (size_t i = 0; i < length; i++) {
		if (word[i] <= ' ' || word[i] > '~' || word[i] == '#')
			return -EINVAL;
	}
	memset(value, 0, FL_FILE_LEN);
	memcpy(value, word, length);
	return 0;
}

static int parse_trace(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	(void)arg;
	return grammar_parse_path(word, value);
}

static size_t print_trace(const void *value, char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%.*s", FL_FILE_LEN - 1,
				(const char *)value);
}

static json_t *json_trace(const void *value)
{
	return json_string(value);
}

const struct grammar_type type_TRACE = {
	.parse = parse_trace,
	.print = print_trace,
	.json = json_trace,
	.fixed_hint = "a path of up to 255 characters, without blanks or #",
};

static int parse_dscp32(const struct grammar_arg *arg, const char *word,
			void *value)
{
	__u8 dscp;
	int err = type_DSCP.parse(arg, word, &dscp);

	if (!err)
		*(__u32 *)value = dscp;
	return err;
}

static size_t print_dscp32(const void *value, char *text, size_t size)
{
	__u8 dscp = (__u8) * (const __u32 *)value;

	return type_DSCP.print(&dscp, text, size);
}

static json_t *json_dscp32(const void *value)
{
	return json_integer(*(const __u32 *)value);
}

static const char *dscp32_name(unsigned int index)
{
	return type_DSCP.name(index);
}

const struct grammar_type type_DSCP32 = {
	.name = dscp32_name,
	.parse = parse_dscp32,
	.print = print_dscp32,
	.json = json_dscp32,
	.fixed_hint = "ef, cs0 to cs7, af11 to af43 or a number up to 63",
};
