/* SPDX-License-Identifier: GPL-2.0-only */
/* A TCP transfer of e2e_cell: bytes are compared at the other end. */
#pragma once

#include <poll.h>

#include "e2e_cell.h"
#include "e2e_pattern.h"

struct transfer {
	int listener, client, server;
	__u8 *data;
	size_t size, sent, got, wrong;
	int error; /* of connect() */
	__u64 begin_ns, connected_ns, last_ns;
};

static void tcp_open(const struct stream *stream, struct transfer *t)
{
	int family = stream->v4 ? AF_INET : AF_INET6;
	const struct sockaddr *peer = (const struct sockaddr *)&stream->peer;

	enter(stream->to);
	t->listener = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	set_option(t->listener, SOL_SOCKET, SO_REUSEADDR, 1);
	/* On a wire without a host only a RST can be had. */
	if (!stream->dev[0] && (bind(t->listener, peer, stream->peer_size) ||
				listen(t->listener, 1)))
		die("listen");
	enter(stream->from);
	t->client = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	t->begin_ns = now_ns();
	if (connect(t->client, peer, stream->peer_size) && errno != EINPROGRESS)
		t->error = errno;
}

static void tcp_write(struct transfer *t)
{
	socklen_t size = sizeof(t->error);
	ssize_t done;

	if (!t->connected_ns) {
		getsockopt(t->client, SOL_SOCKET, SO_ERROR, &t->error, &size);
		t->connected_ns = t->error ? 0 : now_ns();
		return;
	}
	done = send(t->client, t->data + t->sent, t->size - t->sent,
		    MSG_NOSIGNAL);
	if (done > 0)
		t->sent += (size_t)done;
	else if (errno != EAGAIN)
		t->error = errno;
}

static void tcp_read(struct transfer *t)
{
	static __u8 data[1 << 18];
	ssize_t done;

	if (t->server < 0) {
		t->server = accept(t->listener, NULL, NULL);
		return;
	}
	done = recv(t->server, data, sizeof(data), MSG_DONTWAIT);
	if (done <= 0)
		return;
	for (ssize_t i = 0; i < done && t->got + (size_t)i < t->size; i++)
		t->wrong += data[i] != t->data[t->got + (size_t)i];
	t->got += (size_t)done;
	t->last_ns = now_ns();
}

static void tcp_step(struct transfer *t, int wait_ms)
{
	bool more = !t->connected_ns || t->sent < t->size;
	struct pollfd fds[2] = {
		{ .fd = t->client, .events = more ? POLLOUT : 0 },
		{ .fd = t->server < 0 ? t->listener : t->server,
		  .events = POLLIN },
	};

	if (poll(fds, 2, wait_ms) <= 0)
		return;
	if (fds[1].revents & POLLIN)
		tcp_read(t);
	if (fds[0].revents)
		tcp_write(t);
}

static void tcp_run(const struct stream *stream)
{
	struct transfer t = { .server = -1, .size = (size_t)stream->bytes };
	__u64 end_ns;

	t.data = malloc(t.size);
	if (!t.data)
		die("memory");
	pattern_fill(t.data, t.size, 1);
	tcp_open(stream, &t);
	end_ns = t.begin_ns + (__u64)(stream->wait_ms * 1e6);
	while (!t.error && t.got < t.size && now_ns() < end_ns)
		tcp_step(&t, 10);
	printf("{\"id\":\"%s\",\"refused\":%d,\"connect_us\":%.0f,"
	       "\"bytes\":%zu,\"wrong\":%zu,\"us\":%.0f}\n",
	       stream->id, t.error == ECONNREFUSED,
	       t.connected_ns ? (double)(t.connected_ns - t.begin_ns) / 1e3 : 0,
	       t.got, t.wrong,
	       t.last_ns ? (double)(t.last_ns - t.begin_ns) / 1e3 : 0);
	close(t.listener);
	close(t.client);
	if (t.server >= 0)
		close(t.server);
	free(t.data);
}
