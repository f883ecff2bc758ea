/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_cell: reads lines "udp|tcp ID FROM TO ADDRESS PORT [KEY=VALUE...]" and
 * sends one stream after another from network namespace FROM to ADDRESS in TO.
 * Prints one line of JSON for each: what was sent and how it arrived.
 * Keys of udp (defaults in brackets):
 *   count [10]  size [of the data, 100]  gap [us between two, 1000]
 *   expect [count: datagrams, copies too, after which more would be too many]
 *   wait [ms that the next one is awaited, 100]  ttl [61]  tos [72]
 *   refuse [0; 1: after each one an ICMP error is awaited]
 *   dev [none: taken from the wire, at that device of TO]
 * Keys of tcp: bytes [100000]  wait [ms in which all is to be over]
 */
#include <poll.h>

#include "e2e_cell.h"
#include "e2e_cell_tcp.h"
#include "e2e_cell_wire.h"
#include "e2e_pattern.h"

#define COUNT_MAX 64
#define ARRIVALS_MAX (4 * COUNT_MAX)
#define SETTLE_MS 3 /* in which one too many would come */

struct range {
	int min, max;
};

struct run {
	int from, to;
	__u64 sent_ns[COUNT_MAX];
	double at_us[ARRIVALS_MAX];    /* since the first was sent */
	double delay_us[ARRIVALS_MAX]; /* since it was sent itself */
	int seen[COUNT_MAX];
	int sent, errors, refused, received, unique, damaged, bad_sum;
	struct range ttl, tos;
};

static void open_sender(const struct stream *stream, struct run *run)
{
	bool v4 = stream->v4;
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;

	enter(stream->from);
	run->from = socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	set_option(run->from, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS,
		   (int)stream->ttl);
	set_option(run->from, level, v4 ? IP_TOS : IPV6_TCLASS,
		   (int)stream->tos);
	set_option(run->from, level, v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
		   v4 ? IP_PMTUDISC_DO : IPV6_PMTUDISC_DO);
	if (connect(run->from, (const struct sockaddr *)&stream->peer,
		    stream->peer_size))
		die("connect");
}

static void open_receiver(const struct stream *stream, struct run *run)
{
	bool v4 = stream->v4;
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;

	enter(stream->to);
	if (stream->dev[0]) {
		run->to = wire_open(stream);
		return;
	}
	run->to = socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	set_option(run->to, level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
	set_option(run->to, level, v4 ? IP_RECVTOS : IPV6_RECVTCLASS, 1);
	if (bind(run->to, (const struct sockaddr *)&stream->peer,
		 stream->peer_size))
		die("bind");
}

static void widen(struct range *range, int value)
{
	if (range->min < 0 || value < range->min)
		range->min = value;
	if (value > range->max)
		range->max = value;
}

/* The TOS that IPv4 tells is one byte, all else are integers. */
static void read_header(struct msghdr *message, struct arrival *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
	     c = CMSG_NXTHDR(message, c)) {
		bool v4 = c->cmsg_level == IPPROTO_IP;
		int value = 0;

		if (c->cmsg_len >= CMSG_LEN(sizeof(int)))
			memcpy(&value, CMSG_DATA(c), sizeof(int));
		else
			value = *CMSG_DATA(c);
		if (c->cmsg_type == (v4 ? IP_TTL : IPV6_HOPLIMIT))
			out->ttl = value;
		if (c->cmsg_type == (v4 ? IP_TOS : IPV6_TCLASS))
			out->tos = value;
	}
}

static void count_arrival(const struct stream *stream, struct run *run,
			  const struct arrival *arrival)
{
	__u64 now = now_ns();
	__u32 number;

	if (arrival->bad_sum) {
		run->bad_sum++;
		return;
	}
	if (run->received >= ARRIVALS_MAX)
		return;
	run->at_us[run->received] = (double)(now - run->sent_ns[0]) / 1e3;
	widen(&run->ttl, arrival->ttl);
	widen(&run->tos, arrival->tos);
	if (!pattern_check(arrival->data, arrival->size, &number) ||
	    number >= (__u32)run->sent ||
	    arrival->size != (size_t)stream->size) {
		run->delay_us[run->received++] = 0;
		run->damaged++;
		return;
	}
	run->delay_us[run->received++] = (double)(now - run->sent_ns[number]) /
					 1e3;
	run->unique += !run->seen[number]++;
}

/* False when there was nothing. */
static bool receive_one(const struct stream *stream, struct run *run)
{
	static __u8 data[1 << 16];
	char control[256];
	struct sockaddr_ll where;
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr message = {
		.msg_name = &where,
		.msg_namelen = sizeof(where),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t size = recvmsg(run->to, &message, MSG_DONTWAIT);
	struct arrival arrival = { .data = data, .size = (size_t)size };

	if (size < 0)
		return false;
	if (!stream->dev[0])
		read_header(&message, &arrival);
	else if (where.sll_pkttype != PACKET_OUTGOING ||
		 !wire_read(stream, data, (size_t)size, &arrival))
		return true;
	count_arrival(stream, run, &arrival);
	return true;
}

/* Receives what comes until @end_ns, or until @enough have come. */
static void receive_until(const struct stream *stream, struct run *run,
			  __u64 end_ns, int enough)
{
	struct pollfd wanted = { .fd = run->to, .events = POLLIN };

	for (;;) {
		__u64 now = now_ns(), left = end_ns > now ? end_ns - now : 0;
		struct timespec t = {
			.tv_sec = (time_t)(left / 1000000000),
			.tv_nsec = (long)(left % 1000000000),
		};

		while (receive_one(stream, run))
			;
		if (run->received + run->bad_sum >= enough || !left)
			return;
		ppoll(&wanted, 1, &t, NULL);
	}
}

static void look_for_refusal(struct run *run, int wait_ms)
{
	struct pollfd wanted = { .fd = run->from, .events = 0 };
	int error = 0;
	socklen_t size = sizeof(error);

	if (poll(&wanted, 1, wait_ms) <= 0)
		return;
	getsockopt(run->from, SOL_SOCKET, SO_ERROR, &error, &size);
	run->refused += error == ECONNREFUSED;
}

static void send_all(const struct stream *stream, struct run *run)
{
	static __u8 data[1 << 16];
	__u64 start = now_ns();

	for (int i = 0; i < (int)stream->count; i++) {
		pattern_fill(data, (size_t)stream->size, (__u32)i);
		receive_until(stream, run,
			      start + (__u64)(i * stream->gap_us * 1e3),
			      ARRIVALS_MAX);
		run->sent = i + 1;
		run->sent_ns[i] = now_ns();
		if (send(run->from, data, (size_t)stream->size, 0) < 0)
			run->errors++;
		if (stream->refuse > 0)
			look_for_refusal(run, (int)stream->wait_ms);
	}
}

/* Datagrams that the kernel of this namespace found to be damaged. What poll()
 * finds it counts as IPv4's, whatever they are. */
static long checksum_errors(void)
{
	static const char *const files[] = { "/proc/self/net/snmp",
					     "/proc/self/net/snmp6" };
	char line[512];
	long found[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(files[i], "r");

		/* Without IPv6 there is no second one. */
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "Udp: %*u %*u %*u %*u %*u %*u %ld",
				   &found[0]) != 1)
				sscanf(line, "Udp6InCsumErrors %ld", &found[1]);
		if (file)
			fclose(file);
	}
	return found[0] + found[1];
}

static void print_list(const char *name, const double *list, int count)
{
	printf(",\"%s\":[", name);
	for (int i = 0; i < count; i++)
		printf("%s%.0f", i ? "," : "", list[i]);
	printf("]");
}

static void udp_run(const struct stream *stream)
{
	struct run run = { .ttl = { -1, -1 }, .tos = { -1, -1 } };
	long errors_before, errors;

	open_sender(stream, &run);
	open_receiver(stream, &run);
	errors_before = checksum_errors();
	send_all(stream, &run);
	receive_until(stream, &run, now_ns() + (__u64)(stream->wait_ms * 1e6),
		      stream->expect > 0 ? (int)stream->expect : ARRIVALS_MAX);
	receive_until(stream, &run, now_ns() + SETTLE_MS * 1000000,
		      ARRIVALS_MAX);
	errors = checksum_errors() - errors_before + run.bad_sum;
	printf("{\"id\":\"%s\",\"sent\":%d,\"errors\":%d,\"refused\":%d,"
	       "\"received\":%d,\"unique\":%d,\"damaged\":%d,"
	       "\"checksum_errors\":%ld,\"ttl\":[%d,%d],\"tos\":[%d,%d]",
	       stream->id, run.sent, run.errors, run.refused, run.received,
	       run.unique, run.damaged, errors, run.ttl.min, run.ttl.max,
	       run.tos.min, run.tos.max);
	print_list("at_us", run.at_us, run.received);
	print_list("delay_us", run.delay_us, run.received);
	printf("}\n");
	close(run.from);
	close(run.to);
}

static void run_line(char *line)
{
	struct stream stream = {
		.count = 10,
		.size = 100,
		.gap_us = 1000,
		.expect = -1,
		.wait_ms = 100,
		.bytes = 100000,
		.ttl = 61,
		.tos = 0x48,
	};
	char proto[8];
	int used = 0;

	if (sscanf(line, "%7s %63s %63s %63s %63s %7s%n", proto, stream.id,
		   stream.from, stream.to, stream.address, stream.port,
		   &used) != 6) {
		errno = EINVAL;
		die(line);
	}
	for (char *word = strtok(line + used, " \n"); word;
	     word = strtok(NULL, " \n"))
		stream_set(&stream, word);
	if (stream.expect < 0)
		stream.expect = stream.count;
	stream_find(&stream);
	if (!strcmp(proto, "tcp"))
		tcp_run(&stream);
	else if (stream.count <= COUNT_MAX)
		udp_run(&stream);
	fflush(stdout);
}

int main(void)
{
	char line[512];

	while (fgets(line, sizeof(line), stdin))
		run_line(line);
	return 0;
}
