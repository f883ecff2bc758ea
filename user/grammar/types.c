/* SPDX-License-Identifier: GPL-2.0-only */
/* How the arguments of the TYPEs of fields.def are read and printed. */
#include "types.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/unit.h"

struct named {
	const char *name;
	__u8 value;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int parse_u8(const struct named *names, size_t count, __u64 max,
		    const char *word, void *value)
{
	__u64 number;
	int err;

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(word, names[i].name)) {
			*(__u8 *)value = names[i].value;
			return 0;
		}
	}
	err = unit_parse_uint(word, 0, max, &number);
	if (!err)
		*(__u8 *)value = (__u8)number;
	return err;
}

static size_t print_u8(const struct named *names, size_t count,
		       const void *value, char *text, size_t size)
{
	__u8 number = *(const __u8 *)value;

	for (size_t i = 0; i < count; i++) {
		if (names[i].value == number)
			return (size_t)snprintf(text, size, "%s",
						names[i].name);
	}
	return (size_t)snprintf(text, size, "%u", number);
}

static const struct named protos[] = {
	{ "tcp", 6 },	 { "udp", 17 },	  { "icmp", 1 },
	{ "icmp6", 58 }, { "sctp", 132 },
};

static int parse_proto(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	(void)arg;
	return parse_u8(protos, COUNT(protos), 255, word, value);
}

static size_t print_proto(const void *value, char *text, size_t size)
{
	return print_u8(protos, COUNT(protos), value, text, size);
}

static const char *proto_name(unsigned int index)
{
	return index < COUNT(protos) ? protos[index].name : NULL;
}

const struct grammar_type type_PROTO = {
	.name = proto_name,
	.parse = parse_proto,
	.print = print_proto,
	.fixed_hint = "tcp, udp, icmp, icmp6, sctp or a number up to 255",
};

/* RFC 2474, 2597 and 3246. */
static const struct named dscps[] = {
	{ "cs0", 0 },	{ "cs1", 8 },	{ "cs2", 16 },	{ "cs3", 24 },
	{ "cs4", 32 },	{ "cs5", 40 },	{ "cs6", 48 },	{ "cs7", 56 },
	{ "af11", 10 }, { "af12", 12 }, { "af13", 14 }, { "af21", 18 },
	{ "af22", 20 }, { "af23", 22 }, { "af31", 26 }, { "af32", 28 },
	{ "af33", 30 }, { "af41", 34 }, { "af42", 36 }, { "af43", 38 },
	{ "ef", 46 },
};

static int parse_dscp(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	(void)arg;
	return parse_u8(dscps, COUNT(dscps), 63, word, value);
}

static size_t print_dscp(const void *value, char *text, size_t size)
{
	return print_u8(dscps, COUNT(dscps), value, text, size);
}

static const char *dscp_name(unsigned int index)
{
	return index < COUNT(dscps) ? dscps[index].name : NULL;
}

const struct grammar_type type_DSCP = {
	.name = dscp_name,
	.parse = parse_dscp,
	.print = print_dscp,
	.fixed_hint = "ef, cs0 to cs7, af11 to af43 or a number up to 63",
};

static int parse_prefix(const struct grammar_arg *arg, const char *word,
			void *value)
{
	(void)arg;
	return unit_parse_prefix(word, value);
}

static size_t print_prefix(const void *value, char *text, size_t size)
{
	return unit_print_prefix(value, text, size);
}

const struct grammar_type type_PREFIX = {
	.parse = parse_prefix,
	.print = print_prefix,
	.fixed_hint = "an address such as 10.0.0.1, 10.1.0.0/16 or fe80::1",
};

static int parse_ports(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	struct fl_ports *ports = value;
	__u32 low, high;
	int err = unit_parse_span(word, 0, UINT16_MAX, &low, &high);

	(void)arg;
	if (err)
		return err;
	ports->low = (__u16)low;
	ports->high = (__u16)high;
	return 0;
}

static size_t print_ports(const void *value, char *text, size_t size)
{
	const struct fl_ports *ports = value;

	return unit_print_span(ports->low, ports->high, text, size);
}

const struct grammar_type type_PORTS = {
	.parse = parse_ports,
	.print = print_ports,
	.fixed_hint = "a port up to 65535 or a range, such as 8000-8100",
};

static int parse_length(const struct grammar_arg *arg, const char *word,
			void *value)
{
	struct fl_span *span = value;

	(void)arg;
	return unit_parse_open_span(word, 0, &span->low, &span->high);
}

static int parse_count(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	struct fl_span *span = value;

	(void)arg;
	return unit_parse_open_span(word, 1, &span->low, &span->high);
}

static size_t print_span(const void *value, char *text, size_t size)
{
	const struct fl_span *span = value;

	return unit_print_span(span->low, span->high, text, size);
}

const struct grammar_type type_LENGTH = {
	.parse = parse_length,
	.print = print_span,
	.fixed_hint = "a number or a range, such as 100, 100-200 or 100-",
};

const struct grammar_type type_COUNT = {
	.parse = parse_count,
	.print = print_span,
	.fixed_hint = "a number from 1 or a range, such as 1, 1-3 or 4-",
};

static int parse_vlan(const struct grammar_arg *arg, const char *word,
		      void *value)
{
	__u64 number;
	int err = unit_parse_uint(word, 0, FL_VLAN_NONE - 1, &number);

	(void)arg;
	if (!err)
		*(__u16 *)value = (__u16)number;
	return err;
}

static size_t print_u16(const void *value, char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%u", *(const __u16 *)value);
}

const struct grammar_type type_VLAN = {
	.parse = parse_vlan,
	.print = print_u16,
	.fixed_hint = "a whole number up to 4095",
};

static const char *const flag_names[] = {
	"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR",
};

/* The bit of the flag that @word begins with, or 0. */
static __u8 flag_bit(const char *word, size_t length)
{
	for (size_t i = 0; i < COUNT(flag_names); i++) {
		if (strlen(flag_names[i]) == length &&
		    !strncasecmp(word, flag_names[i], length))
			return (__u8)(1u << i);
	}
	return 0;
}

static int parse_flags(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	struct fl_tcp_flags flags = { 0 };

	(void)arg;
	for (;; word++) {
		bool clear = *word == '!';
		size_t length;
		__u8 bit;

		word += clear;
		length = strcspn(word, ",");
		bit = flag_bit(word, length);
		if (!bit || flags.mask & bit)
			return -EINVAL;
		flags.mask |= bit;
		flags.value |= clear ? 0 : bit;
		word += length;
		if (!*word)
			break;
	}
	*(struct fl_tcp_flags *)value = flags;
	return 0;
}

static size_t print_flags(const void *value, char *text, size_t size)
{
	const struct fl_tcp_flags *flags = value;
	char word[GRAMMAR_VALUE_MAX] = "";
	int used = 0;

	for (size_t i = 0; i < COUNT(flag_names); i++) {
		if (!(flags->mask & 1u << i))
			continue;
		used += snprintf(word + used, sizeof(word) - (size_t)used,
				 "%s%s%s", used ? "," : "",
				 flags->value & 1u << i ? "" : "!",
				 flag_names[i]);
	}
	return (size_t)snprintf(text, size, "%s", word);
}

static const char *flag_name(unsigned int index)
{
	return index < COUNT(flag_names) ? flag_names[index] : NULL;
}

const struct grammar_type type_TCPFLAGS = {
	.name = flag_name,
	.parse = parse_flags,
	.print = print_flags,
	.fixed_hint = "a list of FIN SYN RST PSH ACK URG ECE CWR, each once, "
		      "such as SYN,!ACK",
};

static int parse_share(const struct grammar_arg *arg, const char *word,
		       void *value)
{
	(void)arg;
	return unit_parse_percent(word, value);
}

static size_t print_share(const void *value, char *text, size_t size)
{
	return unit_print_percent(*(const __u32 *)value, text, size);
}

const struct grammar_type type_SHARE = {
	.parse = parse_share,
	.print = print_share,
	.fixed_hint = "a percentage such as 1% or 0.05%",
};

const struct grammar_type type_PRESENT = { 0 };
