/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends frames of many flows out of a device, as fast as one core can, by
 * BPF_PROG_TEST_RUN with live frames, and says what it cost:
 *
 *	sent timed wall_ns cpu_ns
 *
 * With -e the frames go out as a host's own do, through the device's hook for
 * outgoing packets. With -y it says "ready" once warm, and goes on when its
 * input ends: several of them begin at once.
 *
 * "sent" has the warm-up too, the other three do not. The receiver of a veth
 * runs in the sender's softirq, and cpu_ns is this thread's time with it; with
 * the pid of ksoftirqd on that CPU its time is added, for it takes over when
 * there is much to do.
 */
#include <net/if.h>
#include <unistd.h>

#include "bench.h"

/*
 * Frames per system call. Each call has about 20 ms of sleep in it, which
 * takes no CPU time but spoils the wall clock's figure: few, large ones.
 */
#define CHUNK_MIN (1 << 12)
#define CHUNK_MAX (1 << 23)
#define WARM_MAX_NS 2e9 /* however slow the receiver */

struct gen {
	const char *object;
	const char *device;
	struct flow_settings flow;
	double seconds;
	double warm; /* packets */
	int cpu;
	int softirqd; /* pid, or 0 */
	bool egress;
	bool together;
	__u32 batch;
	__u32 seed;
	__u32 first; /* flow */
	size_t length;
};

static double softirqd_ns(int pid)
{
	char path[64];
	double ns = 0;
	FILE *file;

	if (!pid)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%lf", &ns) != 1)
		ns = 0;
	fclose(file);
	return ns;
}

struct stream {
	int fd;
	struct bpf_test_run_opts *run;
	double rate; /* packets per ns, of the latest call */
};

/* Sends @want packets or for @limit_ns; at the rate so far, what is less. */
static int send_for(struct stream *stream, double want, double limit_ns,
		    double *sent)
{
	double start = bench_clock(CLOCK_MONOTONIC), spent = 0, chunk;
	int error;

	for (*sent = 0; *sent < want && spent < limit_ns; *sent += chunk) {
		chunk = stream->rate * (limit_ns - spent);
		chunk = fmin(fmin(chunk, CHUNK_MAX), want - *sent);
		chunk = floor(fmax(chunk, CHUNK_MIN));
		stream->run->repeat = (int)chunk;
		error = bpf_prog_test_run_opts(stream->fd, stream->run);
		if (error) {
			fprintf(stderr, "test run: %s\n", strerror(-error));
			return error;
		}
		spent = bench_clock(CLOCK_MONOTONIC) - start;
		stream->rate = 1.0 / fmax(stream->run->duration, 1);
	}
	return 0;
}

static double cpu_ns(const struct gen *gen)
{
	return bench_clock(CLOCK_THREAD_CPUTIME_ID) +
	       softirqd_ns(gen->softirqd);
}

/* Until the input of this process ends. */
static void wait_for_others(void)
{
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

static int generate(const struct gen *gen, struct stream *stream)
{
	double warm, timed, wall, cpu;

	if (send_for(stream, gen->warm, WARM_MAX_NS, &warm))
		return 1;
	if (gen->together)
		wait_for_others();
	wall = bench_clock(CLOCK_MONOTONIC);
	cpu = cpu_ns(gen);
	if (send_for(stream, INFINITY, gen->seconds * 1e9, &timed))
		return 1;
	cpu = cpu_ns(gen) - cpu;
	wall = bench_clock(CLOCK_MONOTONIC) - wall;
	printf("%.0f %.0f %.0f %.0f\n", warm + timed, timed, wall, cpu);
	return 0;
}

/* Of the way that the frames are to go, loaded without the others. */
static int load_program(struct bpf_object *object, const char *name)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(
			program, !strcmp(bpf_program__name(program), name));
	program = bpf_object__find_program_by_name(object, name);
	if (!program || bpf_object__load(object))
		return -1;
	return bpf_program__fd(program);
}

static int run(struct gen *gen)
{
	unsigned char frame[FRAME_MAX];
	size_t length = frame_build(&gen->flow, gen->length, frame);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = (__u32)length);
	struct stream stream = { .run = &opts };
	struct bpf_object *object;
	int result = 1;

	if (gen->device) {
		gen->flow.ifindex = if_nametoindex(gen->device);
		if (!gen->flow.ifindex) {
			fprintf(stderr, "%s: %s\n", gen->device,
				strerror(errno));
			return 1;
		}
	}
	if (!gen->egress) {
		opts.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
		opts.batch_size = gen->batch;
	}
	if (bench_pin(gen->cpu))
		return 1;
	object = flow_open(gen->object, &gen->flow);
	if (!object)
		return 1;
	stream.fd = load_program(object,
				 gen->egress ? "generate_out" : "generate");
	if (stream.fd >= 0)
		result = generate(gen, &stream);
	bpf_object__close(object);
	return result;
}

static int usage(void)
{
	fputs("usage: gen -o FLOWS.bpf.o [-i DEV [-e]] [-f FLOWS] [-t SEC]\n"
	      "           [-w WARM_PACKETS] [-c CPU] [-k KSOFTIRQD_PID]\n"
	      "           [-b BATCH] [-l LENGTH] [-s SEED] [-n FIRST_FLOW]\n"
	      "           [-y]\n"
	      "without -i the frames are dropped: the loop alone\n",
	      stderr);
	return 2;
}

static int set_number(struct gen *gen, int option, double value)
{
	switch (option) {
	case 't':
		gen->seconds = value;
		return 0;
	case 'w':
		gen->warm = value;
		return 0;
	case 'c':
		gen->cpu = (int)value;
		return 0;
	case 'k':
		gen->softirqd = (int)value;
		return 0;
	case 'b':
		gen->batch = (__u32)value;
		return 0;
	case 'l':
		gen->length = (size_t)value;
		return 0;
	case 'n':
		gen->first = (__u32)value;
		return 0;
	case 's':
		gen->seed = (__u32)value;
		return 0;
	}
	return -1;
}

static int set_option(struct gen *gen, int option)
{
	double value;

	switch (option) {
	case 'o':
		gen->object = optarg;
		return 0;
	case 'i':
		gen->device = optarg;
		return 0;
	case 'f':
		return flow_parse(optarg, &gen->flow);
	case 'e':
		gen->egress = true;
		return 0;
	case 'y':
		gen->together = true;
		return 0;
	case '?':
		return -1;
	}
	if (bench_number(optarg, 0, &value))
		return -1;
	return set_number(gen, option, value);
}

int main(int argc, char *argv[])
{
	struct gen gen = { .seconds = 1, .batch = 64, .length = 60 };
	int option;

	if (flow_parse("1", &gen.flow))
		return 2;
	while ((option = getopt(argc, argv, "o:i:f:t:w:c:k:b:l:s:n:ey")) != -1)
		if (set_option(&gen, option))
			return usage();
	if (!gen.object || optind != argc || (gen.egress && !gen.device))
		return usage();
	gen.flow.step += gen.seed * 2;
	gen.flow.first = gen.first;
	return run(&gen);
}
