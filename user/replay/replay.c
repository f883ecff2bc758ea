/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What attach and add would do, with nothing attached: the programs are loaded
 * and run, one packet after the other. Draws depend on the rule's seed, the
 * flow, and the packet's number in it alone, so the same packets fall as on a
 * device with the same seed.
 */
#include "replay.h"

#include <string.h>

#include "device/load.h"
#include "device/stage.h"
#include "run.h"

#define FLOWS_DEFAULT 65536
#define HELD_DEFAULT 262144

struct replay {
	const struct replay_options *options;
	struct device *dev; /* over the maps of @run.obj */
	struct run run;
	struct fl_error *error;
};

/* Without --local: the direction of the rules, incoming where they differ. */
static bool all_out(const struct replay_options *o)
{
	for (size_t i = 0; i < o->rule_count; i++)
		if (o->rules[i].directions != FL_DIR_OUT)
			return false;
	return o->rule_count;
}

static int load(struct replay *r)
{
	const struct replay_options *o = r->options;
	struct fl_device record = {
		.abi_version = FL_ABI_VERSION,
		.mode = FL_MODE_TC,
		.flows = o->flows ? o->flows : FLOWS_DEFAULT,
		.seed = o->seed,
		.held_max = o->held ? o->held : HELD_DEFAULT,
		.no_guards = 1,
	};
	int code = load_replay(&record, &r->run.obj, &r->dev, r->error);

	if (code)
		return code;
	r->run.depart.due.max = record.held_max;
	r->run.depart.specs = device_specs(r->dev);
	r->run.depart.holdings = device_holdings(r->dev);
	if (!r->run.depart.holdings)
		return fl_fail(r->error, FL_EXIT_ERROR, "out of memory");
	return stage_replay(r->dev, o->rules, o->rule_count, r->error);
}

static int prepare(struct replay *r)
{
	const struct replay_options *o = r->options;
	struct run *run = &r->run;
	int code = capture_open(o->in, &run->in, r->error);

	if (code)
		return code;
	run->in_name = o->in;
	run->locals = o->locals;
	run->local_count = o->local_count;
	run->report->sided = o->local_count;
	run->report->out = all_out(o);
	if (run_begin(run))
		return fl_fail(r->error, FL_EXIT_ERROR, "out of memory");
	code = load(r);
	if (!code)
		code = capture_create(o->out, run->in, &run->depart.out,
				      r->error);
	return code;
}

static bool is_done(int code)
{
	return !code || code == FL_EXIT_CUT_OFF;
}

/* Lets go what waits. What was wrong before, @code, is said first. */
static int finish(struct replay *r, int code)
{
	struct depart *depart = &r->run.depart;
	struct fl_error unwritten;
	int finished;

	if (!depart->out)
		return code;
	depart_all(depart);
	r->run.report->written = depart->written;
	r->run.report->capture = *capture_facts(r->run.in);
	finished = capture_finish(depart->out, !is_done(code), &unwritten);
	if (!finished || !is_done(code))
		return code;
	*r->error = unwritten;
	return finished;
}

int replay_run(const struct replay_options *options,
	       struct sample_replay *replay, struct fl_error *error)
{
	struct replay r = {
		.options = options,
		.run.report = replay,
		.error = error,
	};
	struct fl_error unsampled;
	int code;

	memset(replay, 0, sizeof(*replay));
	code = prepare(&r);
	if (!code)
		code = run_frames(&r.run, error);
	code = finish(&r, code);
	if (is_done(code) &&
	    device_sample(r.dev, &replay->sample, &unsampled)) {
		code = FL_EXIT_ERROR;
		*error = unsampled;
	}
	capture_close(r.run.in);
	device_close(r.dev);
	obj_free(r.run.obj);
	due_free(&r.run.depart.due);
	run_end(&r.run);
	return code;
}
