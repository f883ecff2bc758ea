/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay FILE.pcap: every frame of a capture of Ethernet through the real XDP
 * program by BPF_PROG_TEST_RUN, without rules, then one line per flow:
 *
 *	PROTO ADDRESS PORT ADDRESS PORT PACKETS BYTES
 *
 * "local" is whatever the frames are sent to, so a conversation's two
 * directions are two flows; replay_check.py puts them together. Last a line
 * "total PACKETS UNPARSED EXEMPT FRAGMENTS".
 */
#include <arpa/inet.h>

#include "replay/capture.h"
#include "kernel/real.h"
#include "model/model.c"

#define SLOTS 65536

static struct real real;

#define ETHERNET 1 /* LINKTYPE_ETHERNET */

static int run_frame(const struct capture_frame *frame, struct fl_error *error)
{
	if (frame->link != ETHERNET)
		return fl_fail(error, 2, "a frame is not of Ethernet");
	if (real_xdp(&real, frame->data, frame->length, NULL, 1) !=
	    MODEL_XDP_PASS)
		return fl_fail(error, 1, "a frame did not pass");
	return 0;
}

static int run_capture(struct capture *capture, struct fl_error *error)
{
	struct capture_frame frame;
	int code, failed = 0;

	while (!failed && (code = capture_read(capture, &frame, error)) < 0)
		if (code == CAPTURE_MORE)
			failed = run_frame(&frame, error);
	return failed ? failed : code;
}

static void print_flow(__u32 slot)
{
	const struct fl_flow *flow = &real.flows[slot];
	const struct fl_flow_more *more = &real.more[slot];
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];
	__u64 address[2];
	struct fl_flow_side counted = real_counted(&real, slot, FL_IN);

	if (flow->tuple & FL_TUPLE_V6) {
		address[0] = more->v6[1];
		address[1] = more->v6[0];
		inet_ntop(AF_INET6, address, remote, sizeof(remote));
		inet_ntop(AF_INET6, &more->v6[2], local, sizeof(local));
	} else {
		__u32 low = (__u32)flow->w0, high = (__u32)(flow->w0 >> 32);

		inet_ntop(AF_INET, &low, remote, sizeof(remote));
		inet_ntop(AF_INET, &high, local, sizeof(local));
	}
	printf("%u%s %s %u %s %u %llu %llu\n",
	       (unsigned)(flow->tuple >> 24 & 0xff),
	       flow->tuple & FL_TUPLE_FRAGMENT ? "f" : "", remote,
	       ntohs((__u16)(flow->tuple >> 32)), local,
	       ntohs((__u16)(flow->tuple >> 48)), counted.packets,
	       counted.bytes);
}

static void print_total(void)
{
	struct fl_counters seen = { 0 }, one, unparsed, exempt;
	struct fl_tally tally;

	for (__u32 id = 0; id < FL_ID_FIRST + MODEL_RULES; id++) {
		real_counters(&real, id, FL_IN, &one);
		model_add_counters(&seen, &one);
	}
	real_counters(&real, FL_ID_UNPARSED, FL_IN, &unparsed);
	real_counters(&real, FL_ID_EXEMPT, FL_IN, &exempt);
	real_tally(&real, FL_IN, &tally);
	printf("total %llu %llu %llu %llu\n", seen.packets, unparsed.packets,
	       exempt.packets, tally.fragments);
}

static int replay(const char *path, struct fl_error *error)
{
	struct real_options options = { .slots = SLOTS, .seed = 1 };
	struct capture *capture;
	int code = capture_open(path, &capture, error);

	if (code)
		return code;
	if (real_open(&real, &options))
		return fl_fail(error, 1, "cannot load the programs");
	__atomic_store_n(&real.control->generation, 1, __ATOMIC_SEQ_CST);
	code = run_capture(capture, error);
	capture_close(capture);
	if (code)
		return code;
	for (__u32 i = 0; i < SLOTS; i++)
		if (real.flows[i].tuple)
			print_flow(i);
	print_total();
	real_close(&real);
	return 0;
}

int main(int argc, char **argv)
{
	struct fl_error error = { "usage: replay FILE.pcap" };
	int code = argc == 2 ? replay(argv[1], &error) : 2;

	if (code)
		fprintf(stderr, "replay: %s\n", error.text);
	return code;
}
