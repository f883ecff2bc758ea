/* SPDX-License-Identifier: GPL-2.0-only */
/* UDP packets of numbered flows, through a model's tc doors. */
#pragma once

#include <string.h>

#include <linux/in.h>

#include "lib/pkt.h"
#include "lib/tap.h"
#include "model.h"

#define SHOOT_BYTES 50 /* of each frame */

/* Flow @number, seen from outside when going FL_IN. */
static inline void shoot_build(struct pkt *pkt, __u32 number, __u32 side)
{
	struct pkt_spec spec = { .family = 4,
				 .proto = IPPROTO_UDP,
				 .payload = SHOOT_BYTES - 42 };
	__u8 *local = side == FL_IN ? spec.dst : spec.src;
	__u8 *remote = side == FL_IN ? spec.src : spec.dst;

	pkt_address4(local, 0x0a000001);
	pkt_address4(remote, 0x0b000000 + number);
	spec.sport = side == FL_IN ? 40000 : 53;
	spec.dport = side == FL_IN ? 53 : 40000;
	pkt_build(pkt, &spec);
}

/* With this rule only. */
static inline void shoot_load(struct model *model, struct fl_rule rule)
{
	tap_is_u64((__u64)model_load_rules(model, &rule, 1), 0, "rule %s",
		   rule.name);
}

/* One packet of flow @number; its reason. */
static inline __u32 shoot(struct model *model, __u32 number, __u32 side)
{
	struct pkt pkt;
	__u64 fate;

	shoot_build(&pkt, number, side);
	model_tc(model, pkt.data, pkt.length, side, NULL, &fate);
	return (__u32)(fate & FL_FATE_REASON);
}

/* Sends packets until one is lost; how many that took. */
static inline unsigned until_loss(struct model *model, __u32 number)
{
	unsigned sent = 1;

	while (shoot(model, number, FL_IN) == FL_REASON_PASSED && sent < 100)
		sent++;
	return sent;
}

/* The slot of flow @number, or -1. */
static inline int shoot_slot(const struct model *model, __u32 number)
{
	__u8 remote[4], local[4];
	__u32 low, high;

	pkt_address4(remote, 0x0b000000 + number);
	pkt_address4(local, 0x0a000001);
	memcpy(&low, remote, 4);
	memcpy(&high, local, 4);
	for (__u32 i = 0; i <= model->slot_mask; i++)
		if (model->flows[i].tuple &&
		    model->flows[i].w0 == ((__u64)high << 32 | low))
			return (int)i;
	return -1;
}

static inline __u32 shoot_used(const struct model *model)
{
	__u32 used = 0;

	for (__u32 i = 0; i <= model->slot_mask; i++)
		used += model->flows[i].tuple != 0;
	return used;
}

/* What the flow table, the evicted and the untracked make together. */
struct shoot_sum {
	__u64 packets, bytes, dropped;
};

static inline struct shoot_sum shoot_total(const struct model *model,
					   __u32 side)
{
	struct fl_tally t;
	struct shoot_sum sum;

	model_tally(model, side, &t);
	sum.packets = t.evicted_packets + t.untracked_packets;
	sum.bytes = t.evicted_bytes + t.untracked_bytes;
	sum.dropped = t.evicted_dropped + t.untracked_dropped;
	for (__u32 i = 0; i <= model->slot_mask; i++) {
		struct fl_flow_side f = model_counted(model, i, side);

		sum.packets += f.packets;
		sum.bytes += f.bytes;
		sum.dropped += f.dropped;
	}
	return sum;
}
