/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The blocks of a pcapng: what is read and written again is the same, and
 * nothing in a file can make the reader go past it, or on for ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/rng.h>

#include "replay/capture_code.h"
#include "replay/ng_bytes.h"
#include "replay/ng_read.h"
#include "replay/ng_write.h"
#include "lib/tap.h"

#define FILE_MAX 4096
#define MUTANTS 20000

struct made {
	unsigned char bytes[FILE_MAX];
	__u32 length;
	__u32 ends[64]; /* of each block */
	__u32 count;
	bool big;
};

static void add(struct made *made, __u32 type, const void *body, __u32 length)
{
	__u32 all = ng_padded(length) + 12;
	unsigned char *at = made->bytes + made->length;

	ng_put32(at, type, made->big);
	ng_put32(at + 4, all, made->big);
	memset(at + 8, 0, all - 12);
	memcpy(at + 8, body, length);
	ng_put32(at + all - 4, all, made->big);
	made->length += all;
	made->ends[made->count++] = made->length;
}

static void add_section(struct made *made, bool big)
{
	unsigned char body[16];

	made->big = big;
	ng_put32(body, 0x1a2b3c4d, big);
	ng_put16(body + 4, 1, big);
	ng_put16(body + 6, 0, big);
	/* Of unknown length, as it is written. */
	memset(body + 8, 0xff, 8);
	add(made, NG_SECTION, body, sizeof(body));
}

static void add_interface(struct made *made, __u16 link, __u32 snap,
			  __u8 resolution)
{
	unsigned char body[8 + 8 + 12 + 4] = { 0 };

	ng_put16(body, link, made->big);
	ng_put32(body + 4, snap, made->big);
	ng_put16(body + 8, 9, made->big);
	ng_put16(body + 10, 1, made->big);
	body[12] = resolution;
	ng_put16(body + 16, 14, made->big);
	ng_put16(body + 18, 8, made->big);
	body[made->big ? 27 : 20] = 5; /* seconds */
	add(made, NG_INTERFACE, body, sizeof(body));
}

/* With a comment behind it. */
static void add_packet(struct made *made, __u32 type, __u16 interface,
		       __u32 length)
{
	unsigned char body[256] = { 0 };
	__u32 at = type == NG_SIMPLE ? 4 : 20;

	if (type == NG_SIMPLE) {
		ng_put32(body, length, made->big);
	} else {
		ng_put32(body, interface, made->big);
		if (type == NG_PACKET) {
			ng_put16(body, interface, made->big);
			ng_put16(body + 2, 7, made->big);
		}
		ng_put32(body + 8, 1000, made->big);
		ng_put32(body + 12, length, made->big);
		ng_put32(body + 16, length + 9, made->big);
	}
	memset(body + at, 'x', length);
	at += ng_padded(length);
	if (type != NG_SIMPLE) {
		ng_put16(body + at, 1, made->big);
		ng_put16(body + at + 2, 3, made->big);
		memcpy(body + at + 4, "why", 3);
		at += 12;
	}
	add(made, type, body, at);
}

/* Every kind of block, in both orders of bytes. */
static void make(struct made *made)
{
	memset(made, 0, sizeof(*made));
	for (int big = 0; big < 2; big++) {
		add_section(made, big);
		add_interface(made, 1, 0, 6);
		add(made, 4, "names", 5);
		add_packet(made, NG_ENHANCED, 0, 61);
		add_interface(made, 101, 32, 9);
		add_packet(made, NG_ENHANCED, 1, 32);
		add_packet(made, NG_SIMPLE, 0, 33);
		add_packet(made, NG_PACKET, 1, 30);
		add_packet(made, NG_ENHANCED, 0, 0);
		add(made, 0x80000bad, "custom", 6);
	}
}

struct result {
	int code;
	__u32 packets, sections, moved;
	struct sample_capture facts;
	struct fl_error error;
	char *written;
	size_t size;
};

static void read_all(struct ng_reader *r, FILE *out, struct result *result)
{
	struct capture_frame frame;
	__u64 ticks;

	while ((result->code = ng_read(r, &frame, &result->error)) < 0) {
		if (result->code != CAPTURE_MORE) {
			result->sections += result->code == CAPTURE_SECTION;
			ng_write_block(out, &r->part);
			continue;
		}
		result->packets++;
		ticks = frame.ticks;
		ng_frame_set_time(r, &frame, ng_frame_time_ns(r, &frame));
		result->moved += ticks != frame.ticks;
		ng_write_frame(out, r->section.is_big, &frame);
	}
}

/* @bytes are in memory of their own size. */
static void run(const unsigned char *bytes, __u32 length, struct result *result)
{
	unsigned char *copy = malloc(length);
	struct ng_reader *r = NULL;
	FILE *in, *out;

	memset(result, 0, sizeof(*result));
	memcpy(copy, bytes, length);
	in = fmemopen(copy, length, "r");
	out = open_memstream(&result->written, &result->size);
	result->code = ng_open(in, "x", &result->facts, &r, &result->error);
	if (!result->code)
		read_all(r, out, result);
	fclose(out);
	ng_close(r);
	free(copy);
}

static void test_whole(const struct made *made)
{
	struct result result;

	run(made->bytes, made->length, &result);
	tap_is_u64((__u64)result.code, 0, "is read");
	tap_is_u64(result.packets, 10, "all packets");
	tap_is_u64(result.sections, 2, "both sections");
	tap_is_u64(result.moved, 0, "the time is the same there and back");
	tap_is_u64(result.facts.interfaces, 4, "four interfaces");
	tap_is_u64(result.facts.link_count, 2, "of two link types");
	tap_is_u64(result.facts.links[1].packets, 4, "with their packets");
	tap_ok(result.size == made->length &&
		       !memcmp(result.written, made->bytes, made->length),
	       "what is written is what was read");
	free(result.written);
}

static bool is_end(const struct made *made, __u32 length)
{
	for (__u32 i = 0; i < made->count; i++)
		if (made->ends[i] == length)
			return true;
	return false;
}

/* Cut off anywhere: told, and the blocks before are written. */
static void test_cut(const struct made *made)
{
	__u32 wrong = 0;

	for (__u32 length = 1; length < made->length; length++) {
		struct result result;
		int want = length < made->ends[0] ? FL_EXIT_ERROR :
			   is_end(made, length)	  ? 0 :
						    FL_EXIT_CUT_OFF;

		run(made->bytes, length, &result);
		wrong += result.code != want ||
			 memcmp(result.written, made->bytes, result.size) ||
			 result.size > length;
		free(result.written);
	}
	tap_is_u64(wrong, 0, "cut off at each of %u bytes", made->length);
}

struct lie {
	const char *name;
	__u32 block; /* in the first section */
	__u32 at;    /* in the block */
	__u32 value;
	const char *why;
};

static const struct lie lies[] = {
	{ "length 0", 3, 4, 0, "too short" },
	{ "length 1", 3, 4, 1, "too short" },
	{ "length 8", 3, 4, 8, "too short" },
	{ "length 13", 3, 4, 13, "multiple of 4" },
	{ "length 2^32 - 1", 3, 4, ~0u, "16 MiB" },
	{ "length 2^32 - 4", 3, 4, ~3u, "16 MiB" },
	{ "length 16 MiB + 4", 3, 4, (16u << 20) + 4, "16 MiB" },
	{ "a section of 24 bytes", 0, 4, 24, "too short" },
	{ "another order", 0, 8, 0x12345678, "no order of bytes" },
	{ "version 2", 0, 12, 2, "a version other than 1" },
	{ "an interface of 12 bytes", 1, 4, 12, "differ" },
	{ "an option past its block", 1, 16, 0x00ff0009, "an option" },
	{ "an interface that is not there", 3, 8, 1, "not there" },
	{ "interface 2^32 - 1", 3, 8, ~0u, "not there" },
	{ "a packet past its block", 3, 20, 256, "longer than its block" },
	{ "a packet of 2^32 - 1", 3, 20, ~0u, "longer than its block" },
	{ "a simple packet past its block", 6, 8, 1000,
	  "longer than its block" },
	{ "an obsolete packet past its block", 7, 20, 256,
	  "longer than its block" },
};

static void test_lie(const struct made *made, const struct lie *lie)
{
	struct made lying = *made;
	__u32 begin = lie->block ? made->ends[lie->block - 1] : 0;
	struct result result;

	ng_put32(lying.bytes + begin + lie->at, lie->value, false);
	run(lying.bytes, lying.length, &result);
	tap_ok(result.code == FL_EXIT_ERROR &&
		       strstr(result.error.text, lie->why),
	       "%s: %s", lie->name, result.error.text);
	free(result.written);
}

static void test_trailing(const struct made *made)
{
	struct made lying = *made;
	struct result result;

	for (__u32 i = 0; i < 4; i++) {
		lying.bytes[made->ends[3] - 1 - i] ^= 4;
		run(lying.bytes, lying.length, &result);
		tap_ok(result.code == FL_EXIT_ERROR &&
			       strstr(result.error.text, "differ"),
		       "another length at the end, byte %u", i);
		lying.bytes[made->ends[3] - 1 - i] ^= 4;
		free(result.written);
	}
}

/* A few bytes are anything. The sanitizers watch; it always ends. */
static void test_mutants(const struct made *made)
{
	__u32 codes[FL_EXIT_CUT_OFF + 1] = { 0 };

	for (__u64 i = 0; i < MUTANTS; i++) {
		struct made mutant = *made;
		__u64 times = fl_draw(2, i, 0) % 4 + 1;
		struct result result;

		for (__u64 k = 1; k <= times; k++) {
			__u64 draw = fl_draw(2, i, k);

			mutant.bytes[(draw >> 8) % made->length] =
				(unsigned char)draw;
		}
		run(mutant.bytes, mutant.length, &result);
		codes[result.code]++;
		free(result.written);
	}
	tap_ok(codes[0] && codes[FL_EXIT_ERROR],
	       "mutants: %u read, %u refused, %u cut off", codes[0],
	       codes[FL_EXIT_ERROR], codes[FL_EXIT_CUT_OFF]);
}

int main(void)
{
	static struct made made;

	make(&made);
	test_whole(&made);
	test_cut(&made);
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++)
		test_lie(&made, &lies[i]);
	test_trailing(&made);
	test_mutants(&made);
	return tap_done();
}
