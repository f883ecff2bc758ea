/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_recv PORT SECONDS [COUNT]: receives what e2e_udp sends, by IPv4 and
 * IPv6, until nothing has come for SECONDS, and prints
 * "received N damaged N repeated N ce N ect N ttl MIN MAX tos MIN MAX". With
 * COUNT, a second line "missing 3 5-9", of the numbers below it that did not
 * come whole. SIGTERM: the sender is done, a tenth of a second is enough.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "e2e_pattern.h"

#define NUMBERS_MAX (1u << 24)
#define LAST_WAIT_MS 100

struct range {
	int min, max;
};

struct outcome {
	unsigned long received, damaged, repeated, ce, ect;
	struct range ttl, tos;
};

static __u8 seen[NUMBERS_MAX / 8];
static volatile sig_atomic_t wait_ms;

static void on_term(int signal)
{
	(void)signal;
	wait_ms = LAST_WAIT_MS;
}

static bool is_seen(__u32 number)
{
	return seen[number / 8] >> (number & 7) & 1;
}

static int open_socket(const char *port)
{
	struct sockaddr_in6 address = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((__u16)strtoul(port, NULL, 10)),
	};
	static const struct {
		int level, option, value;
	} options[] = {
		{ IPPROTO_IPV6, IPV6_V6ONLY, 0 },
		{ IPPROTO_IP, IP_RECVTOS, 1 },
		{ IPPROTO_IP, IP_RECVTTL, 1 },
		{ IPPROTO_IPV6, IPV6_RECVTCLASS, 1 },
		{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1 },
		{ SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20 },
	};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (setsockopt(fd, options[i].level, options[i].option,
			       &options[i].value, sizeof(int)))
			return -1;
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -1 : fd;
}

static void widen(struct range *range, int value)
{
	if (range->min < 0 || value < range->min)
		range->min = value;
	if (value > range->max)
		range->max = value;
}

/* The TOS that IPv4 tells is one byte, all else are integers. */
static void look_at_header(struct msghdr *message, struct outcome *outcome)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
	     c = CMSG_NXTHDR(message, c)) {
		bool v4 = c->cmsg_level == IPPROTO_IP;
		int type = c->cmsg_type, value = 0;

		if (c->cmsg_len >= CMSG_LEN(sizeof(int)))
			memcpy(&value, CMSG_DATA(c), sizeof(int));
		else
			value = *CMSG_DATA(c);
		if (type == (v4 ? IP_TTL : IPV6_HOPLIMIT))
			widen(&outcome->ttl, value);
		if (type != (v4 ? IP_TOS : IPV6_TCLASS))
			continue;
		widen(&outcome->tos, value);
		outcome->ce += (value & 3) == 3;
		outcome->ect += (value & 3) == 1 || (value & 3) == 2;
	}
}

static void receive(int fd, struct outcome *outcome)
{
	static __u8 data[1 << 16];
	char control[256];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT);
	__u32 number;

	if (size < 0)
		return;
	outcome->received++;
	look_at_header(&message, outcome);
	if (!pattern_check(data, (size_t)size, &number) ||
	    number >= NUMBERS_MAX) {
		outcome->damaged++;
		return;
	}
	outcome->repeated += is_seen(number);
	seen[number / 8] |= (__u8)(1u << (number & 7));
}

static void print_missing(__u32 count)
{
	printf("missing");
	for (__u32 from = 0, to; from < count; from = to + 1) {
		for (to = from; to < count && !is_seen(to);)
			to++;
		if (to == from + 1)
			printf(" %u", from);
		else if (to > from)
			printf(" %u-%u", from, to - 1);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	struct outcome o = { .ttl = { -1, -1 }, .tos = { -1, -1 } };
	struct sigaction action = { .sa_handler = on_term };
	struct pollfd wanted = { .events = POLLIN };
	__u32 count = argc > 3 ? (__u32)strtoul(argv[3], NULL, 10) : 0;
	int ready;

	if (argc < 3 || argc > 4 || count > NUMBERS_MAX) {
		fputs("usage: e2e_recv PORT SECONDS [COUNT]\n", stderr);
		return 2;
	}
	wait_ms = (int)(strtod(argv[2], NULL) * 1000);
	sigaction(SIGTERM, &action, NULL);
	wanted.fd = open_socket(argv[1]);
	if (wanted.fd < 0) {
		fprintf(stderr, "e2e_recv: port %s: %s\n", argv[1],
			strerror(errno));
		return 1;
	}
	while ((ready = poll(&wanted, 1, wait_ms)))
		if (ready > 0)
			receive(wanted.fd, &o);
	printf("received %lu damaged %lu repeated %lu ce %lu ect %lu "
	       "ttl %d %d tos %d %d\n",
	       o.received, o.damaged, o.repeated, o.ce, o.ect, o.ttl.min,
	       o.ttl.max, o.tos.min, o.tos.max);
	if (count)
		print_missing(count);
	close(wanted.fd);
	return 0;
}
