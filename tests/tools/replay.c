/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay FILE.pcap: every frame of a capture (classic format, Ethernet)
 * through the real XDP program by BPF_PROG_TEST_RUN, then one line per flow:
 *
 *	PROTO ADDRESS PORT ADDRESS PORT PACKETS BYTES
 *
 * "local" is whatever the frames are sent to, so a conversation's two
 * directions are two flows; replay_test.py puts them together. Last a line
 * "total PACKETS UNPARSED EXEMPT FRAGMENTS".
 */
#include <arpa/inet.h>

#include "../kernel/real.h"
#include "../model/model.c"

#define SLOTS 65536

struct pcap_header {
	__u32 magic;
	__u16 major, minor;
	__u32 zone, accuracy, snap, link;
};

struct pcap_record {
	__u32 seconds, fraction, kept, length;
};

static struct real real;

static int open_capture(const char *path, FILE **file)
{
	struct pcap_header header;

	*file = fopen(path, "rb");
	if (!*file || fread(&header, sizeof(header), 1, *file) != 1) {
		fprintf(stderr, "replay: cannot read %s\n", path);
		return -1;
	}
	/* Microseconds or nanoseconds, this machine's byte order, Ethernet. */
	if ((header.magic != 0xa1b2c3d4 && header.magic != 0xa1b23c4d) ||
	    header.link != 1) {
		fprintf(stderr, "replay: %s: not a classic pcap of Ethernet\n",
			path);
		return -1;
	}
	return 0;
}

static int run_capture(FILE *file)
{
	static __u8 frame[65536];
	struct pcap_record record;

	while (fread(&record, sizeof(record), 1, file) == 1) {
		if (record.kept > sizeof(frame) ||
		    fread(frame, record.kept, 1, file) != 1) {
			fprintf(stderr, "replay: the capture is cut off\n");
			return -1;
		}
		if (real_xdp(&real, frame, record.kept, NULL, 1) !=
		    MODEL_XDP_PASS) {
			fprintf(stderr, "replay: a frame did not pass\n");
			return -1;
		}
	}
	return 0;
}

static void print_flow(__u32 slot)
{
	const struct fl_flow *flow = &real.flows[slot];
	const struct fl_flow_more *more = &real.more[slot];
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];
	__u64 address[2];

	if (flow->tuple & FL_TUPLE_V6) {
		address[0] = more->v6[0];
		address[1] = flow->w0;
		inet_ntop(AF_INET6, address, remote, sizeof(remote));
		inet_ntop(AF_INET6, &more->v6[1], local, sizeof(local));
	} else {
		__u32 low = (__u32)flow->w0, high = (__u32)(flow->w0 >> 32);

		inet_ntop(AF_INET, &low, remote, sizeof(remote));
		inet_ntop(AF_INET, &high, local, sizeof(local));
	}
	printf("%u%s %s %u %s %u %llu %llu\n",
	       (unsigned)(flow->tuple >> 24 & 0xff),
	       flow->tuple & FL_TUPLE_FRAGMENT ? "f" : "", remote,
	       ntohs((__u16)(flow->tuple >> 32)), local,
	       ntohs((__u16)(flow->tuple >> 48)), flow->in.packets,
	       flow->in.bytes);
}

static void print_total(void)
{
	struct fl_counters seen = { 0 }, one, unparsed, exempt;
	struct fl_tally tally;

	for (__u32 id = 0; id < FL_COUNTS; id++) {
		real_counters(&real, id, FL_IN, &one);
		model_add_counters(&seen, &one);
	}
	real_counters(&real, FL_COUNT_UNPARSED, FL_IN, &unparsed);
	real_counters(&real, FL_COUNT_EXEMPT, FL_IN, &exempt);
	real_tally(&real, FL_IN, &tally);
	printf("total %llu %llu %llu %llu\n", seen.packets, unparsed.packets,
	       exempt.packets, tally.fragments);
}

int main(int argc, char **argv)
{
	struct real_options options = { .slots = SLOTS, .seed = 1 };
	FILE *file;

	if (argc != 2 || open_capture(argv[1], &file))
		return 2;
	if (real_open(&real, &options))
		return 1;
	__atomic_store_n(&real.control->generation, 1, __ATOMIC_SEQ_CST);
	if (run_capture(file))
		return 1;
	for (__u32 i = 0; i < SLOTS; i++)
		if (real.flows[i].tuple)
			print_flow(i);
	print_total();
	fclose(file);
	real_close(&real);
	return 0;
}
