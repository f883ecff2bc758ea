/* SPDX-License-Identifier: GPL-2.0-only */
#include "flip.h"

static __u32 pair_at(const unsigned char *frame, __u32 length, __u32 at)
{
	return (__u32)frame[at] << 8 | (at + 1 < length ? frame[at + 1] : 0);
}

/* RFC 1624: the sum goes on covering the pair at @at, which was @was. */
static void mend(unsigned char *frame, const struct fl_flip *flip, __u32 was,
		 __u32 is)
{
	__u32 old = pair_at(frame, ~0u, flip->sum), sum;

	if (flip->sum_is_optional && !old)
		return;
	sum = (~old & 0xffff) + (~was & 0xffff) + is;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	if (flip->sum_is_optional && !sum)
		sum = 0xffff;
	frame[flip->sum] = (unsigned char)(sum >> 8);
	frame[flip->sum + 1] = (unsigned char)sum;
}

void flip_bit(unsigned char *frame, __u32 length, const struct fl_flip *flip)
{
	__u32 pair = flip->at - ((flip->at - flip->upper) & 1);
	__u32 was = pair_at(frame, length, pair);

	frame[flip->at] ^= flip->mask;
	if (flip->sum)
		mend(frame, flip, was, pair_at(frame, length, pair));
}
