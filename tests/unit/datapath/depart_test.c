/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When held packets depart: the vectors; whole runs of packets against netem
 * with its queue; and the distributions that were asked for.
 */
#include "vectors/vec_depart.h"

#include "compile/tables.h"
#include "netem_queue.h"
#include "stats.h"

#define MS 1000000ull
#define START 1000000000000ull

static struct fl_table tables[FL_TABLES];

static bool run_host(struct vec_depart *vec, const struct fl_table *own)
{
	vec_depart_do(vec, own);
	return true;
}

/* ---- decisions ----------------------------------------- */

static void check_fates(void)
{
	struct fl_impair_in in = { .draw = ~0ull };
	__u32 state[FL_CHAIN_WORDS] = { 0 };

	for (__u32 kind = 0; kind < FL_IMPAIR_KINDS; kind++) {
		struct fl_impair impair = { .kind = kind };

		if (!fl_is_timing(kind))
			continue;
		tap_is_u64(fl_decide(&impair, &in, state),
			   FL_REASON_PASSED | FL_FATE(HOLD),
			   "kind %u is held and lost nowhere", kind);
	}
}

/* ---- netem's queue ----------------------------------------- */

static __u64 counter;

static __u64 draw(void)
{
	return fl_draw(SEED, FLOW, counter++);
}

static __u64 below(__u64 limit)
{
	return draw() % limit;
}

/* Any number of significant bits. */
static __u32 some(__u32 most)
{
	return (__u32)(draw() >> 32 >> below(32)) % most;
}

static struct fl_timing random_timing(void)
{
	struct fl_timing timing = { .flags = FL_TIMING_LINE };

	timing.delay.delay_ns = below(4) ? some(100 * MS) : 0;
	timing.delay.jitter_ns = below(3) ? some(100 * MS) : 0;
	timing.delay.correlation_u32 = below(2) ? some(~0u) : 0;
	timing.delay.table = (__u32)below(5);
	if (below(2)) {
		timing.flags |= FL_TIMING_REORDER;
		timing.reorder.probability_u32 = some(~0u);
		timing.reorder.correlation_u32 = below(2) ? some(~0u) : 0;
		timing.reorder.gap = 1 + (__u32)below(6);
	}
	if (below(2)) {
		timing.flags |= FL_TIMING_RATE;
		timing.rate.rate_bps = 8 * (10000 + below(10000000));
		timing.rate.overhead = (__s32)below(100) - 50;
		timing.rate.cell = below(2) ? 1 + (__u32)below(99) : 0;
		timing.rate.celloverhead = timing.rate.cell ? (__s32)below(9) :
							      0;
	}
	return timing;
}

static void ask_netem(const struct fl_timing *timing, struct netem_queue *q)
{
	const struct fl_table *table = &tables[timing->delay.table];

	memset(q, 0, sizeof(*q));
	q->latency = timing->delay.delay_ns;
	q->jitter = timing->delay.jitter_ns;
	q->delay_rho = timing->delay.correlation_u32;
	q->dist = timing->delay.table ? table->value : NULL;
	q->dist_size = table->length;
	q->reorder = timing->reorder.probability_u32;
	q->reorder_rho = timing->reorder.correlation_u32;
	q->gap = timing->reorder.gap;
	q->rate = timing->rate.rate_bps / 8;
	q->overhead = timing->rate.overhead;
	q->cell = timing->rate.cell;
	q->cell_overhead = timing->rate.celloverhead;
}

/* A few hundred packets of one rule; in how many the two differ. */
static unsigned run_rule(void)
{
	static struct netem_queue q;
	struct fl_timing timing = random_timing();
	struct fl_line line = { 0 };
	struct fl_depart_in in = { .now_ns = START };
	unsigned wrong = 0;

	ask_netem(&timing, &q);
	for (int n = 0; n < 300; n++) {
		struct fl_depart out;
		wide want;
		bool ahead;
		int result;

		in.now_ns += below(2) ? some(20 * MS) : 0;
		in.bytes = 60 + (__u32)below(1455);
		in.draw = draw();
		want = netem_enqueue(
			&q, in.now_ns, in.bytes,
			(__u32)fl_category_draw(in.draw, FL_CATEGORY_DELAY),
			(__u32)fl_category_draw(in.draw, FL_CATEGORY_REORDER),
			&ahead);
		result = fl_depart(&timing, tables, &in, &line, &out);
		wrong += want != (wide)out.departure_ns ||
			 result != (ahead ? FL_DEPART_AHEAD : FL_DEPART_HELD);
	}
	return wrong;
}

static void check_runs(void)
{
	unsigned wrong = 0;

	for (int i = 0; i < 1000; i++)
		wrong += run_rule();
	tap_is_u64(wrong, 0, "1000 rules send 300 packets when netem does");
}

/* ---- slots ----------------------------------------- */

#define SLOTTED 300

struct slotted {
	__u64 came[SLOTTED], want[SLOTTED];
	__u32 bytes[SLOTTED];
	int sent;
};

/* All that netem sends up to @now, when @count packets have come. */
static void netem_until(struct netem_queue *q, struct slotted *s, int count,
			__u64 now)
{
	/* It looks when a packet comes, and when it has set its clock for. */
	wide time = s->came[count - 1], again;

	while (s->sent < count && time <= (wide)now) {
		if (netem_dequeue(q, time, s->came[s->sent], s->bytes[s->sent],
				  &again))
			s->want[s->sent++] = (__u64)time;
		else
			time = again;
	}
}

static unsigned run_slots(void)
{
	static struct netem_queue q;
	static struct slotted s;
	struct fl_timing timing = { .flags = FL_TIMING_LINE | FL_TIMING_SLOT };
	struct fl_depart_in in = { .now_ns = START };
	struct fl_line line = { 0 };
	struct fl_depart out;
	unsigned wrong = 0;

	memset(&q, 0, sizeof(q));
	memset(&s, 0, sizeof(s));
	timing.slot.min_ns = timing.slot.max_ns = 1 + some(20 * MS);
	timing.slot.packets = below(2) ? 1 + (__u32)below(5) : 0;
	timing.slot.bytes = below(2) ? 60 + some(9000) : 0;
	q.slot_length = timing.slot.min_ns;
	q.max_packets = timing.slot.packets;
	q.max_bytes = timing.slot.bytes;
	for (int n = 0; n < SLOTTED; n++) {
		in.now_ns += below(3) ? some(30 * MS) : 0;
		if (n)
			netem_until(&q, &s, n, in.now_ns - 1);
		s.came[n] = in.now_ns;
		s.bytes[n] = 60 + (__u32)below(1455);
	}
	netem_until(&q, &s, SLOTTED, ~0ull >> 1);
	for (int n = 0; n < SLOTTED; n++) {
		in.now_ns = s.came[n];
		in.bytes = s.bytes[n];
		in.draw = draw();
		fl_depart(&timing, tables, &in, &line, &out);
		wrong += out.departure_ns != s.want[n];
	}
	return wrong;
}

static void check_slots(void)
{
	unsigned wrong = 0;

	for (int i = 0; i < 1000; i++)
		wrong += run_slots();
	tap_is_u64(wrong, 0, "1000 rules with slots do, too");
}

/* ---- distributions ----------------------------------------- */

/* Where the distribution reaches @q, in units of the jitter. */
static double uniform_at(double q)
{
	return 2 * q - 1;
}

static double normal_at(double q)
{
	double low = -9, high = 9;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (erfc(-middle / M_SQRT2) / 2 < q)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* No value of a table is greater than 4. */
static double pareto_at(double q)
{
	return fmin(4, (pow(1 - q, -1.0 / 3) - 1.5) * 4 / 3);
}

static double paretonormal_at(double q)
{
	return (normal_at(q) + 3 * pareto_at(q)) / 4;
}

#define DELAYS (DRAWS / 10)
#define JITTER (10 * MS)
#define PLACES 400

static int compare_times(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static __u64 *draw_delays(__u32 table, __u32 jitter_ns)
{
	struct fl_timing timing = {
		.delay = { .delay_ns = 100 * MS,
			   .jitter_ns = jitter_ns,
			   .table = table },
	};
	__u64 *times = malloc(DELAYS * sizeof(*times));
	struct fl_depart_in in = { 0 };

	for (__u32 n = 0; times && n < DELAYS; n++) {
		struct fl_depart out;

		in.draw = fl_draw(SEED, FLOW + table, n);
		fl_depart_alone(&timing, tables, &in, &out);
		times[n] = out.departure_ns;
	}
	return times;
}

/* Kolmogorov's and Smirnov's distance to @at, at PLACES places of it. */
static double distance(__u64 *times, double (*at)(double q))
{
	double most = 0;
	__u32 n = 0;

	qsort(times, DELAYS, sizeof(*times), compare_times);
	for (int i = 1; i < PLACES; i++) {
		double q = (double)i / PLACES;
		double time = 100.0 * MS + JITTER * at(q);

		/* Above its greatest value the table has nothing more. */
		if (at(q) >= 4)
			break;
		while (n < DELAYS && (double)times[n] <= time)
			n++;
		most = fmax(most, fabs((double)n / DELAYS - q));
	}
	return most;
}

/* One draw in 10^6 is further off; and a table has its shares of 1/4096. */
static double distance_limit(void)
{
	return 2.7 / sqrt(DELAYS) + 1.0 / 4096;
}

static const struct {
	const char *name;
	__u32 table;
	double (*at)(double q);
} distributions[] = {
	{ "uniform", FL_TABLE_UNIFORM, uniform_at },
	{ "normal", FL_TABLE_NORMAL, normal_at },
	{ "pareto", FL_TABLE_PARETO, pareto_at },
	{ "paretonormal", FL_TABLE_PARETONORMAL, paretonormal_at },
};

static void check_distribution(int i)
{
	const char *name = distributions[i].name;
	__u64 *times = draw_delays(distributions[i].table, JITTER);
	__u64 *bent = draw_delays(distributions[i].table, JITTER * 105 / 100);
	double off, seen;

	if (times && bent) {
		off = distance(times, distributions[i].at);
		seen = distance(bent, distributions[i].at);
		if (!tap_ok(off < distance_limit(), "%s: as far as asked",
			    name))
			tap_diag("%.5f", off);
		tap_ok(!HAS_POWER || seen > distance_limit(),
		       "%s: were the jitter 5 %% more, it would show (%.5f)",
		       name, seen);
		tap_diag("%s: %.5f off", name, off);
	}
	free(times);
	free(bent);
}

/* ---- correlation ----------------------------------------- */

/* The correlation of a delay with the one before. */
static double correlation(double rho, __u32 jitter_ns)
{
	struct fl_timing timing = { .flags = FL_TIMING_LINE };
	double before = 0, sum = 0, squares = 0, products = 0;
	struct fl_depart_in in = { 0 };
	struct fl_line line = { 0 };

	timing.delay = (struct fl_delay){ .delay_ns = 5000 * MS,
					  .jitter_ns = jitter_ns,
					  .correlation_u32 = P(rho) };
	for (__u32 n = 0; n < DELAYS; n++) {
		struct fl_depart out;
		double x;

		in.draw = fl_draw(SEED, FLOW, n);
		fl_depart(&timing, tables, &in, &line, &out);
		x = (double)out.departure_ns / MS - 5000;
		sum += x;
		squares += x * x;
		products += x * before;
		before = x;
	}
	sum /= DELAYS;
	return (products / DELAYS - sum * sum) / (squares / DELAYS - sum * sum);
}

static void check_correlation(const char *what, double rho, __u32 jitter_ns,
			      double want)
{
	double got = correlation(rho, jitter_ns);

	if (!tap_ok(fabs(got - want) < 5 / sqrt(DELAYS),
		    "correlation %g %%, %s: %g", rho, what, want))
		tap_diag("%.4f", got);
}

int main(void)
{
	for (__u32 id = FL_TABLE_NORMAL; id < FL_TABLE_FILE; id++)
		tables_builtin((enum fl_table_id)id, &tables[id]);
	tables[FL_TABLE_FILE] =
		(struct fl_table){ .length = 3, .value = { -32768, 7, 20000 } };
	vec_depart_run("host", run_host);
	check_fates();
	check_runs();
	check_slots();
	for (int i = 0; i < 4; i++)
		check_distribution(i);
	check_correlation("none", 0, 10 * MS, 0);
	check_correlation("jitter 2.1s", 50, 2147483647, 0.5);
	/* As in netem: the jitter takes the lower digits of the number. */
	check_correlation("jitter 10ms", 50, 10 * MS, 0);
	return tap_done();
}
