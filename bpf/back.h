/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes back from the holder goes on from where it was taken. */
#pragma once

#include "holder.h"

/* Others' packets may stray onto our devices: those are not let through. */
FL_INLINE int back_run(struct __sk_buff *skb, __u32 side)
{
	if (!holder_back(skb, side))
		return TC_ACT_SHOT;
	ticket_mark(skb, TICKET_OURS);
	return (int)bpf_redirect(config_ifindex,
				 side == FL_IN ? BPF_F_INGRESS : 0);
}
