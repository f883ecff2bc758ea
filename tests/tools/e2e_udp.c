/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_udp ADDR PORT COUNT [SIZE [TOS [SEGMENT]]]: sends COUNT datagrams,
 * numbered from 0 (e2e_pattern.h), asking the kernel to tell of every one that
 * it could not send (IP_RECVERR), and prints "sent N errors N nobufs N". ADDR
 * is IPv4 or IPv6. With SEGMENT the kernel cuts each into datagrams of so many
 * bytes (UDP_SEGMENT), which are what is numbered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "e2e_pattern.h"

#define SIZE_MAX_UDP 65000
#define PAUSE_US 50

struct outcome {
	unsigned long sent, errors, nobufs;
};

static int set_options(int fd, bool v4, int tos)
{
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6, on = 1;

	return setsockopt(fd, level, v4 ? IP_RECVERR : IPV6_RECVERR, &on,
			  sizeof(on)) ||
	       setsockopt(fd, level, v4 ? IP_TOS : IPV6_TCLASS, &tos,
			  sizeof(tos));
}

static int open_socket(const char *address, const char *port, int tos)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *info;
	int fd;

	if (getaddrinfo(address, port, &hints, &info))
		return -1;
	fd = socket(info->ai_family, SOCK_DGRAM, 0);
	if (fd >= 0 && (set_options(fd, info->ai_family == AF_INET, tos) ||
			connect(fd, info->ai_addr, info->ai_addrlen))) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(info);
	return fd;
}

static void send_one(int fd, const char *data, size_t size,
		     struct outcome *outcome)
{
	/* That nobody listens there is an earlier datagram's news. */
	do {
		if (send(fd, data, size, 0) >= 0) {
			outcome->sent++;
			return;
		}
	} while (errno == ECONNREFUSED);
	outcome->errors++;
	outcome->nobufs += errno == ENOBUFS;
}

/* The buffer @number, of datagrams of @segment bytes. */
static void fill(char *data, size_t size, size_t segment, __u32 number)
{
	number *= (__u32)((size + segment - 1) / segment);
	for (size_t at = 0; at < size; at += segment)
		pattern_fill(data + at,
			     size - at < segment ? size - at : segment,
			     number++);
}

int main(int argc, char **argv)
{
	static char data[SIZE_MAX_UDP];
	struct outcome outcome = { 0 };
	unsigned long count, size;
	int fd, segment;

	if (argc < 4 || argc > 7) {
		fputs("usage: e2e_udp ADDR PORT COUNT [SIZE [TOS [SEGMENT]]]\n",
		      stderr);
		return 2;
	}
	segment = argc > 6 ? atoi(argv[6]) : 0;
	count = strtoul(argv[3], NULL, 10);
	size = argc > 4 ? strtoul(argv[4], NULL, 10) : 100;
	if (size > sizeof(data))
		return 2;
	fd = open_socket(argv[1], argv[2],
			 argc > 5 ? (int)strtol(argv[5], NULL, 0) : 0);
	if (fd < 0 || (segment && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT,
					     &segment, sizeof(segment)))) {
		fprintf(stderr, "e2e_udp: %s %s: %s\n", argv[1], argv[2],
			strerror(errno));
		return 1;
	}
	for (unsigned long i = 0; i < count; i++) {
		fill(data, size, segment > 0 ? (size_t)segment : sizeof(data),
		     (__u32)i);
		send_one(fd, data, size, &outcome);
		usleep(PAUSE_US);
	}
	printf("sent %lu errors %lu nobufs %lu\n", outcome.sent, outcome.errors,
	       outcome.nobufs);
	close(fd);
	return 0;
}
