/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter.h"

#include <arpa/inet.h>

static bool asks(const struct fl_match *match, enum fl_field field)
{
	return match->present >> field & 1;
}

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

static bool in_ports(struct fl_ports ports, const struct sample_flow *flow,
		     __u16 port_be)
{
	__u16 port = ntohs(port_be);

	return has_ports(flow) && port >= ports.low && port <= ports.high;
}

static bool addresses_hold(const struct fl_match *m,
			   const struct sample_flow *f, enum fl_side side)
{
	const __u8 *src = side == FL_IN ? f->remote_be : f->local_be;
	const __u8 *dst = side == FL_IN ? f->local_be : f->remote_be;

	if (asks(m, FL_FIELD_SRC) && !in_prefix(&m->src, f->family, src))
		return false;
	if (asks(m, FL_FIELD_DST) && !in_prefix(&m->dst, f->family, dst))
		return false;
	if (asks(m, FL_FIELD_HOST) && !in_prefix(&m->host, f->family, src) &&
	    !in_prefix(&m->host, f->family, dst))
		return false;
	if (asks(m, FL_FIELD_LOCAL) &&
	    !in_prefix(&m->local, f->family, f->local_be))
		return false;
	return !asks(m, FL_FIELD_REMOTE) ||
	       in_prefix(&m->remote, f->family, f->remote_be);
}

static bool ports_hold(const struct fl_match *m, const struct sample_flow *f,
		       enum fl_side side)
{
	__u16 sport = side == FL_IN ? f->remote_port_be : f->local_port_be;
	__u16 dport = side == FL_IN ? f->local_port_be : f->remote_port_be;

	if (asks(m, FL_FIELD_SPORT) && !in_ports(m->sport, f, sport))
		return false;
	if (asks(m, FL_FIELD_DPORT) && !in_ports(m->dport, f, dport))
		return false;
	if (asks(m, FL_FIELD_PORT) && !in_ports(m->port, f, sport) &&
	    !in_ports(m->port, f, dport))
		return false;
	if (asks(m, FL_FIELD_LOCAL_PORT) &&
	    !in_ports(m->local_port, f, f->local_port_be))
		return false;
	return !asks(m, FL_FIELD_REMOTE_PORT) ||
	       in_ports(m->remote_port, f, f->remote_port_be);
}

bool filter_flow(const struct fl_match *match, const struct sample_flow *flow,
		 enum fl_side side)
{
	if (asks(match, FL_FIELD_PROTO) && flow->proto != match->proto)
		return false;
	if (asks(match, FL_FIELD_VLAN) &&
	    (!flow->tagged || flow->vlan != match->vlan))
		return false;
	return addresses_hold(match, flow, side) &&
	       ports_hold(match, flow, side);
}
