/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of arguments of the impairments that hold packets. */
#include "times.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/table.h"
#include "base/unit.h"
#include "models.h"

#define PACKETS_MAX 1000000000u

/* ---- times ----------------------------------------- */

static int parse_ns(const struct grammar_arg *arg, const char *word,
		    __u64 *time_ns)
{
	__u64 ns;
	int err = unit_parse_time0(word, &ns);

	if (err)
		return err;
	if (ns < arg->min || ns > arg->max)
		return -ERANGE;
	*time_ns = ns;
	return 0;
}

static int parse_time(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	return parse_ns(arg, word, value);
}

static size_t print_time(const void *value, char *text, size_t size)
{
	return unit_print_time(*(const __u64 *)value, text, size);
}

static json_t *json_time(const void *value)
{
	return json_integer((json_int_t) * (const __u64 *)value);
}

static void hint_time(const struct grammar_arg *arg, char *text, size_t size)
{
	char most[32];

	unit_print_time(arg->max, most, sizeof(most));
	snprintf(text, size, "a time such as 10ms or 1.5s, up to %s", most);
}

const struct grammar_type type_TIME = {
	.parse = parse_time,
	.print = print_time,
	.json = json_time,
	.hint = hint_time,
};

static int parse_time32(const struct grammar_arg *arg, const char *word,
			void *value)
{
	__u64 ns;
	int err = parse_ns(arg, word, &ns);

	if (!err)
		*(__u32 *)value = (__u32)ns;
	return err;
}

static size_t print_time32(const void *value, char *text, size_t size)
{
	return unit_print_time(*(const __u32 *)value, text, size);
}

static json_t *json_time32(const void *value)
{
	return json_integer(*(const __u32 *)value);
}

const struct grammar_type type_TIME32 = {
	.parse = parse_time32,
	.print = print_time32,
	.json = json_time32,
	.hint = hint_time,
};

/* ---- distributions ----------------------------------------- */

/* "" is uniform; others are built-in names or paths. */
static int parse_table(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	(void)arg;
	if (strcmp(word, "uniform"))
		return grammar_parse_path(word, value);
	memset(value, 0, FL_FILE_LEN);
	return 0;
}

static size_t print_table(const void *value, char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%.*s", FL_FILE_LEN - 1,
				(const char *)value);
}

static json_t *json_table(const void *value)
{
	return json_string(*(const char *)value ? value : "uniform");
}

static const char *table_word(unsigned int index)
{
	return table_name((enum fl_table_id)index);
}

const struct grammar_type type_TABLE = {
	.name = table_word,
	.parse = parse_table,
	.print = print_table,
	.json = json_table,
	.fixed_hint = "uniform, normal, pareto, paretonormal or a path of up "
		      "to 255 characters, without blanks or #",
};

/* ---- the link ----------------------------------------- */

static int parse_rate(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	__u64 bps;
	int err = unit_parse_rate(word, &bps);

	if (err)
		return err;
	if (bps < arg->min || bps > arg->max)
		return -ERANGE;
	*(__u64 *)value = bps;
	return 0;
}

static size_t print_rate(const void *value, char *text, size_t size)
{
	return unit_print_rate(*(const __u64 *)value, text, size);
}

static void hint_rate(const struct grammar_arg *arg, char *text, size_t size)
{
	char least[32], most[32];

	unit_print_rate(arg->min, least, sizeof(least));
	unit_print_rate(arg->max, most, sizeof(most));
	snprintf(text, size,
		 "a rate such as 10mbit, or 1mbps for bytes, from "
		 "%s to %s",
		 least, most);
}

const struct grammar_type type_RATE = {
	.parse = parse_rate,
	.print = print_rate,
	.json = json_time,
	.hint = hint_rate,
};

/* May be negative; the table keeps the minimum without its sign. */
static int parse_bytes(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	bool negative = *word == '-';
	__u64 number;
	int err = unit_parse_uint(word + negative, 0,
				  negative ? arg->min : arg->max, &number);

	if (!err)
		*(__s32 *)value = negative ? -(__s32)number : (__s32)number;
	return err;
}

static size_t print_bytes(const void *value, char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%d", *(const __s32 *)value);
}

static json_t *json_bytes(const void *value)
{
	return json_integer(*(const __s32 *)value);
}

static void hint_bytes(const struct grammar_arg *arg, char *text, size_t size)
{
	snprintf(text, size, "a whole number from -%llu to %llu", arg->min,
		 arg->max);
}

const struct grammar_type type_BYTES = {
	.parse = parse_bytes,
	.print = print_bytes,
	.json = json_bytes,
	.hint = hint_bytes,
};

static int parse_queue(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	struct fl_queue *queue = value;
	__u64 number;
	int err;

	err = unit_parse_uint(word, 1, PACKETS_MAX, &number);
	if (!err) {
		queue->packets = (__u32)number;
		queue->time_ns = 0;
		return 0;
	}
	if (err == -ERANGE)
		return err;
	err = parse_ns(arg, word, &number);
	if (!err) {
		queue->time_ns = number;
		queue->packets = 0;
	}
	return err;
}

static size_t print_queue(const void *value, char *text, size_t size)
{
	const struct fl_queue *queue = value;

	if (queue->time_ns)
		return unit_print_time(queue->time_ns, text, size);
	return (size_t)snprintf(text, size, "%u", queue->packets);
}

static json_t *json_queue(const void *value)
{
	const struct fl_queue *queue = value;

	if (queue->time_ns)
		return json_pack("{s:I}", "time_ns",
				 (json_int_t)queue->time_ns);
	return json_pack("{s:I}", "packets", (json_int_t)queue->packets);
}

const struct grammar_type type_QUEUE = {
	.parse = parse_queue,
	.print = print_queue,
	.json = json_queue,
	.fixed_hint = "a time such as 50ms, up to 1000s, or a number of "
		      "packets from 1 to 1000000000",
};
