/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times XDP programs by BPF_PROG_TEST_RUN behind a wrapper that makes every
 * packet one of many flows. One line per measurement, in the order they were
 * made (random in every round):
 *
 *	round target flows ns_per_packet packets_in_all verdict
 *
 * Target "drop" is the same wrapper in front of XDP_DROP: subtract it. Time
 * is CPU time of this thread, which other processes do not add to.
 */
#include <unistd.h>

#include "bench.h"

#define CELLS_MAX 128
#define TARGETS_MAX 16
#define FLOWS_MAX 16

struct target {
	char name[32];
	int fd; /* -1: the wrapper's own XDP_DROP */
};

struct flows {
	const char *word;
	struct flow_settings settings;
	unsigned char frame[FRAME_MAX];
	__u32 length;
};

struct cell {
	const struct target *target;
	const struct flows *flows;
	int fd; /* of the wrapper */
};

struct micro {
	const char *object;
	int cpu;
	int rounds;
	__u32 packets;
	struct target targets[TARGETS_MAX];
	struct flows flows[FLOWS_MAX];
	struct cell cells[CELLS_MAX];
	int target_count, flow_count, cell_count;
};

/* "obj:FILE:PROGRAM"; the object stays open until the process ends. */
static int open_program(char *file)
{
	char *name = strrchr(file, ':');
	struct bpf_program *program, *other;
	struct bpf_object *object;

	if (!name)
		return -EINVAL;
	*name++ = 0;
	object = bpf_object__open_file(file, NULL);
	if (!object)
		return -errno;
	program = bpf_object__find_program_by_name(object, name);
	if (!program)
		return -ENOENT;
	bpf_object__for_each_program (other, object)
		bpf_program__set_autoload(other, other == program);
	if (bpf_object__load(object))
		return -EINVAL;
	return bpf_program__fd(program);
}

/* "NAME=pin:PATH", "NAME=id:N" or "NAME=obj:FILE:PROGRAM". */
static int add_target(struct micro *micro, char *word)
{
	struct target *target = &micro->targets[micro->target_count];
	char *where = strchr(word, '=');

	if (!where || micro->target_count == TARGETS_MAX)
		goto malformed;
	*where++ = 0;
	snprintf(target->name, sizeof(target->name), "%s", word);
	if (!strncmp(where, "pin:", 4))
		target->fd = bpf_obj_get(where + 4);
	else if (!strncmp(where, "id:", 3))
		target->fd = bpf_prog_get_fd_by_id((__u32)atoi(where + 3));
	else if (!strncmp(where, "obj:", 4))
		target->fd = open_program(where + 4);
	else
		goto malformed;
	if (target->fd < 0) {
		fprintf(stderr, "%s: %s\n", where, strerror(-target->fd));
		return -1;
	}
	micro->target_count++;
	return 0;
malformed:
	fprintf(stderr, "%s: not NAME=pin:PATH, id:N or obj:FILE:PROGRAM\n",
		word);
	return -1;
}

static int add_flows(struct micro *micro, const char *word)
{
	struct flows *flows = &micro->flows[micro->flow_count];

	if (micro->flow_count == FLOWS_MAX)
		return -1;
	flows->word = word;
	if (flow_parse(word, &flows->settings))
		return -1;
	flows->length = (__u32)frame_build(&flows->settings, 60, flows->frame);
	micro->flow_count++;
	return 0;
}

/*
 * A program array holds programs of one expected_attach_type and one frags
 * flag only, those of the wrapper, and how the target was loaded cannot be
 * asked. So load the wrapper each way until the kernel takes the target.
 */
static int wrap_target(const struct micro *micro, const struct flows *flows,
		       int target_fd, int attach_type, __u32 prog_flags)
{
	struct bpf_program *program;
	struct bpf_object *object;
	struct bpf_map *jump;
	__u32 zero = 0;

	object = flow_open(micro->object, &flows->settings);
	if (!object)
		return -EINVAL;
	bpf_object__for_each_program (program, object) {
		if (bpf_program__type(program) != BPF_PROG_TYPE_XDP) {
			bpf_program__set_autoload(program, false);
			continue;
		}
		bpf_program__set_expected_attach_type(
			program, (enum bpf_attach_type)attach_type);
		bpf_program__set_flags(program, prog_flags);
	}
	if (bpf_object__load(object))
		goto failed;
	program = bpf_object__find_program_by_name(object, "drop");
	if (target_fd < 0)
		target_fd = bpf_program__fd(program);
	jump = bpf_object__find_map_by_name(object, "jump");
	if (bpf_map_update_elem(bpf_map__fd(jump), &zero, &target_fd, 0))
		goto failed;
	program = bpf_object__find_program_by_name(object, "wrap");
	return bpf_program__fd(program);
failed:
	bpf_object__close(object);
	return -EINVAL;
}

static int add_cell(struct micro *micro, const struct target *target,
		    const struct flows *flows)
{
	static const struct {
		int attach_type;
		__u32 flags;
	} ways[] = {
		{ BPF_XDP, 0 },
		{ BPF_XDP, BPF_F_XDP_HAS_FRAGS },
		{ 0, 0 },
		{ 0, BPF_F_XDP_HAS_FRAGS },
	};
	struct cell *cell = &micro->cells[micro->cell_count];

	if (micro->cell_count == CELLS_MAX)
		return -1;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		cell->fd = wrap_target(micro, flows, target->fd,
				       ways[i].attach_type, ways[i].flags);
		if (cell->fd >= 0)
			break;
	}
	if (cell->fd < 0) {
		fprintf(stderr, "%s: cannot be tail-called by the wrapper\n",
			target->name);
		return -1;
	}
	cell->target = target;
	cell->flows = flows;
	micro->cell_count++;
	return 0;
}

static int test_run(const struct cell *cell, __u32 packets, __u32 *verdict)
{
	unsigned char out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = cell->flows->frame,
		    .data_size_in = cell->flows->length, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = (int)packets);
	int error = bpf_prog_test_run_opts(cell->fd, &run);

	*verdict = run.retval;
	if (error)
		fprintf(stderr, "%s: test run: %s\n", cell->target->name,
			strerror(-error));
	return error;
}

static int measure(const struct micro *micro, const struct cell *cell,
		   int round)
{
	/* The other cells had the caches: touch what belongs to this one. */
	__u32 warm = (cell->flows->settings.mask + 1) * 2 + (1 << 16);
	__u32 verdict;
	double cpu;

	if (test_run(cell, warm, &verdict))
		return -1;
	cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID);
	if (test_run(cell, micro->packets, &verdict))
		return -1;
	cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
	if (!verdict) {
		fprintf(stderr, "%s: verdict is XDP_ABORTED\n",
			cell->target->name);
		return -1;
	}
	printf("%d %s %s %.3f %u %u\n", round, cell->target->name,
	       cell->flows->word, cpu / micro->packets, warm + micro->packets,
	       verdict);
	return 0;
}

/* Round 0 fills the tables of the programs; the reader leaves it out. */
static int measure_all(struct micro *micro)
{
	for (int round = 0; round <= micro->rounds; round++) {
		for (int i = micro->cell_count - 1; i > 0; i--) {
			int j = (int)(random() % (i + 1));
			struct cell swap = micro->cells[i];

			micro->cells[i] = micro->cells[j];
			micro->cells[j] = swap;
		}
		for (int i = 0; i < micro->cell_count; i++)
			if (measure(micro, &micro->cells[i], round))
				return 1;
		fflush(stdout);
	}
	return 0;
}

static int usage(void)
{
	fputs("usage: micro -o FLOWS.bpf.o [-c CPU] [-r ROUNDS] [-n PACKETS]\n"
	      "             [-f FLOWS]... NAME=TARGET...\n"
	      "TARGET is pin:PATH, id:N or obj:FILE:PROGRAM\n",
	      stderr);
	return 2;
}

static int parse_options(struct micro *micro, int argc, char *argv[])
{
	double value;
	int option;

	while ((option = getopt(argc, argv, "o:c:r:n:f:")) != -1) {
		switch (option) {
		case 'o':
			micro->object = optarg;
			break;
		case 'f':
			if (add_flows(micro, optarg))
				return -1;
			break;
		case 'c':
		case 'r':
		case 'n':
			if (bench_number(optarg, 0, &value))
				return -1;
			if (option == 'c')
				micro->cpu = (int)value;
			else if (option == 'r')
				micro->rounds = (int)value;
			else
				micro->packets = (__u32)value;
			break;
		default:
			return -1;
		}
	}
	return micro->object && micro->packets ? 0 : -1;
}

int main(int argc, char *argv[])
{
	static struct micro micro = {
		.rounds = 5,
		.packets = 1000000,
		.target_count = 1,
		.targets[0] = { .name = "drop", .fd = -1 },
	};

	if (parse_options(&micro, argc, argv))
		return usage();
	if (!micro.flow_count && add_flows(&micro, "1"))
		return 2;
	for (int i = optind; i < argc; i++)
		if (add_target(&micro, argv[i]))
			return 1;
	for (int t = 0; t < micro.target_count; t++)
		for (int f = 0; f < micro.flow_count; f++)
			if (add_cell(&micro, &micro.targets[t],
				     &micro.flows[f]))
				return 1;
	srandom((unsigned int)time(NULL));
	if (bench_pin(micro.cpu))
		return 1;
	return measure_all(&micro);
}
