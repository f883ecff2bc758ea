/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving a packet to the engine that keeps it until it departs. */
#pragma once

#include "skb.h"
#include "ticket.h"

enum hold_result {
	HOLD_TAKEN,  /* is to be redirected to the engine */
	HOLD_CLONED, /* is with the engine; what is left goes nowhere */
	HOLD_FULL,
	HOLD_NOBODY, /* no engine: it is as if nothing had been asked */
};

/* Where fq finds a packet's flow, and we the rule, in skb->hash. */
#define HOLD_KEY_BITS 21
#define HOLD_KEY_MASK ((1u << HOLD_KEY_BITS) - 1)
#define HOLD_KEY_OWN (1u << (HOLD_KEY_BITS - 1)) /* not a rule's id */
#define HOLD_ID_NOBODY FL_ID_MASK

/* Packets in fq carry their delay in cb in such units: 1,099 s in 32 bits. */
#define HOLD_DELAY_SHIFT 8

/* When the rule is over and all is quiet, nothing can be held any more. */
#define HOLD_QUIET_NS 1000000000ull

/* What one packet asks of the engine. */
struct hold_ask {
	__u64 arrival_ns, departure_ns;
	__u32 id;  /* of the rule, or HOLD_ID_NOBODY */
	__u32 key; /* packets of one key leave in order */
	__u32 side;
};

/* By constants: the verifier follows no other into "control". */
FL_INLINE __u64 *hold_fq_held(__u32 side)
{
	return side == FL_IN ? &control.held[FL_IN] : &control.held[FL_OUT];
}

FL_INLINE __u64 *hold_fq_last(__u32 side)
{
	return side == FL_IN ? &control.last_ns[FL_IN] :
			       &control.last_ns[FL_OUT];
}

/* One of our own is lost in a full backlog now and then, and would count for
 * ever; when all were due long ago, none can be left. */
FL_INLINE int hold_fq_is_full(__u32 side, __u64 now)
{
	volatile __u64 *held = hold_fq_held(side);

	if (*held && now > *hold_fq_last(side) + HOLD_QUIET_NS)
		*held = 0;
	return *held >= config_held_max;
}

FL_INLINE void hold_fq_count(__u32 side, __s64 change, __u64 departure_ns)
{
	__u64 *last = hold_fq_last(side);

	__sync_fetch_and_add(hold_fq_held(side), (__u64)change);
	if (departure_ns > *last)
		*last = departure_ns;
}

/* What fq, and back_run(), have to know. */
FL_INLINE int hold_label(struct __sk_buff *skb, const struct hold_ask *ask)
{
	__u32 priority = skb->priority;

	if (bpf_skb_set_tstamp(skb, ask->departure_ns,
			       BPF_SKB_TSTAMP_DELIVERY_MONO))
		return 0;
	skb->cb[2] = priority << 8; /* the low byte is fq's */
	skb->cb[3] = (__u32)((ask->departure_ns - ask->arrival_ns) >>
			     HOLD_DELAY_SHIFT);
	skb->cb[4] = ticket_magic(1);
	/* Before 6.7 fq lets "control" go at once. */
	if ((priority & 15) == 7)
		skb->priority = 6;
	bpf_set_hash(skb,
		     ask->id << HOLD_KEY_BITS | (ask->key & HOLD_KEY_MASK));
	return 1;
}

/*
 * A tcx program moves to another network namespace with its device, where our
 * devices are not, nor, as their numbers are drawn, anybody else's of that
 * number: what is redirected there would be lost.
 */
FL_INLINE int hold_is_there(struct __sk_buff *skb, __u32 to)
{
	__u32 mtu = 0;

	return to && (!config_tcx || bpf_check_mtu(skb, to, &mtu, 0, 0) >= 0);
}

/*
 * To sch_fq of our own device. What belongs to a socket goes there as a clone
 * that does not, or TCP would wait for it before it sends more; cloning copies
 * the head, so only then.
 */
FL_INLINE enum hold_result hold_by_fq(struct __sk_buff *skb,
				      const struct hold_ask *ask)
{
	__u32 to = control.out_device[ask->side & 1], priority = skb->priority;
	long err;

	if (!hold_label(skb, ask))
		return HOLD_NOBODY;
	hold_fq_count(ask->side & 1, 1, ask->departure_ns);
	if (!skb->sk)
		return HOLD_TAKEN;
	err = bpf_clone_redirect(skb, to, 0);
	if (!err)
		return HOLD_CLONED;
	hold_fq_count(ask->side & 1, -1, 0);
	skb->priority = priority;
	bpf_set_hash_invalid(skb);
	bpf_skb_set_tstamp(skb, 0, BPF_SKB_TSTAMP_UNSPEC);
	return err > 0 ? HOLD_FULL : HOLD_NOBODY;
}

/* Tells segments of one buffer from packets that are paced to one time. */
static __u32 hold_number;

/* Whether the process that holds packets is there and not hung. */
FL_INLINE int hold_is_alive(__u32 side, __u64 now)
{
	__u64 beat = *(volatile __u64 *)&control.beat_ns;

	/* The last beat may be younger than our look at the clock. */
	if (!beat || (__s64)(now - beat) > (__s64)FL_BEAT_STALE_NS)
		return 0;
	return bpf_map_lookup_elem(&sockets, &side) != 0;
}

/*
 * To the process: in front of the packet we write what it has to know. The
 * caller redirects.
 */
FL_INLINE enum hold_result hold_by_process(struct __sk_buff *skb,
					   const struct hold_ask *ask)
{
	struct fl_parcel parcel = {
		.magic = ticket_magic(0),
		.id = ask->id == HOLD_ID_NOBODY ? FL_PARCEL_NOBODY :
						  (__u16)ask->id,
		.side = (__u8)ask->side,
		.number = (__u8)hold_number++,
		.arrival_ns = ask->arrival_ns,
		.departure_ns = ask->departure_ns,
	};

	if (skb->vlan_present) {
		parcel.vlan_proto_be = (__u16)skb->vlan_proto;
		parcel.vlan_tci = (__u16)skb->vlan_tci;
		if (bpf_skb_vlan_pop(skb))
			return HOLD_NOBODY;
	}
	/* A second tag has come out of the frame in its place. */
	if (parcel.vlan_proto_be && skb->vlan_present) {
		parcel.inner_proto_be = (__u16)skb->vlan_proto;
		parcel.inner_tci = (__u16)skb->vlan_tci;
		if (bpf_skb_vlan_pop(skb))
			return HOLD_NOBODY;
	}
	if (bpf_skb_change_head(skb, sizeof(parcel), 0) ||
	    bpf_skb_store_bytes(skb, 0, &parcel, sizeof(parcel), 0))
		return HOLD_NOBODY;
	return HOLD_TAKEN;
}

/* Larger ones, of an MTU raised since, would be lost on the way there. */
FL_INLINE int hold_fits(struct __sk_buff *skb, __u32 to)
{
	__u32 mtu = 0;

	if (!skb->gso_size)
		return skb->len <= FL_HELD_FRAME_MAX;
	return !bpf_check_mtu(skb, to, &mtu, 0, BPF_MTU_CHK_SEGS);
}

/*
 * Whether the engine is there (HOLD_TAKEN: it is) and has room. Asked before
 * the departure is computed: a packet that does not wait must not take up the
 * link of those that do.
 */
FL_INLINE enum hold_result hold_is_ready(struct __sk_buff *skb, __u32 side)
{
	__u32 segments = skb->gso_segs ? skb->gso_segs : 1;
	__u32 to = control.out_device[side & 1];
	__u64 now = bpf_ktime_get_ns();

	if (config_replay)
		return HOLD_TAKEN;
	if (!hold_is_there(skb, to))
		return HOLD_NOBODY;
	if (config_holder == FL_HOLDER_FQ)
		return hold_fq_is_full(side & 1, now) ? HOLD_FULL : HOLD_TAKEN;
	if (config_holder != FL_HOLDER_PROCESS ||
	    !hold_is_alive(side & 1, now) || !hold_fits(skb, to))
		return HOLD_NOBODY;
	return *(volatile __u32 *)&control.room < segments ? HOLD_FULL :
							     HOLD_TAKEN;
}

/* The packet leaves by another way, without a word to the sender. */
FL_INLINE int hold_taken(const struct hold_ask *ask, enum hold_result result)
{
	if (config_replay)
		return TC_ACT_UNSPEC;
	if (result == HOLD_TAKEN)
		return (int)bpf_redirect(control.out_device[ask->side & 1], 0);
	return config_tcx ? (int)bpf_redirect(0, 0) : TC_ACT_STOLEN;
}

FL_INLINE enum hold_result hold_give(struct __sk_buff *skb,
				     const struct hold_ask *ask)
{
	if (config_replay) {
		replayed.departure_ns = ask->departure_ns;
		replayed.id = ask->id;
		return HOLD_TAKEN;
	}
	if (config_holder == FL_HOLDER_FQ)
		return hold_by_fq(skb, ask);
	if (config_holder == FL_HOLDER_PROCESS)
		return hold_by_process(skb, ask);
	return HOLD_NOBODY;
}
