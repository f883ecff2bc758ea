/* SPDX-License-Identifier: GPL-2.0-only */
/* The entries. progs.def says which of them are loaded, and where they go. */
#include "maps.h"

#include "back.h"
#include "ctx_tc.h"
#include "ctx_xdp.h"
#include "effect.h"
#include "fast_tc.h"
#include "fast_xdp.h"

SEC("xdp")
int faultline_xdp(struct xdp_md *ctx)
{
	return xdp_run(ctx);
}

/*
 * The short programs in front of the whole ones. Those are in map "jumps" or
 * "jumps_tc" before these are attached: a packet passes uncounted only while
 * detach takes them away.
 */
SEC("xdp")
int faultline_fast(struct xdp_md *ctx)
{
	int verdict = fast_xdp_run(ctx);

	if (fl_likely(verdict != FAST_SLOW))
		return fast_xdp_end(ctx, verdict);
	bpf_tail_call(ctx, &jumps, 0);
	return XDP_PASS;
}

SEC("tc")
int faultline_fast_in(struct __sk_buff *skb)
{
	int verdict = fast_tc_run(skb, FL_IN);

	if (fl_likely(verdict != FAST_SLOW))
		return fast_tc_end(skb, FL_IN, verdict);
	if (fast_tc_is_ours(skb))
		return TC_ACT_UNSPEC;
	bpf_tail_call(skb, &jumps_tc, FL_IN);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int faultline_fast_out(struct __sk_buff *skb)
{
	int verdict = fast_tc_run(skb, FL_OUT);

	if (fl_likely(verdict != FAST_SLOW))
		return fast_tc_end(skb, FL_OUT, verdict);
	if (fast_tc_is_ours(skb))
		return TC_ACT_UNSPEC;
	bpf_tail_call(skb, &jumps_tc, FL_OUT);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int faultline_in(struct __sk_buff *skb)
{
	return tc_run(skb, FL_IN);
}

SEC("tc")
int faultline_out(struct __sk_buff *skb)
{
	return tc_run(skb, FL_OUT);
}

/* In the place of faultline_in where faultline_xdp decides. */
SEC("tc")
int faultline_late(struct __sk_buff *skb)
{
	return tc_run_ticket(skb);
}

/* Where the three above go on when there is more to do than to drop. */
SEC("tc")
int faultline_effect(struct __sk_buff *skb)
{
	return effect_enter(skb);
}

/* At tc ingress of the ways: packets on their way in, and on their way out. */
SEC("tc")
int faultline_back_in(struct __sk_buff *skb)
{
	return back_run(skb, FL_IN);
}

SEC("tc")
int faultline_back_out(struct __sk_buff *skb)
{
	return back_run(skb, FL_OUT);
}

/* Run once, from user space. */
SEC("tc")
int faultline_probe(struct __sk_buff *skb)
{
	return probe_send(skb);
}

/* Tells user space the time that struct fl_flow.seen is in. */
SEC("syscall")
int faultline_ticks(struct fl_clock *now)
{
	now->jiffies = bpf_jiffies64();
	now->boot_ns = bpf_ktime_get_boot_ns();
	return 0;
}

char _license[] SEC("license") = "GPL";
