/* SPDX-License-Identifier: GPL-2.0-only */
#include "labels.h"

#include <linux/if_ether.h>

static __u32 place_of(__u32 mark, __u32 priority)
{
	return (mark * 0x9e3779b1u ^ priority * 0x85ebca6bu) >>
	       (32 - HOLD_LABEL_BITS);
}

/*
 * The number of such a label, which the programs know from here on: for the
 * next few hundred other ones, which is longer than the kernel takes. Where
 * labels stand is remembered by place, and two may want the same place: then
 * they are written anew each time.
 */
static __u32 find(struct guest *guest, __u32 mark, __u32 priority)
{
	__u16 *at = &guest->label_at[place_of(mark, priority)];
	struct fl_label *labels = guest->dev->labels;

	if (!mark && !priority)
		return 0;
	if (*at && labels[*at].mark == mark && labels[*at].priority == priority)
		return *at;
	guest->label_last = guest->label_last % (FL_LABELS - 1) + 1;
	*at = (__u16)guest->label_last;
	labels[*at] = (struct fl_label){ mark, priority };
	return *at;
}

void labels_write(struct hold_packet *packet)
{
	__u8 *tag = packet->data + sizeof(struct virtio_net_hdr) + LABEL_AT;
	__u32 label = find(packet->guest, packet->mark, packet->priority);

	tag[0] = ETH_P_8021Q >> 8;
	tag[1] = ETH_P_8021Q & 255;
	tag[2] = (__u8)(label >> 8);
	tag[3] = (__u8)label;
}
