/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The models over many packets: rates by their closed formulae, bursts and
 * gaps by their distributions. What must be seen, too: a parameter 2 % off.
 */
#include <stdio.h>
#include <stdlib.h>

#include <faultline/decide.h>
#include <faultline/rng.h>

#include "lib/tap.h"
#include "markov.h"
#include "stats.h"

/* ---- what the models are ----------------------------------------- */

/* With which fl_chance() says yes. */
static double chance(__u64 probability_u32)
{
	if (!probability_u32)
		return 0;
	return probability_u32 >= FL_P_ONE ?
		       1 :
		       ((double)probability_u32 + 1) / 0x1p32;
}

static void single_matrix(const union fl_params *u, struct markov *m)
{
	m->p[MARKOV_LOSE][0][0] = chance(u->loss.probability_u32);
	m->p[MARKOV_PASS][0][0] = 1 - chance(u->loss.probability_u32);
}

static double single_rate(const union fl_params *u)
{
	return u->loss.probability_u32 / (double)FL_P_ONE;
}

/* States 0 and 1 stand for FL_BURST_GAP and FL_BURST_LOSS. */
static void burst_matrix(const union fl_params *u, struct markov *m)
{
	double mean = u->burst.burst_milli / 1000.0, rate = single_rate(u);
	double enter = rate / (mean * (1 - rate));

	m->p[MARKOV_LOSE][0][1] = enter;
	m->p[MARKOV_PASS][0][0] = 1 - enter;
	m->p[MARKOV_LOSE][1][1] = 1 - 1 / mean;
	m->p[MARKOV_PASS][1][0] = 1 / mean;
}

/* Lost by the state it is in, then perhaps on to the other. */
static void gemodel_matrix(const union fl_params *u, struct markov *m)
{
	double leave[2] = { chance(u->gemodel.enter_u32),
			    chance(u->gemodel.leave_u32) };
	double lose[2] = { chance(u->gemodel.good_u32),
			   chance(u->gemodel.bad_u32) };

	for (int i = 0; i < 2; i++) {
		m->p[MARKOV_LOSE][i][!i] = lose[i] * leave[i];
		m->p[MARKOV_LOSE][i][i] = lose[i] * (1 - leave[i]);
		m->p[MARKOV_PASS][i][!i] = (1 - lose[i]) * leave[i];
		m->p[MARKOV_PASS][i][i] = (1 - lose[i]) * (1 - leave[i]);
	}
}

static double gemodel_rate(const union fl_params *u)
{
	double p = chance(u->gemodel.enter_u32);
	double r = chance(u->gemodel.leave_u32);

	return (chance(u->gemodel.bad_u32) * p +
		chance(u->gemodel.good_u32) * r) /
	       (p + r);
}

/* Lost by the state entered: 3 or 4, here 2 and 3. */
static void state_matrix(const union fl_params *u, struct markov *m)
{
	double p14 = chance(u->state.p14_u32), p23 = chance(u->state.p23_u32);
	double p13 = chance((__u64)u->state.p13_u32 + u->state.p14_u32) - p14;
	double p32 = chance(u->state.p32_u32);
	double p31 = chance((__u64)u->state.p31_u32 + u->state.p32_u32) - p32;

	m->p[MARKOV_PASS][0][0] = 1 - p13 - p14;
	m->p[MARKOV_LOSE][0][2] = p13;
	m->p[MARKOV_LOSE][0][3] = p14;
	m->p[MARKOV_PASS][1][1] = 1 - p23;
	m->p[MARKOV_LOSE][1][2] = p23;
	m->p[MARKOV_PASS][2][0] = p31;
	m->p[MARKOV_PASS][2][1] = p32;
	m->p[MARKOV_LOSE][2][2] = 1 - p31 - p32;
	m->p[MARKOV_PASS][3][0] = 1;
}

static double state_rate(const union fl_params *u)
{
	double p14 = chance(u->state.p14_u32);
	double q = chance(u->state.p13_u32) / chance(u->state.p31_u32);

	return (q + p14) /
	       (1 + p14 +
		q * (1 + chance(u->state.p32_u32) / chance(u->state.p23_u32)));
}

struct model {
	const char *name;
	__u32 kind;
	__u64 hit;    /* what counts as a loss: an effect, or 0 */
	__u32 first;  /* value of *state that is state 0 */
	__u32 params; /* how many of u32 there are to be bent */
	void (*matrix)(const union fl_params *u, struct markov *m);
	double (*rate)(const union fl_params *u);
};

static const struct model single = { "loss", FL_IMPAIR_LOSS, 0,		 0,
				     1,	     single_matrix,  single_rate };
static const struct model burst = {
	"loss burst", FL_IMPAIR_LOSS_BURST, 0, FL_BURST_GAP, 2,
	burst_matrix, single_rate
};
static const struct model gemodel = {
	"gemodel", FL_IMPAIR_LOSS_GEMODEL, 0, 0, 4, gemodel_matrix, gemodel_rate
};
static const struct model state = { "state", FL_IMPAIR_LOSS_STATE, 0,	      0,
				    5,	     state_matrix,	   state_rate };
static const struct model duplicate = {
	"duplicate", FL_IMPAIR_DUPLICATE, FL_FATE(DUPLICATE), 0,
	1,	     single_matrix,	  single_rate
};
static const struct model corrupt = {
	"corrupt", FL_IMPAIR_CORRUPT, FL_FATE(CORRUPT), 0,
	1,	   single_matrix,     single_rate
};
static const struct model mark = {
	"mark-ce", FL_IMPAIR_MARK_CE, FL_FATE(MARK), 0,
	1,	   single_matrix,     single_rate
};

/* Parameters are percentages, but for the length of a burst. */
struct model_case {
	const struct model *model;
	double params[5];
	bool has_power; /* 2 % can be seen in DRAWS */
};

static const struct model_case cases[] = {
	{ &single, { 0.1 }, false },
	{ &single, { 4 }, true },
	{ &single, { 50 }, true },
	{ &burst, { 10, 2.5 }, true },
	{ &burst, { 20, 1 }, true },
	{ &burst, { 1, 10 }, false },
	{ &burst, { 5, 300 }, false },
	{ &gemodel, { 1, 20, 100, 0 }, false },
	{ &gemodel, { 20, 40, 80, 10 }, true },
	{ &gemodel, { 2, 10, 50, 0.1 }, false },
	{ &state, { 1, 99, 0, 100, 0 }, false },
	{ &state, { 10, 50, 20, 40, 8 }, true },
	{ &state, { 2, 30, 10, 50, 0.5 }, false },
	{ &duplicate, { 4 }, true },
	{ &corrupt, { 4 }, true },
	{ &mark, { 4 }, true },
};
#define CASES (sizeof(cases) / sizeof(*cases))

/* ---- one flow of many packets ----------------------------------------- */

static struct fl_impair case_impair(const struct model_case *c)
{
	struct fl_impair impair = { .kind = c->model->kind };

	/* All of them are u32s one behind the other. */
	for (__u32 i = 0; i < c->model->params; i++)
		(&impair.u.loss.probability_u32)[i] = P(c->params[i]);
	if (impair.kind == FL_IMPAIR_LOSS_BURST)
		impair.u.burst.burst_milli = (__u32)(c->params[1] * 1000 + 0.5);
	return impair;
}

static void walk(const struct model *model, const struct fl_impair *impair,
		 struct markov_walk *out)
{
	struct fl_impair_in in = { .ecn = 1 };
	__u32 kept[FL_CHAIN_WORDS] = { model->first };

	memset(out, 0, sizeof(*out));
	for (__u32 n = 0; n < DRAWS; n++) {
		__u32 from = kept[0] - model->first;
		__u64 fate;

		in.draw = fl_draw(SEED, FLOW, n);
		in.number = n;
		fate = fl_decide(impair, &in, kept);
		markov_step(out, from,
			    model->hit ? !!(fate & model->hit) :
					 fate == FL_REASON_DROPPED,
			    kept[0] - model->first);
	}
}

static void check_case(const struct model_case *c, struct markov_walk *saw)
{
	struct fl_impair impair = case_impair(c);
	const char *name = c->model->name;
	struct markov_fit fit;
	struct markov m = { 0 };
	double rate;

	fl_prepare(&impair);
	c->model->matrix(&impair.u, &m);
	rate = c->model->rate(&impair.u);
	if (!tap_ok(fabs(markov_rate(&m) - rate) < 1e-9,
		    "%s: the matrix has the rate of the formula, %.4f", name,
		    rate))
		tap_diag("%.9f", markov_rate(&m));
	walk(c->model, &impair, saw);
	markov_compare(&m, saw, &fit);
	stat_ok(fit.rate, "%s %g%% %g: rate", name, c->params[0], c->params[1]);
	stat_ok(fit.moves, "%s: moves", name);
	stat_ok(fit.runs[MARKOV_LOSE], "%s: lengths of bursts", name);
	stat_ok(fit.runs[MARKOV_PASS], "%s: lengths of gaps", name);
}

static double worst(const struct markov_fit *fit)
{
	return fmax(fmax(fabs(fit->rate), fabs(fit->moves)),
		    fmax(fabs(fit->runs[0]), fabs(fit->runs[1])));
}

/* Would it be noticed? Each parameter in turn is 2 % more than is said. */
static void bend_case(const struct model_case *c, struct markov_walk *saw)
{
	struct fl_impair straight = case_impair(c);
	struct markov m = { 0 };

	fl_prepare(&straight);
	c->model->matrix(&straight.u, &m);
	for (__u32 i = 0; i < c->model->params; i++) {
		struct fl_impair bent = case_impair(c);
		__u32 *param = &bent.u.loss.probability_u32 + i;
		struct markov_fit fit;

		*param += *param / 50;
		fl_prepare(&bent);
		walk(c->model, &bent, saw);
		markov_compare(&m, saw, &fit);
		if (!tap_ok(worst(&fit) > STAT_LIMIT,
			    "%s: parameter %u off by 2 %% is seen",
			    c->model->name, i))
			tap_diag("%.1f standard deviations", worst(&fit));
	}
}

static void check_cases(void)
{
	struct markov_walk *saw = calloc(1, sizeof(*saw));

	for (size_t i = 0; saw && i < CASES; i++) {
		check_case(&cases[i], saw);
		if (HAS_POWER && cases[i].has_power)
			bend_case(&cases[i], saw);
	}
	free(saw);
}

/* ---- many flows of few packets ----------------------------------------- */

#define FEW 5

/* Flows that are short must see the rate as well, so each begins as if it had
 * run for ever; that two in a row are lost has its probability too. */
static void check_short_flows(void)
{
	static const struct model_case c = { &burst, { 10, 5 }, false };
	const __u32 flows = DRAWS / FEW;
	const double rate = c.params[0] / 100, mean = c.params[1];
	struct fl_impair impair = case_impair(&c);
	__u64 lost[FEW] = { 0 }, both = 0;

	fl_prepare(&impair);
	for (__u32 flow = 0; flow < flows; flow++) {
		__u32 kept[FL_CHAIN_WORDS] = { 0 }, fates = 0;
		struct fl_impair_in in = { 0 };

		for (__u32 n = 0; n < FEW; n++) {
			in.number = n;
			in.draw = fl_draw(SEED, FLOW * flow, n);
			fates = fates << 1 | (fl_decide(&impair, &in, kept) ==
					      FL_REASON_DROPPED);
			lost[n] += fates & 1;
			both += (fates & 3) == 3 && n == FEW - 1;
		}
	}
	for (__u32 n = 0; n < FEW; n++)
		stat_ok(stat_binomial(lost[n], flows, rate),
			"loss burst: packet %u of a flow is lost at the rate",
			n + 1);
	stat_ok(stat_binomial(both, flows, rate * (1 - 1 / mean)),
		"loss burst: and with the one before");
}

/* How far the rate and the mean are from what was asked, as a factor of it,
 * the rate as the 32 bits of a percentage have it. */
static void off_by(double percent, double mean, double off[2])
{
	struct model_case c = { &burst, { percent, mean }, false };
	struct fl_impair impair = case_impair(&c);
	double enter, leave;

	if (!fl_burst_possible(&impair.u))
		return;
	fl_prepare(&impair);
	enter = 0x1p-64 * (double)impair.u.burst.enter_u64;
	leave = 0x1p-64 * (double)impair.u.burst.leave_u64;
	mean = impair.u.burst.burst_milli / 1000.0;
	off[0] = fmax(off[0], fabs(enter / (enter + leave) /
					   (impair.u.burst.loss_u32 * 0x1p-32) -
				   1));
	off[1] = fmax(off[1], fabs(1 / leave / mean - 1));
}

static void check_precision(void)
{
	double off[2] = { 0, 0 };

	for (double percent = 0.0001; percent < 90; percent *= 1.7)
		for (double mean = 1; mean < 4e6; mean *= 1.7)
			off_by(percent, mean, off);
	tap_ok(off[0] < 1e-4, "loss burst: the rate is kept");
	tap_ok(off[1] < 1e-9, "loss burst: and so is the mean");
	tap_diag("by %.1e and %.1e at worst", off[0], off[1]);
}

/* ---- netem's correlated loss ----------------------------------------- */

/* Percentages lost as simulated from netem's source, and the last digit that
 * was written down; with no correlation it is the rate. */
static const struct netem_case {
	double percent, correlation, lost, digit;
} netem_cases[] = {
	{ 0.3, 25, 0, 0 },     { 1, 25, 0.00024, 0.00001 },
	{ 5, 25, 0.19, 0.01 }, { 10, 25, 1.75, 0.01 },
	{ 30, 50, 12.9, 0.1 }, { 5, 0, 5, 0 },
};

static void check_netem_case(const struct netem_case *c)
{
	struct fl_impair impair = { .kind = FL_IMPAIR_LOSS_NETEM };
	double share = c->lost / 100, rho = c->correlation / 100, spread;
	__u32 kept[FL_CHAIN_WORDS], was = 0, fate;
	__u64 lost = 0, bursts = 0;
	struct fl_impair_in in = { 0 };

	impair.u.netem.probability_u32 = P(c->percent);
	impair.u.netem.correlation_u32 = P(c->correlation);
	fl_netem_seed(SEED, kept);
	for (__u32 n = 0; n < DRAWS; n++) {
		fate = fl_decide(&impair, &in, kept) == FL_REASON_DROPPED;
		lost += fate;
		bursts += fate > was;
		was = fate;
	}
	/* Rounded, and correlated no more than the uniform numbers are. */
	spread = DRAWS * c->digit / 200 +
		 STAT_LIMIT * sqrt(DRAWS * share * (1 - share) * (1 + rho) /
				   (1 - rho));
	if (!tap_ok(fabs((double)lost - DRAWS * share) <= spread,
		    "loss netem %g%% %g%% loses %g%%, as netem does",
		    c->percent, c->correlation, c->lost))
		tap_diag("%llu of %u", lost, DRAWS);
	tap_ok(lost * 10 <= bursts * 18, "in bursts of 1.0 to 1.8 packets");
}

static void check_netem(void)
{
	const size_t count = sizeof(netem_cases) / sizeof(*netem_cases);

	for (size_t i = 0; i < count; i++)
		check_netem_case(&netem_cases[i]);
}

int main(void)
{
	check_cases();
	check_short_flows();
	check_precision();
	check_netem();
	stat_done();
	return tap_done();
}
