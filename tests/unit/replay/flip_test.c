/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits turned over, and a checksum over them that stays good. */
#include <string.h>

#include <faultline/rng.h>

#include "replay/flip.h"
#include "lib/tap.h"

#define SIZE 40
#define UPPER 3 /* at an odd place, as behind some link headers */
#define SUM (UPPER + 6)

static __u32 sum_of(const unsigned char *frame, __u32 length)
{
	__u32 sum = 0;

	for (__u32 i = UPPER; i < length; i++)
		sum += (i - UPPER) & 1 ? frame[i] : (__u32)frame[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Random bytes under a good sum. */
static void make(unsigned char *frame, __u32 length, __u64 draw)
{
	__u32 sum;

	for (__u32 i = 0; i < length; i++)
		frame[i] = (unsigned char)fl_draw(1, draw, i);
	frame[SUM] = frame[SUM + 1] = 0;
	sum = ~sum_of(frame, length) & 0xffff;
	frame[SUM] = (unsigned char)(sum >> 8);
	frame[SUM + 1] = (unsigned char)sum;
}

static bool is_mended(__u32 length, __u32 at, __u8 bit, __u64 draw)
{
	struct fl_flip flip = {
		.at = at, .sum = SUM, .upper = UPPER, .mask = (__u8)(1u << bit)
	};
	unsigned char frame[SIZE], was[SIZE];

	make(frame, length, draw);
	memcpy(was, frame, length);
	flip_bit(frame, length, &flip);
	return frame[at] == (was[at] ^ flip.mask) &&
	       sum_of(frame, length) == 0xffff;
}

static void test_optional(void)
{
	struct fl_flip flip = { .at = 20,
				.sum = SUM,
				.upper = UPPER,
				.mask = 1,
				.sum_is_optional = 1 };
	unsigned char frame[SIZE] = { 0 };

	flip_bit(frame, SIZE, &flip);
	tap_ok(frame[20] == 1 && !frame[SUM] && !frame[SUM + 1],
	       "no sum: none is made");
	memset(frame, 0, sizeof(frame));
	frame[SUM + 1] = 1;
	flip_bit(frame, SIZE, &flip);
	tap_ok(frame[SUM] == 0xff && frame[SUM + 1] == 0xff,
	       "a sum of 0 is written as one that is there");
	flip.sum = 0;
	memset(frame, 0, sizeof(frame));
	flip_bit(frame, SIZE, &flip);
	tap_ok(frame[20] == 1 && !frame[SUM + 1],
	       "no sum wanted: the bit only");
}

int main(void)
{
	bool good = true;

	for (__u64 draw = 0; draw < 200; draw++) {
		for (__u32 at = SUM + 2; at < SIZE; at++) {
			__u8 bit = (__u8)(draw % 8);

			good &= is_mended(SIZE, at, bit, draw);
			good &= is_mended(at + 1, at, bit, draw);
		}
	}
	tap_ok(good, "every bit, also the last byte of a packet");
	test_optional();
	return tap_done();
}
