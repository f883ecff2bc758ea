/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way, for what nearly every packet is: TCP or UDP in plain IPv4 or
 * IPv6, of a flow that this CPU owns, whose only rule, if any, is one that
 * compile_action() calls fast. Everything else is tail-called to the whole
 * program, with nothing touched and nothing counted. No locked instruction, no
 * call. With many flows each instruction before the slot's load costs more than
 * a nanosecond: tests/check/budget.sh counts them.
 */
#pragma once

#include "ctx_xdp.h"

#define FAST_SLOW -1

struct fl_fast_key {
	__u64 w0, tuple, v6[4];
	__u32 bytes;
};

/* Ports, and that the header is whole and true. @length: from it on. */
FL_INLINE int fast_upper(__u8 *packet, void *end, __u32 at, __u32 proto,
			 __u32 length, __u32 flags, struct fl_fast_key *key)
{
	__u8 *upper = packet + at;

	if ((void *)(upper + 8) > end)
		return 0;
	if (proto == IPPROTO_TCP) {
		__u32 header;

		if ((void *)(upper + 20) > end)
			return 0;
		header = (upper[12] >> 4) * 4;
		if (header < 20 || (__s32)header > (__s32)length)
			return 0;
	} else if (proto != IPPROTO_UDP || (__s32)length < 8) {
		return 0;
	}
	key->tuple = (__u64)(*(__u32 *)upper) << 32 | proto << 24 | flags;
	return 1;
}

FL_INLINE int fast_v4(__u8 *packet, void *end, struct fl_fast_key *key)
{
	__u32 length = bpf_ntohs(*(__u16 *)(packet + 16));

	/* No options, no fragment. */
	if (packet[14] != 0x45 || *(__u16 *)(packet + 20) & bpf_htons(0x3fff) ||
	    !fast_upper(packet, end, 34, packet[23], length - 20,
			FL_TUPLE_VALID, key))
		return 0;
	/* Source and destination: remote and local, as they come in. */
	key->w0 = *(fl_word *)(packet + 26);
	key->bytes = length + ETH_HLEN;
	return 1;
}

FL_INLINE int fast_v6(__u8 *packet, void *end, struct fl_fast_key *key)
{
	__u32 length;

	if ((void *)packet + 62 > end || packet[14] >> 4 != 6)
		return 0;
	length = bpf_ntohs(*(__u16 *)(packet + 18));
	if (!length || !fast_upper(packet, end, 54, packet[20], length,
				   FL_TUPLE_VALID | FL_TUPLE_V6, key))
		return 0;
	key->v6[0] = *(fl_word *)(packet + 30);
	key->v6[1] = *(fl_word *)(packet + 22);
	key->v6[2] = *(fl_word *)(packet + 38);
	key->v6[3] = *(fl_word *)(packet + 46);
	key->w0 = key_fold6(key->v6, config_seed);
	key->bytes = length + 40 + ETH_HLEN;
	return 1;
}

/* 0: not for the short way. A frame ends where its IP header says, or has been
 * padded to the least that Ethernet sends. */
FL_INLINE int fast_parse(void *data, void *end, struct fl_fast_key *key)
{
	__u8 *packet = data;
	__u16 proto;
	void *last;

	if (data + 42 > end)
		return 0;
	proto = *(__u16 *)(packet + 12);
	if (fl_likely(proto == bpf_htons(ETH_P_IP))) {
		if (!fast_v4(packet, end, key))
			return 0;
	} else if (proto != bpf_htons(ETH_P_IPV6) ||
		   !fast_v6(packet, end, key)) {
		return 0;
	}
	if (fl_unlikely(key->bytes < ETH_ZLEN) && data + ETH_ZLEN <= end)
		key->bytes = ETH_ZLEN;
	last = data + key->bytes;
	return last <= end && last + 1 > end;
}

FL_INLINE int fast_is(const struct fl_flow *flow, const struct fl_fast_key *key)
{
	return !((*(volatile const __u64 *)&flow->tuple ^ key->tuple) &
		 ~FL_TUPLE_EPOCH) &&
	       flow->w0 == key->w0;
}

/* A flow of this CPU, near its home. key->tuple has the owner in it. */
FL_INLINE struct fl_flow *fast_find(const struct fl_fast_key *key, __u32 home,
				    __u32 *at)
{
	struct fl_flow *flow = map_flow(home);

	*at = home;
	if (!flow)
		return 0;
	if (fl_likely(fast_is(flow, key)))
		return flow;
#pragma unroll
	for (__u32 way = 1; way < FL_FLOW_NEAR; way++) {
		*at = home ^ way;
		flow = map_flow(*at);
		if (!flow)
			return 0;
		if (fast_is(flow, key))
			return flow;
	}
	return 0;
}

/* Whether the packet is dropped. */
FL_INLINE __u32 fast_decide(const struct fl_action *action,
			    const struct fl_fast_key *key, __u64 tuple,
			    __u64 hot)
{
	__u64 addresses = key->w0, draw;

	if (action->fast != FL_FAST_LOSS)
		return action->fast == FL_FAST_DROP;
	if (key->tuple & FL_TUPLE_V6)
		addresses = key_identity6(key->v6);
	draw = fl_draw(action->seed,
		       key_identity_of(addresses, key->tuple & ~FL_TUPLE_OWNER),
		       fl_flow_numbered(tuple, hot));
	return (__u32)fl_chance(action->fast_loss_u32, (__u32)(draw >> 32));
}

FL_INLINE void fast_count(volatile struct fl_counters *counters, __u32 bytes,
			  __u32 dropped)
{
	counters->bytes += bytes;
	if (dropped)
		counters->fast_dropped++;
	else
		counters->fast_passed++;
}

/* Within a run: XDP_*, or FAST_SLOW with nothing done. */
FL_INLINE int fast_packet(const struct fl_fast_key *key, __u32 home)
{
	struct fl_counters *counters;
	const struct fl_action *action;
	struct fl_flow *flow;
	__u32 index, word, dropped, ticks;
	__u64 boot_ns, hot;

	flow = fast_find(key, home, &index);
	if (fl_unlikely(!flow))
		return FAST_SLOW;
	word = *(volatile __u32 *)&flow->word;
	if (fl_unlikely(FL_WORD_GENERATION(word) !=
			*(volatile __u32 *)&control.generation))
		return FAST_SLOW;
	action = &actions[word & FL_ID_MASK];
	if (fl_unlikely(!clock_fresh(&ticks, &boot_ns) ||
			boot_ns >= action->expiry_ns ||
			action->fast == FL_FAST_NONE))
		return FAST_SLOW;
	counters = map_counters(action->count, FL_IN);
	if (!counters)
		return FAST_SLOW;
	hot = *(volatile __u64 *)&flow->counts;
	if (fl_unlikely(flow_is_due(index ^ home, hot & FL_HOT_PACKETS)))
		return FAST_SLOW;
	dropped = fast_decide(action, key, flow->tuple, hot);
	flow->seen = ticks;
	owner_count(flow, index, hot, key->bytes, dropped);
	fast_count(counters, key->bytes, dropped);
	return dropped ? XDP_DROP : XDP_PASS;
}

FL_INLINE int fast_run(struct xdp_md *ctx)
{
	struct fl_fast_key key;
	struct fl_run *run;
	__u32 home;
	int verdict;

	if (!fast_parse((void *)(long)ctx->data, (void *)(long)ctx->data_end,
			&key))
		return FAST_SLOW;
	run = map_run();
	if (!run)
		return FAST_SLOW;
	home = (__u32)(key_slot(key.w0, key.tuple, config_seed) >> 32) &
	       config_slot_mask;
	key.tuple |= run->owner;
	run_enter(run, owner_set(home));
	verdict = fast_packet(&key, home);
	run_leave(run);
	return verdict;
}
