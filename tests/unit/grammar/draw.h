/* SPDX-License-Identifier: GPL-2.0-only */
/* Random values of each TYPE of fields.def and impairs.def: random_TYPE(). */
#pragma once

#include <stdint.h>
#include <string.h>

#include <faultline/decide.h>

static __u64 state = 20240229;

static __u64 draw(void)
{
	return fl_draw(state++, 0, 0);
}

/* Small and large values alike: any number of significant bits. */
static __u64 between(__u64 min, __u64 max)
{
	__u64 value = draw() >> (draw() & 63);

	if (draw() % 16 == 0)
		return draw() & 1 ? min : max;
	return max - min == UINT64_MAX ? value : min + value % (max - min + 1);
}

static unsigned int family; /* all addresses of a rule have the same */

static void random_PROTO(void *value)
{
	static const __u8 known[] = { 1, 6, 17, 58, 132 };

	*(__u8 *)value = (__u8)(draw() & 1 ? known[draw() % sizeof(known)] :
					     between(0, 255));
}

static void random_PREFIX(void *value)
{
	struct fl_prefix *prefix = value;
	unsigned int bits = family == 6 ? 128 : 32;

	prefix->family = (__u8)family;
	prefix->length = (__u8)(draw() & 1 ? bits : between(0, bits));
	for (unsigned int i = 0; i < prefix->length; i++) {
		if (draw() & 1)
			prefix->address_be[i / 8] |= (__u8)(0x80 >> i % 8);
	}
}

static void random_PORTS(void *value)
{
	struct fl_ports *ports = value;

	ports->low = (__u16)between(0, UINT16_MAX);
	ports->high = (__u16)(draw() & 1 ? ports->low :
					   between(ports->low, UINT16_MAX));
}

static void random_COUNT(void *value)
{
	struct fl_span *span = value;

	span->low = (__u32)between(1, UINT32_MAX);
	span->high = (__u32)(draw() & 1 ? span->low :
					  between(span->low, UINT32_MAX));
}

static void random_LENGTH(void *value)
{
	struct fl_span *span = value;

	random_COUNT(value);
	if (draw() % 8 == 0)
		span->low = 0;
}

static void random_VLAN(void *value)
{
	*(__u16 *)value = (__u16)between(0, FL_VLAN_NONE - 1);
}

static void random_SHARE(void *value)
{
	*(__u32 *)value = (__u32)between(0, FL_P_ONE);
}

static void random_DSCP(void *value)
{
	*(__u8 *)value = (__u8)(draw() % 64);
}

static void random_TCPFLAGS(void *value)
{
	struct fl_tcp_flags *flags = value;

	flags->mask = (__u8)between(1, 255);
	flags->value = (__u8)draw() & flags->mask;
}

static void random_PRESENT(void *value)
{
	*(__u16 *)value = 1;
}

static void random_number(void *value, __u64 min, __u64 max)
{
	*(__u32 *)value = (__u32)between(min, max);
}

static void random_bits(void *value, __u64 min, __u64 max)
{
	__typeof__(((union fl_params *)0)->pattern) *pattern = value;

	pattern->length = (__u32)between(min, max);
	for (__u32 i = 0; i < pattern->length; i++)
		pattern->bits[i / 64] |= (draw() & 1) << i % 64;
}

static void random_flag(void *value, __u64 min, __u64 max)
{
	(void)min;
	(void)max;
	*(__u32 *)value = draw() & 1;
}

static void random_part(void *value, __u64 min, __u64 max)
{
	(void)min;
	(void)max;
	*(__u32 *)value = (__u32)(draw() % 3);
}

/* The path is not among the parameters. */
static void random_trace(void *value, __u64 min, __u64 max)
{
	(void)value;
	(void)min;
	(void)max;
}

static void random_time(void *value, __u64 min, __u64 max)
{
	__u64 ns = between(min, max);

	memcpy(value, &ns, sizeof(ns));
}

static void random_bytes(void *value, __u64 min, __u64 max)
{
	__s64 bytes = (__s64)between(0, min + max) - (__s64)min;

	*(__s32 *)value = (__s32)bytes;
}

static void random_queue(void *value, __u64 min, __u64 max)
{
	struct fl_queue *queue = value;

	if (draw() & 1)
		random_time(&queue->time_ns, min, max);
	else
		queue->packets = (__u32)between(1, 1000000000);
}

#define random_TIME random_time
#define random_TIME32 random_number
#define random_RATE random_time
#define random_BYTES random_bytes
#define random_QUEUE random_queue
#define random_ORDERED random_flag
#define random_ECN random_flag
#define random_TABLE random_trace
#define random_PERCENT random_number
#define random_MEAN random_number
#define random_DSCP32 random_number
#define random_SILENT random_flag
#define random_DROP random_flag
#define random_PART random_part
#define random_TRACE random_trace
#define random_COUNT1 random_number
#define random_BITS random_bits
