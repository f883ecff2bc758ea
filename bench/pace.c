/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pace -i DEV [-r PPS] [-t SEC] [-l LENGTH] [-f FLOWS] [-c CPU]: sends frames
 * out of a device at a steady rate, by AF_PACKET past its qdisc, and prints
 *
 *	sent wall_ns cpu_ns
 *
 * What cannot keep up sends less. cpu_ns is what sending took this core, with
 * what the receiver did there meanwhile.
 */
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "bench.h"

#define BATCH 32
#define FRAMES 1024

struct pace {
	const char *device;
	double rate, seconds;
	int cpu;
	size_t length;
	struct flow_settings flow;
};

static unsigned char frames[FRAMES][FRAME_MAX];

/* Flow @i, with the checksum of the IP header; UDP goes without. */
static void make_frame(struct pace *pace, __u32 i)
{
	unsigned char *frame = frames[i];
	struct iphdr ip;
	__u16 port = htons((__u16)(FLOW_SPORT + i));

	pace->length = frame_build(&pace->flow, pace->length, frame);
	memcpy(&ip, frame + sizeof(struct ethhdr), sizeof(ip));
	ip.saddr = htonl(FLOW_SADDR4 + (i & pace->flow.mask));
	ip.check = (__u16)~frame_sum(&ip, sizeof(ip));
	memcpy(frame + sizeof(struct ethhdr), &ip, sizeof(ip));
	memcpy(frame + sizeof(struct ethhdr) + sizeof(ip), &port, sizeof(port));
}

static int open_device(const char *name)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on))) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		return -1;
	}
	return fd;
}

static int send_all(const struct pace *pace, int fd)
{
	static struct mmsghdr messages[FRAMES];
	static struct iovec parts[FRAMES];
	double start, now, total = pace->rate * pace->seconds, sent = 0;
	double busy = 0;

	for (__u32 i = 0; i < FRAMES; i++) {
		parts[i] = (struct iovec){ frames[i & pace->flow.mask],
					   pace->length };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	start = bench_clock(CLOCK_MONOTONIC);
	for (now = start; sent < total && now - start < pace->seconds * 1e9;
	     now = bench_clock(CLOCK_MONOTONIC)) {
		unsigned at = (unsigned)sent % FRAMES, batch = BATCH;
		double cpu;
		int done;

		if (sent + BATCH > (now - start) * pace->rate / 1e9)
			continue;
		if (batch > FRAMES - at)
			batch = FRAMES - at;
		cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID);
		done = sendmmsg(fd, messages + at, batch, 0);
		busy += bench_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
		if (done < 0 && errno != ENOBUFS && errno != EAGAIN)
			return -errno;
		sent += done > 0 ? done : 0;
	}
	printf("%.0f %.0f %.0f\n", sent, now - start, busy);
	return 0;
}

static int run(struct pace *pace)
{
	int fd, error;

	if (bench_pin(pace->cpu))
		return 1;
	for (__u32 i = 0; i < FRAMES; i++)
		make_frame(pace, i);
	fd = open_device(pace->device);
	if (fd < 0)
		return 1;
	error = send_all(pace, fd);
	if (error)
		fprintf(stderr, "%s: %s\n", pace->device, strerror(-error));
	close(fd);
	return error != 0;
}

static int usage(void)
{
	fputs("usage: pace -i DEV [-r PPS] [-t SEC] [-l LENGTH] [-f FLOWS] "
	      "[-c CPU]\n",
	      stderr);
	return 2;
}

static int set_option(struct pace *pace, int option)
{
	double value;

	if (option == 'i') {
		pace->device = optarg;
		return 0;
	}
	if (option == 'f')
		return flow_parse(optarg, &pace->flow);
	if (option == '?' || bench_number(optarg, 0, &value))
		return -1;
	if (option == 'r')
		pace->rate = value;
	else if (option == 't')
		pace->seconds = value;
	else if (option == 'l')
		pace->length = (size_t)value;
	else
		pace->cpu = (int)value;
	return 0;
}

int main(int argc, char *argv[])
{
	struct pace pace = { .rate = 100000, .seconds = 1, .length = 60 };
	int option;

	if (flow_parse("1k", &pace.flow))
		return 2;
	while ((option = getopt(argc, argv, "i:r:t:l:f:c:")) != -1)
		if (set_option(&pace, option))
			return usage();
	if (!pace.device || optind != argc || pace.flow.family != 4 ||
	    pace.flow.mask >= FRAMES)
		return usage();
	return run(&pace);
}
