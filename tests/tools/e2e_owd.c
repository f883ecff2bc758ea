/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_owd FROM TO ADDR [KEY=VALUE...]: sends UDP datagrams out of network
 * namespace FROM to ADDR in namespace TO ("-": this one) and measures how long
 * each took, by one clock, from before send() to after recv(). Keys (defaults
 * in brackets; times in ns, 2e7 is 20 ms):
 *   count [1000]  pps [1000; 0: as fast as they go]  size [of the data, 100]
 *   port [5000]  flows [1: so many source ports, in turn]  prio tos [0]
 *   sport [0: any; the first of the source ports]
 *   expect [count: datagrams, copies too, after which nothing more is awaited]
 *   wait [1e9: how long the next one is awaited, when all are sent]
 *   base [0: is taken off every delay]
 *   dist, mean, sigma [none: uniform, normal, pareto or paretonormal; with
 *     "uniform" sigma is half the width]: prints the distance of the delays
 *   save, sample [none: file of delays, one a line, ascending: write; read and
 *     print the distance]
 *   arrivals [none: file of "NUMBER SENT ARRIVED", in the order of arrival]
 * SIGINT ends the sending before COUNT.
 * Prints one line of names and numbers; delays in us. "reordered" are those
 * that came after one of their flow with a higher number.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "e2e_dist.h"
#include "e2e_owd.h"
#include "e2e_pattern.h"

#define COUNT_MAX (1u << 22)
#define FLOWS_MAX 256
#define SIZE_MAX_UDP 65000
#define BUFFER_BYTES (256 << 20)
#define LOOK_EACH 32 /* packets of a flood */

struct arrival {
	__u32 number;
	__u64 at_ns;
};

static struct {
	int from[FLOWS_MAX], to;
	__u64 *sent_ns;
	struct arrival *arrival; /* copies too */
	double *delay_ns;	 /* of the first of each number */
	__u8 *seen;
	size_t sent, arrived, arrived_max, unique, copies, damaged, reordered,
		failed;
	__s64 highest[FLOWS_MAX];
} run;

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	interrupted = signal;
}

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000 + (__u64)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "e2e_owd: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A socket stays in the namespace it was made in. */
static void enter(const char *name)
{
	char path[256];
	int fd;

	if (!strcmp(name, "-"))
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

/* Address and port are at the same place in all that is of one family. */
static bool bind_port(int fd, sa_family_t family, int port)
{
	struct sockaddr_in6 from = {
		.sin6_family = family,
		.sin6_port = htons((__u16)port),
	};

	return !port || !bind(fd, (struct sockaddr *)&from, sizeof(from));
}

static void open_from(const struct addrinfo *to)
{
	bool v4 = to->ai_family == AF_INET;
	int buffer = BUFFER_BYTES, prio = (int)words.prio, tos = (int)words.tos;

	for (int i = 0; i < (int)words.flows; i++) {
		int fd = socket(to->ai_family, SOCK_DGRAM, 0);

		if (fd < 0 ||
		    setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
			       v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof(tos)) ||
		    !bind_port(fd, (sa_family_t)to->ai_family,
			       words.sport > 0 ? (int)words.sport + i : 0) ||
		    setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &prio,
			       sizeof(prio)) ||
		    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer,
			       sizeof(buffer)) ||
		    connect(fd, to->ai_addr, to->ai_addrlen))
			die("sender");
		run.from[i] = fd;
		run.highest[i] = -1;
	}
}

static void open_to(const struct addrinfo *to)
{
	int buffer = BUFFER_BYTES;

	run.to = socket(to->ai_family, SOCK_DGRAM, 0);
	if (run.to < 0 ||
	    setsockopt(run.to, SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
		       sizeof(buffer)) ||
	    bind(run.to, to->ai_addr, to->ai_addrlen))
		die("receiver");
}

static void open_sockets(char **argv)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *info;
	char port[16];

	snprintf(port, sizeof(port), "%u", (unsigned)words.port);
	if (getaddrinfo(argv[2], port, &hints, &info)) {
		errno = EINVAL;
		die(argv[2]);
	}
	enter(argv[1]);
	open_to(info);
	enter(argv[0]);
	open_from(info);
	freeaddrinfo(info);
}

/* One datagram, if there is one. */
static bool receive_one(void)
{
	static __u8 data[1 << 16];
	ssize_t size = recv(run.to, data, sizeof(data), MSG_DONTWAIT);
	__u64 at_ns = now_ns();
	__u32 number;
	__s64 *highest;

	if (size < 0)
		return false;
	if (!pattern_check(data, (size_t)size, &number) || number >= run.sent) {
		run.damaged++;
		return true;
	}
	if (run.arrived < run.arrived_max)
		run.arrival[run.arrived++] = (struct arrival){ number, at_ns };
	if (run.seen[number]) {
		run.copies++;
		return true;
	}
	run.seen[number] = 1;
	run.delay_ns[run.unique++] = (double)(at_ns - run.sent_ns[number]) -
				     words.base;
	highest = &run.highest[number % (unsigned)words.flows];
	run.reordered += number < *highest;
	*highest = number > *highest ? number : *highest;
	return true;
}

/* Receives until @end_ns, asleep as far as the clock is fine enough. */
static void receive_until(__u64 end_ns)
{
	struct pollfd wanted = { .fd = run.to, .events = POLLIN };
	__u64 now;

	do {
		if (receive_one())
			continue;
		now = now_ns();
		if (now + 20000 < end_ns) {
			__u64 left = end_ns - now - 10000;
			struct timespec t = {
				.tv_sec = (time_t)(left / 1000000000),
				.tv_nsec = (long)(left % 1000000000),
			};

			ppoll(&wanted, 1, &t, NULL);
		}
	} while (now_ns() < end_ns);
}

static void send_one(__u32 number)
{
	static __u8 data[SIZE_MAX_UDP];
	int fd = run.from[number % (unsigned)words.flows];

	pattern_fill(data, (size_t)words.size, number);
	run.sent = number + 1;
	run.sent_ns[number] = now_ns();
	/* That nobody listens there is an earlier datagram's news. */
	while (send(fd, data, (size_t)words.size, 0) < 0)
		if (errno != ECONNREFUSED) {
			run.failed++;
			return;
		}
}

static void send_all(void)
{
	__u64 start = now_ns() + 100000;

	for (__u32 i = 0; i < (__u32)words.count && !interrupted; i++) {
		if (words.pps > 0)
			receive_until(start + (__u64)(i * 1e9 / words.pps));
		else if (i % LOOK_EACH == 0)
			while (receive_one())
				;
		send_one(i);
	}
}

static size_t received(void)
{
	return run.unique + run.copies + run.damaged;
}

static void receive_rest(void)
{
	struct pollfd wanted = { .fd = run.to, .events = POLLIN };
	int wait_ms = (int)(words.wait / 1e6);

	if (interrupted)
		words.expect = (double)run.sent;
	while (received() + run.failed < (size_t)words.expect)
		if (!receive_one() && poll(&wanted, 1, wait_ms) == 0)
			return;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile_us(double share)
{
	size_t at = (size_t)(share * (double)run.unique);

	if (!run.unique)
		return 0;
	return run.delay_ns[at < run.unique ? at : run.unique - 1] / 1e3;
}

static void print_moments(void)
{
	double sum = 0, squares = 0, n = (double)run.unique, mean;

	for (size_t i = 0; i < run.unique; i++)
		sum += run.delay_ns[i];
	mean = n ? sum / n : 0;
	for (size_t i = 0; i < run.unique; i++)
		squares += (run.delay_ns[i] - mean) * (run.delay_ns[i] - mean);
	printf(" mean %.3f sd %.3f", mean / 1e3,
	       n ? sqrt(squares / n) / 1e3 : 0);
}

/* Packets a second from the first arrival to the last. */
static void print_rate(void)
{
	const struct arrival *a = run.arrival;
	__u64 time = run.arrived ? a[run.arrived - 1].at_ns - a[0].at_ns : 0;

	printf(" pps %.1f",
	       time ? ((double)run.arrived - 1) * 1e9 / (double)time : 0);
}

static void print_sample(void)
{
	FILE *file = fopen(words.sample, "r");
	double *value = malloc(COUNT_MAX * sizeof(*value));
	size_t count = 0;

	if (!file || !value)
		die(words.sample);
	while (count < COUNT_MAX && fscanf(file, "%lf", &value[count]) == 1)
		count++;
	printf(" apart %.5f",
	       dist_between(run.delay_ns, run.unique, value, count));
	free(value);
	fclose(file);
}

static void print_all(const struct ideal *ideal)
{
	static const struct {
		const char *name;
		double share;
	} quantiles[] = {
		{ "min", 0 },	   { "p1", 0.01 }, { "p10", 0.1 },
		{ "p50", 0.5 },	   { "p90", 0.9 }, { "p99", 0.99 },
		{ "p999", 0.999 }, { "max", 1 },
	};

	printf("sent %zu failed %zu received %zu lost %zu copies %zu "
	       "damaged %zu reordered %zu",
	       run.sent - run.failed, run.failed, run.unique,
	       run.sent - run.failed - run.unique, run.copies, run.damaged,
	       run.reordered);
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++)
		printf(" %s %.3f", quantiles[i].name,
		       quantile_us(quantiles[i].share));
	print_moments();
	print_rate();
	if (words.dist)
		printf(" ks %.5f",
		       dist_distance(ideal, run.delay_ns, run.unique));
	if (words.sample)
		print_sample();
	printf("\n");
}

static void write_files(void)
{
	FILE *file;

	if (words.save) {
		file = fopen(words.save, "w");
		if (!file)
			die(words.save);
		for (size_t i = 0; i < run.unique; i++)
			fprintf(file, "%.0f\n", run.delay_ns[i]);
		fclose(file);
	}
	if (words.arrivals) {
		file = fopen(words.arrivals, "w");
		if (!file)
			die(words.arrivals);
		for (size_t i = 0; i < run.arrived; i++)
			fprintf(file, "%u %llu %llu\n", run.arrival[i].number,
				run.sent_ns[run.arrival[i].number],
				run.arrival[i].at_ns);
		fclose(file);
	}
}

static bool words_right(struct ideal *ideal)
{
	ideal->mean = words.mean;
	ideal->sigma = words.sigma;
	if (!words.expect)
		words.expect = words.count;
	return words.count >= 1 && words.count <= COUNT_MAX &&
	       words.size >= 4 && words.size <= SIZE_MAX_UDP &&
	       words.flows >= 1 && words.flows <= FLOWS_MAX &&
	       (!words.dist ||
		(dist_by_name(words.dist, &ideal->dist) && words.sigma > 0));
}

int main(int argc, char **argv)
{
	struct ideal ideal = { .dist = DIST_UNIFORM };
	size_t count;
	bool right = argc >= 4;

	for (int i = 4; i < argc && right; i++)
		right = set_word(argv[i]);
	if (!right || !words_right(&ideal)) {
		fputs("usage: e2e_owd FROM TO ADDR [KEY=VALUE...]\n", stderr);
		return 2;
	}
	count = (size_t)words.count;
	run.arrived_max = 4 * count;
	run.sent_ns = calloc(count, sizeof(*run.sent_ns));
	run.arrival = calloc(run.arrived_max, sizeof(*run.arrival));
	run.delay_ns = calloc(count, sizeof(*run.delay_ns));
	run.seen = calloc(count, 1);
	if (!run.sent_ns || !run.arrival || !run.delay_ns || !run.seen)
		die("memory");
	prctl(PR_SET_TIMERSLACK, 1ul);
	signal(SIGINT, interrupt);
	open_sockets(argv + 1);
	send_all();
	receive_rest();
	qsort(run.delay_ns, run.unique, sizeof(*run.delay_ns), by_value);
	print_all(&ideal);
	write_files();
	return 0;
}
