/* SPDX-License-Identifier: GPL-2.0-only */
#include "flowtext.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "grammar/grammar.h"

#define PROTO_MAX 8 /* longest word for a protocol, with NUL */

const char *flowtext_proto(__u8 proto)
{
	static char names[256][PROTO_MAX];
	char *name = names[proto];
	struct fl_match match = {
		.present = 1u << FL_FIELD_PROTO,
		.proto = proto,
	};
	char words[32];

	/* Printed as in a rule, "proto tcp": one table of names is enough. */
	if (!*name && grammar_print_match(&match, words, sizeof(words)) > 6)
		snprintf(name, PROTO_MAX, "%.7s", words + 6);
	return name;
}

static char *put_uint(char *to, unsigned int number)
{
	char digits[10];
	int count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (count)
		*to++ = digits[--count];
	return to;
}

static char *put_address(char *to, __u8 family, const __u8 *address_be)
{
	if (family == 6) {
		inet_ntop(AF_INET6, address_be, to, FLOWTEXT_ADDRESS_MAX);
		return to + strlen(to);
	}
	for (int i = 0; i < 4; i++) {
		if (i)
			*to++ = '.';
		to = put_uint(to, address_be[i]);
	}
	*to = '\0';
	return to;
}

size_t flowtext_local(const struct sample_flow *flow,
		      char text[FLOWTEXT_ADDRESS_MAX])
{
	return (size_t)(put_address(text, flow->family, flow->local_be) - text);
}

size_t flowtext_remote(const struct sample_flow *flow,
		       char text[FLOWTEXT_ADDRESS_MAX])
{
	return (size_t)(put_address(text, flow->family, flow->remote_be) -
			text);
}

static bool has_ports(const struct sample_flow *flow)
{
	return flow->local_port_be || flow->remote_port_be;
}

static size_t put_end(char *text, const struct sample_flow *flow,
		      const __u8 *address_be, __u16 port_be)
{
	bool port = has_ports(flow) || flow->fragment;
	bool brackets = port && flow->family == 6;
	char *to = text;

	if (brackets)
		*to++ = '[';
	to = put_address(to, flow->family, address_be);
	if (brackets)
		*to++ = ']';
	if (port)
		*to++ = ':';
	if (flow->fragment)
		to = stpcpy(to, "frag");
	else if (port)
		to = put_uint(to, ntohs(port_be));
	*to = '\0';
	return (size_t)(to - text);
}

size_t flowtext_local_end(const struct sample_flow *flow,
			  char text[FLOWTEXT_ENDPOINT_MAX])
{
	return put_end(text, flow, flow->local_be, flow->local_port_be);
}

size_t flowtext_remote_end(const struct sample_flow *flow,
			   char text[FLOWTEXT_ENDPOINT_MAX])
{
	return put_end(text, flow, flow->remote_be, flow->remote_port_be);
}
