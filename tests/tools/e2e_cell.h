/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of e2e_cell share: a stream to be sent, as a line of words
 * asks for it, and the sockets of both ends.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/types.h>

struct stream {
	char id[64], from[64], to[64], address[64], port[8];
	char dev[16]; /* of TO: taken from the wire there, for want of a host */
	bool v4;
	struct sockaddr_storage peer;
	socklen_t peer_size;
	double count, size, gap_us, expect, wait_ms, bytes, ttl, tos, refuse;
};

static inline __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000 + (__u64)t.tv_nsec;
}

static inline void die(const char *what)
{
	fprintf(stderr, "e2e_cell: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A socket stays in the namespace it was made in. */
static inline void enter(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static inline void set_option(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)))
		die("setsockopt");
}

static inline void stream_find(struct stream *stream)
{
	struct addrinfo *info, hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM,
	};

	if (getaddrinfo(stream->address, stream->port, &hints, &info))
		die(stream->address);
	memcpy(&stream->peer, info->ai_addr, info->ai_addrlen);
	stream->peer_size = info->ai_addrlen;
	stream->v4 = info->ai_family == AF_INET;
	freeaddrinfo(info);
}

static inline void stream_set(struct stream *stream, const char *word)
{
	const struct {
		const char *key;
		double *to;
	} numbers[] = {
		{ "count=", &stream->count },	{ "size=", &stream->size },
		{ "gap=", &stream->gap_us },	{ "expect=", &stream->expect },
		{ "wait=", &stream->wait_ms },	{ "bytes=", &stream->bytes },
		{ "ttl=", &stream->ttl },	{ "tos=", &stream->tos },
		{ "refuse=", &stream->refuse },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		size_t length = strlen(numbers[i].key);

		if (!strncmp(word, numbers[i].key, length)) {
			*numbers[i].to = strtod(word + length, NULL);
			return;
		}
	}
	errno = EINVAL;
	if (sscanf(word, "dev=%15s", stream->dev) != 1)
		die(word);
}
