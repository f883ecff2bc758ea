/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way, for what nearly every packet is: TCP, UDP or ICMP echo in
 * plain IPv4 or IPv6, whose only rule, if any, is one that compile_action()
 * calls fast. Everything else goes to the whole program by a tail call, with
 * nothing touched and nothing counted. There is no call but for a packet that
 * is held, and in a flow that this CPU owns no locked instruction. With many
 * flows each instruction before the slot's load costs more than a nanosecond:
 * tests/kernel/budget_test.c counts them.
 */
#pragma once

#include "move.h"

#define FAST_SLOW FL_FAST_NONE
#define FAST_PASS FL_FAST_PASS
#define FAST_DROP FL_FAST_DROP
#define FAST_HOLD FL_FAST_HOLD /* there is work in the scratch */

/* Where the upper header is. */
#define FAST_V4 34
#define FAST_V6 54

/* Whoever owns the flow. */
#define FAST_ANYBODY (FL_TUPLE_EPOCH | FL_TUPLE_OWNER)

struct fast_rule {
	const struct fl_action *action;
	struct fl_counters *counters;
	__u32 ticks;
};

/* Of an echo request or reply; its identifier stands for both ports. */
FL_INLINE int fast_echo(__u8 *upper, __u32 proto, int v6, struct fl_key *key)
{
	__u64 id = *(__u16 *)(upper + 4);
	__u8 type = upper[0];

	if (v6 ? proto != IPPROTO_ICMPV6 || (type & 0xfe) != 128 :
		 proto != IPPROTO_ICMP || type & ~8)
		return 0;
	key->tuple = (id << 16 | id) << 32 | proto << 24 | FL_TUPLE_VALID;
	return 1;
}

/* Ports, and that the header is whole and true. @length: from it on. */
FL_INLINE int fast_upper(__u8 *packet, void *end, __u32 at, __u32 proto,
			 __u32 length, __u32 side, struct fl_key *key)
{
	__u8 *upper = packet + at;
	__u32 ports;

	if ((void *)(upper + 8) > end)
		return 0;
	if (proto == IPPROTO_TCP) {
		__u32 header;

		if ((void *)(upper + 20) > end)
			return 0;
		header = (upper[12] >> 4) * 4;
		if (header < 20 || (__s32)header > (__s32)length)
			return 0;
	} else if ((__s32)length < 8) {
		return 0;
	} else if (fl_unlikely(proto != IPPROTO_UDP)) {
		return fast_echo(upper, proto, at == FAST_V6, key);
	}
	/* The source's is the low half, the place of the remote one. */
	ports = *(__u32 *)upper;
	if (side == FL_OUT)
		ports = ports >> 16 | ports << 16;
	key->tuple = (__u64)ports << 32 | proto << 24 | FL_TUPLE_VALID;
	return 1;
}

FL_INLINE __u32 fast_v4(__u8 *packet, void *end, __u32 side, struct fl_key *key)
{
	__u32 length = bpf_ntohs(*(__u16 *)(packet + 16));
	__u64 addresses;

	/* No options, no fragment. */
	if (packet[14] != 0x45 || *(__u16 *)(packet + 20) & bpf_htons(0x3fff) ||
	    !fast_upper(packet, end, FAST_V4, packet[23], length - 20, side,
			key))
		return 0;
	addresses = *(fl_word *)(packet + 26);
	if (side == FL_OUT)
		addresses = addresses >> 32 | addresses << 32;
	key->w0 = addresses;
	return length + ETH_HLEN;
}

FL_INLINE __u32 fast_v6(__u8 *packet, void *end, __u32 side, struct fl_key *key)
{
	const __u32 remote = side == FL_IN ? 22 : 38;
	const __u32 local = side == FL_IN ? 38 : 22;
	__u32 length;

	if ((void *)packet + 62 > end || packet[14] >> 4 != 6)
		return 0;
	length = bpf_ntohs(*(__u16 *)(packet + 18));
	if (!length ||
	    !fast_upper(packet, end, FAST_V6, packet[20], length, side, key))
		return 0;
	key->tuple |= FL_TUPLE_V6;
	key->v6[0] = *(fl_word *)(packet + remote + 8);
	key->v6[1] = *(fl_word *)(packet + remote);
	key->v6[2] = *(fl_word *)(packet + local);
	key->v6[3] = *(fl_word *)(packet + local + 8);
	key->w0 = key_fold6(key->v6, config_seed, config_secret);
	return length + 40 + ETH_HLEN;
}

/* Bytes of the frame, by its IP header, and the key but for its hash; 0: not
 * for the short way. */
FL_INLINE __u32 fast_parse(void *data, void *end, __u32 side,
			   struct fl_key *key)
{
	__u8 *packet = data;
	__u16 proto;

	if (data + 42 > end)
		return 0;
	proto = *(__u16 *)(packet + 12);
	if (fl_likely(proto == bpf_htons(ETH_P_IP)))
		return fast_v4(packet, end, side, key);
	if (proto != bpf_htons(ETH_P_IPV6))
		return 0;
	return fast_v6(packet, end, side, key);
}

/* Whether the part is the key's, but for the bits @loose of its @tuple. */
FL_INLINE int fast_is(const struct fl_flow *flow, __u64 w0, __u64 tuple,
		      __u64 loose, __u64 *is)
{
	*is = *(volatile const __u64 *)&flow->tuple;
	return !((*is ^ tuple) & ~loose) &&
	       *(volatile const __u64 *)&flow->w0 == w0;
}

/* The part of @side, near its home, whoever owns it, and its @tuple. */
FL_INLINE struct fl_flow *fast_find(const struct fl_key *key, __u32 side,
				    __u32 home, __u32 *at, __u64 *tuple)
{
#pragma unroll
	for (__u32 way = 0; way < FL_FLOW_NEAR; way++) {
		struct fl_flow *flow = map_flow_of(home ^ way, side);

		*at = home ^ way;
		if (!flow)
			return 0;
		if (fast_is(flow, key->w0, key->tuple, FAST_ANYBODY, tuple))
			return flow;
	}
	return 0;
}

/* The rule of @cand, if it is in force and fast. */
FL_INLINE const struct fl_action *fast_action(__u32 cand, __u32 *ticks)
{
	const struct fl_action *action = map_action(cand & FL_HANDLE_MASK);
	__u64 boot_ns, expiry_ns = *(volatile __u64 *)&action->expiry_ns;
	int fresh = clock_fresh(ticks, &boot_ns);

	/* Once in a tick the whole program looks at the time. */
	if (fl_unlikely(expiry_ns != FL_NEVER &&
			(!fresh || boot_ns >= expiry_ns)))
		return 0;
	return action->fast == FL_FAST_NONE ? 0 : action;
}

/* What becomes of packet @number of the flow. */
FL_INLINE int fast_decide(const struct fl_action *action,
			  const struct fl_key *key, __u64 number, __u64 *draw)
{
	if (action->fast < FL_FAST_LOSS)
		return (int)action->fast;
	*draw = fl_draw(action->seed, key_identity(key), number);
	if (fl_chance(action->fast_loss_u32, (__u32)(*draw >> 32)))
		return FAST_DROP;
	return fl_likely(action->fast == FL_FAST_LOSS) ? FAST_PASS : FAST_HOLD;
}

/*
 * A packet to be held, counted as the whole program does: no counters of the
 * short way are for it. Out of line, for the sake of those that are not held.
 */
FL_GLOBAL int fast_hold(__u64 draw, __u32 id, __u32 index, __u32 side)
{
	volatile struct fl_counters *counters = map_counters(id, side & 1);
	struct fl_scratch *scratch = map_scratch();

	if (!counters || !scratch)
		return 0;
	counters->packets++;
	counters->segments++;
	counters->reason[FL_REASON_HELD]++;
	scratch->work = (struct fl_work){
		.draw = draw,
		.fate = FL_FATE(HOLD) | FL_REASON_PASSED,
		.index = index,
		.id = id,
		.side = side,
	};
	return 0;
}

/* Of the flow at @index. */
FL_INLINE void fast_count(const struct fast_rule *rule, __u32 bytes,
			  int verdict, __u64 draw, __u32 index, __u32 side)
{
	volatile struct fl_counters *counters = rule->counters;

	counters->bytes += bytes;
	if (verdict == FAST_DROP)
		counters->fast_dropped++;
	else if (fl_likely(verdict == FAST_PASS))
		counters->fast_passed++;
	else
		fast_hold(draw, rule->action->id, index, side);
}

/* What the flow's first rule says, and where it counts; 0: it is not for the
 * short way. */
FL_INLINE int fast_rule(const struct fl_flow *flow, __u32 side,
			struct fast_rule *rule)
{
	__u32 word = *(volatile const __u32 *)&flow->word;

	if (fl_unlikely(FL_WORD_GENERATION(word) !=
			*(volatile __u32 *)&map_control()->generation))
		return 0;
	rule->action = fast_action(word, &rule->ticks);
	if (fl_unlikely(!rule->action))
		return 0;
	rule->counters = map_counters(rule->action->id, side);
	return rule->counters != 0;
}

/* In a flow that nobody owns. */
FL_INLINE int fast_share(const struct fl_key *key, __u32 bytes, __u32 side,
			 __u32 self, struct fl_flow *flow, __u32 index)
{
	struct fl_flow_side *more = flow_side(index, side);
	struct fast_rule rule;
	__u64 number, tuple, draw = 0;
	int verdict;

	if (!more || !fast_rule(flow, side, &rule) ||
	    (self && seat_wants(more, self, rule.ticks)))
		return FAST_SLOW;
	/* Once more: the slot may have just gone to another flow. */
	if (!fast_is(flow, key->w0, key->tuple, FAST_ANYBODY, &tuple))
		return FAST_SLOW;
	number = seat_count_shared(more, bytes);
	if (number == SEAT_NO_NUMBER)
		return FAST_SLOW;
	flow->seen = rule.ticks;
	verdict = fast_decide(rule.action, key, number, &draw);
	if (verdict == FAST_DROP)
		__sync_fetch_and_add(&more->dropped, 1);
	fast_count(&rule, bytes, verdict, draw, index, side);
	return verdict;
}

/* In a flow that this CPU owns. */
FL_INLINE int fast_own(const struct fl_key *key, __u32 bytes, __u32 side,
		       struct fl_flow *flow, __u32 index, __u32 home,
		       __u64 tuple)
{
	struct fast_rule rule;
	__u64 hot, draw = 0;
	int verdict;

	if (!fast_rule(flow, side, &rule))
		return FAST_SLOW;
	hot = *(volatile __u64 *)&flow->counts;
	if (fl_unlikely(flow_is_due(index ^ home, hot & FL_HOT_PACKETS)))
		return FAST_SLOW;
	verdict = fast_decide(rule.action, key, fl_flow_numbered(tuple, hot),
			      &draw);
	flow->seen = rule.ticks;
	owner_count(flow, index, side, hot, bytes, verdict == FAST_DROP);
	fast_count(&rule, bytes, verdict, draw, index, side);
	return verdict;
}

/* Announced: FAST_*; for FAST_SLOW nothing was done. */
FL_INLINE int fast_go(const struct fl_key *key, __u32 bytes, __u32 side,
		      __u32 self, __u32 home)
{
	struct fl_flow *flow = map_flow_of(home, side);
	__u64 tuple;
	__u32 index;

	if (!flow)
		return FAST_SLOW;
	if (fl_likely(fast_is(flow, key->w0, key->tuple | self, FL_TUPLE_EPOCH,
			      &tuple) &&
		      self))
		return fast_own(key, bytes, side, flow, home, home, tuple);
	flow = fast_find(key, side, home, &index, &tuple);
	if (!flow)
		return FAST_SLOW;
	if (!(tuple & FL_TUPLE_OWNER))
		return fast_share(key, bytes, side, self, flow, index);
	if ((tuple & FL_TUPLE_OWNER) != self)
		return FAST_SLOW;
	return fast_own(key, bytes, side, flow, index, home, tuple);
}

/* What becomes of the packet that was parsed. */
FL_INLINE int fast_run(struct fl_key *key, __u32 bytes, __u32 side)
{
	struct fl_run *run = map_run();
	__u32 home;
	int verdict;

	if (!run)
		return FAST_SLOW;
	key->hash = key_slot(key->w0, key->tuple, config_seed);
	home = flow_home(key);
	run_enter(run, owner_set(home));
	verdict = fast_go(key, bytes, side, run->owner, home);
	run_leave(run);
	return verdict;
}
