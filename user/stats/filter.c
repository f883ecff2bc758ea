/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter.h"

#include <arpa/inet.h>

#include <faultline/fields.h>

static bool in_prefix(const struct fl_prefix *prefix, __u8 family,
		      const __u8 *address)
{
	if (prefix->family != family)
		return false;
	for (unsigned bit = 0; bit < prefix->length; bit++) {
		unsigned mask = 0x80u >> (bit % 8);

		if ((prefix->address_be[bit / 8] ^ address[bit / 8]) & mask)
			return false;
	}
	return true;
}

static bool has_ports(const struct sample_flow *flow)
{
	return !flow->fragment &&
	       (flow->proto == IPPROTO_TCP || flow->proto == IPPROTO_UDP ||
		flow->proto == IPPROTO_SCTP);
}

static bool is_local(enum fl_side side, enum fl_end end)
{
	return (side == FL_IN) == (end == FL_DST);
}

/* Whether one end of a packet of @flow has the value @want, by TYPE. */
static bool holds_PREFIX(const void *want, const struct sample_flow *flow,
			 bool local)
{
	return in_prefix(want, flow->family,
			 local ? flow->local_be : flow->remote_be);
}

static bool holds_PORTS(const void *want, const struct sample_flow *flow,
			bool local)
{
	const struct fl_ports *ports = want;
	__u16 port = ntohs(local ? flow->local_port_be : flow->remote_port_be);

	return has_ports(flow) && port >= ports->low && port <= ports->high;
}

static bool holds_PROTO(const void *want, const struct sample_flow *flow,
			bool local)
{
	(void)local;
	return flow->proto == *(const __u8 *)want;
}

static bool holds_VLAN(const void *want, const struct sample_flow *flow,
		       bool local)
{
	(void)local;
	return flow->tagged && flow->vlan == *(const __u16 *)want;
}

/* By the rule's seed, which is not the flow's. */
static bool holds_SHARE(const void *want, const struct sample_flow *flow,
			bool local)
{
	(void)want;
	(void)flow;
	(void)local;
	return true;
}

typedef bool holds_t(const void *want, const struct sample_flow *flow,
		     bool local);

static bool at_ends(__u32 ends, enum fl_side side, holds_t *holds,
		    const void *want, const struct sample_flow *flow)
{
	for (int end = 0; end < FL_ENDS; end++)
		if (ends >> end & 1u && holds(want, flow, is_local(side, end)))
			return true;
	return false;
}

bool filter_flow(const struct fl_match *match, const struct sample_flow *flow,
		 enum fl_side side)
{
#define HOLDS_PACKET(id, type, member, function)
#define HOLDS_FLOW(id, type, member, function)                     \
	if (match->present >> FL_FIELD_##id & 1u &&                \
	    !at_ends(fl_ends_##function(side), side, holds_##type, \
		     &match->member, flow))                        \
		return false;
#define FIELD(id, words, type, level, directions, member, function, ...) \
	HOLDS_##level(id, type, member, function)
#include <faultline/fields.def>
#undef FIELD
	return true;
}
