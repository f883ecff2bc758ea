/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What attach and add would do, with nothing attached: the programs are loaded
 * and run, one packet after the other. Draws depend on the rule's seed, the
 * flow, and the packet's number in it alone, so the same packets fall as on a
 * device with the same seed.
 */
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>

#include <faultline/rng.h>

#include "capture.h"
#include "depart.h"
#include "device/open.h"
#include "device/rules.h"
#include "device/tables.h"
#include "device/traces.h"
#include "frame.h"

#define FLOWS_DEFAULT 65536
#define HELD_DEFAULT 262144
#define FRAME_MAX 65536		/* far more than the kernel runs */
#define SHORT_MAX 64		/* the headers that the kernel looks at */
#define ROOM (FRAME_MAX + 4096) /* an answer may be longer than its packet */

struct replay {
	const struct replay_options *options;
	struct device dev; /* over the maps of @obj */
	struct obj *obj;
	struct capture *in;
	struct depart depart;
	struct obj_replayed ran;
	unsigned char *framed; /* a packet with a link header put before */
	struct sample_replay *report;
	struct fl_error *error;
};

/* ---- loading ------------------------------------------------------------ */

static int load(struct replay *r)
{
	char why[160] = "";
	int err = obj_load_replay(&r->dev.record, &r->obj, why, sizeof(why));

	if (!err)
		return 0;
	if (err == -EPERM)
		return fl_fail(r->error, FL_EXIT_PERMISSION,
			       "not permitted to load BPF programs: run as "
			       "root (CAP_BPF and CAP_NET_ADMIN)");
	if (err == -ENOMEM)
		return fl_fail(r->error, FL_EXIT_ERROR,
			       "no memory for %u flows: try a smaller --flows",
			       r->dev.record.flows);
	return fl_fail(r->error, FL_EXIT_UNSUPPORTED,
		       "this kernel refuses the BPF programs: %s%s%s",
		       strerror(-err), *why ? ": " : "", why);
}

/* As engine.c has them of a device that is attached. */
static int map(struct replay *r)
{
	struct device *dev = &r->dev;
	int err;

	for (int i = 0; i < OBJ_MAPS; i++)
		dev->map[i] = obj_map_fd(r->obj, i);
	err = obj_map_entries(dev->map[OBJ_FLOWS], &dev->slots);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_CONTROLS],
				   sizeof(*dev->control), 1, 1,
				   (void **)&dev->control);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_RULESETS],
				   sizeof(*dev->rulesets), 2, 1,
				   (void **)&dev->rulesets);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_ACTIONS], sizeof(*dev->actions),
				   FL_ACTIONS, 1, (void **)&dev->actions);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_TRACES], sizeof(*dev->traces),
				   FL_TRACE_WORDS, 1, (void **)&dev->traces);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_HOLDINGS],
				   sizeof(*dev->holdings),
				   FL_RULES_MAX * FL_SIDES, 1,
				   (void **)&dev->holdings);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_TABLES], sizeof(*dev->tables),
				   FL_TABLES, 1, (void **)&dev->tables);
	if (!err)
		err = device_write_record(dev);
	if (err)
		return fl_fail(r->error, FL_EXIT_ERROR,
			       "cannot map the maps: %s", strerror(-err));
	return 0;
}

/* ---- rules -------------------------------------------------------------- */

static bool has_name(const struct replay_options *o, const char *name)
{
	for (size_t i = 0; i < o->rule_count; i++)
		if (!strcmp(o->rules[i].name, name))
			return true;
	return false;
}

/* As add gives them, so that both say the same. */
static void give_name(const struct replay_options *o, struct fl_rule *rule)
{
	for (unsigned n = 1; !*rule->name; n++) {
		char name[FL_NAME_LEN];

		snprintf(name, sizeof(name), "r%u", n);
		if (!has_name(o, name))
			memcpy(rule->name, name, sizeof(name));
	}
}

static int check_names(const struct replay_options *o, struct fl_error *error)
{
	for (size_t i = 0; i < o->rule_count; i++)
		for (size_t j = 0; *o->rules[i].name && j < i; j++)
			if (!strcmp(o->rules[i].name, o->rules[j].name))
				return fl_fail(error, FL_EXIT_ERROR,
					       "two rules are named \"%s\"",
					       o->rules[i].name);
	return 0;
}

/* What rule number @id needs of files. */
static int place_files(struct replay *r, __u16 id)
{
	struct fl_rule *rules = r->options->rules;
	const struct fl_rule **others = calloc(id + 1u, sizeof(*others));
	int code;

	if (!others)
		return fl_fail(r->error, FL_EXIT_ERROR, "out of memory");
	for (__u16 i = 0; i < id; i++)
		others[i] = &rules[i];
	code = traces_place(&r->dev, &rules[id], others, id, r->error);
	if (!code)
		code = tables_place(&r->dev, &rules[id], others, id, r->error);
	free(others);
	return code;
}

/* Rule number @id of the options takes the slot of that number. */
static int stage(struct replay *r, __u16 id)
{
	struct fl_rule *rule = &r->options->rules[id];
	struct device *dev = &r->dev;
	struct fl_spec spec = { 0 };
	int code, err;

	give_name(r->options, rule);
	rule->age = id;
	if (!(rule->flags & FL_RULE_SEEDED))
		rule->seed = fl_draw(dev->record.seed, 0, rule->age);
	code = place_files(r, id);
	if (code)
		return code;
	/* expiry_ns stays 0: the capture's time is not ours. */
	spec.rule = *rule;
	compile_action(rule, &dev->actions[id]);
	err = rules_stage_state(dev, rule, id);
	if (!err)
		err = obj_map_write(dev->map[OBJ_SPECS], id, &spec);
	if (err)
		return fl_fail(r->error, FL_EXIT_ERROR,
			       "cannot write the rules: %s", strerror(-err));
	return 0;
}

static int compare(const void *a, const void *b, void *rules)
{
	__u16 i = *(const __u16 *)a, j = *(const __u16 *)b;
	const struct fl_rule *x = (const struct fl_rule *)rules + i;
	const struct fl_rule *y = (const struct fl_rule *)rules + j;

	if (x->prio != y->prio)
		return x->prio < y->prio ? -1 : 1;
	return i < j ? -1 : i > j;
}

static int put_into_force(struct replay *r)
{
	static struct compile_rule rules[FL_RULES_MAX];
	static __u16 ids[FL_RULES_MAX];
	const struct replay_options *o = r->options;
	int code = check_names(o, r->error);

	for (size_t i = 0; i < o->rule_count && !code; i++) {
		ids[i] = (__u16)i;
		code = stage(r, ids[i]);
	}
	if (code)
		return code;
	qsort_r(ids, o->rule_count, sizeof(*ids), compare, o->rules);
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct fl_rule *rule = &o->rules[ids[i]];
		__u32 numbered = (__u32)compile_is_numbered(rule);

		rules[i] = (struct compile_rule){ rule, FL_CAND(ids[i], 0,
								numbered) };
	}
	return rules_switch(&r->dev, rules, o->rule_count, ids, o->rule_count,
			    r->error);
}

/* ---- packets ------------------------------------------------------------ */

/* Without --local: the direction of the rules, incoming where they differ. */
static bool all_out(const struct replay_options *o)
{
	for (size_t i = 0; i < o->rule_count; i++)
		if (o->rules[i].directions != FL_DIR_OUT)
			return false;
	return o->rule_count;
}

static enum fl_side side_of(const struct replay *r, const unsigned char *frame,
			    size_t length)
{
	const struct replay_options *o = r->options;
	struct fl_prefix source;

	if (!r->report->sided)
		return r->report->out ? FL_OUT : FL_IN;
	if (!frame_source(frame, length, &source))
		return FL_IN;
	for (size_t i = 0; i < o->local_count; i++)
		if (frame_is_within(&source, &o->locals[i]))
			return FL_OUT;
	return FL_IN;
}

static int let_go(struct replay *r, const struct capture_frame *frame,
		  __u64 departure_ns, __u32 holding)
{
	int err = depart_at(&r->depart, frame, departure_ns, holding);

	if (err == -ENOBUFS)
		return fl_fail(
			r->error, FL_EXIT_ERROR,
			"%.200s: packet %llu: %u packets are held already, and "
			"a device would drop it: try a larger --held",
			r->options->in, r->report->packets,
			r->dev.record.held_max);
	return err ? fl_fail(r->error, FL_EXIT_ERROR, "out of memory") : 0;
}

/* It may have gone ahead of a packet that was lost in a full queue, or have
 * been lost there itself. */
static bool has_copy(const struct obj_replayed *ran)
{
	return ran->copy_ns != FL_NEVER &&
	       (ran->fate & FL_FATE(DUPLICATE) || ran->copy_ns > ran->now_ns);
}

/*
 * An answer always differs from its packet. One that does not could not be
 * made, as to a tagged frame: the packet is lost, and counted as skipped.
 */
static bool is_answer(const struct obj_replayed *ran, const void *frame,
		      __u32 length)
{
	return ran->length != length || memcmp(ran->frame, frame, length);
}

/* @head: bytes of a link header that only the programs see. */
static int write_ran(struct replay *r, enum fl_side side,
		     const struct capture_frame *frame,
		     const unsigned char *ran, __u32 length, __u32 head)
{
	__u64 reason = r->ran.fate & FL_FATE_REASON;
	struct capture_frame out = *frame;
	int code = 0;

	if (has_copy(&r->ran))
		code = let_go(r, frame, r->ran.copy_ns, DEPART_NOBODY);
	if (code)
		return code;
	out.data = r->ran.frame + head;
	out.length = r->ran.length - head;
	if (reason == FL_REASON_PASSED) {
		out.wire_length += out.length - frame->length;
		return let_go(r, &out, r->ran.departure_ns,
			      r->ran.id * FL_SIDES + side);
	}
	if (reason == FL_REASON_REJECTED && is_answer(&r->ran, ran, length)) {
		out.wire_length = out.length;
		depart_now(&r->depart, &out);
	}
	return 0;
}

/* Gives a packet without link header one that the programs can read. */
static const unsigned char *put_link(struct replay *r,
				     const struct capture_frame *frame)
{
	__u8 version = frame->length ? frame->data[0] >> 4 : 0;
	__u16 type = version == 4 ? ETH_P_IP :
		     version == 6 ? ETH_P_IPV6 :
				    ETH_P_802_EX1;

	r->framed[12] = (unsigned char)(type >> 8);
	r->framed[13] = (unsigned char)type;
	memcpy(r->framed + ETH_HLEN, frame->data, frame->length);
	return r->framed;
}

/* The kernel refuses what is shorter than a link header, or than the headers
 * that it looks at itself, and what does not fit into a page. */
static int run_frame(struct replay *r, const struct capture_frame *frame)
{
	bool is_ip = capture_layer(r->in) == CAPTURE_IP;
	__u32 head = is_ip ? ETH_HLEN : 0, length = frame->length + head;
	const unsigned char *data = frame->data;
	enum fl_side side = FL_IN;
	int err = -EINVAL;

	depart_until(&r->depart, capture_time_ns(r->in, frame));
	r->ran.now_ns = r->depart.now_ns;
	r->report->packets++;
	r->report->cut += frame->length < frame->wire_length;
	if (frame->length <= FRAME_MAX) {
		if (is_ip)
			data = put_link(r, frame);
		side = side_of(r, data, length);
		err = obj_replay(r->obj, side, data, length, &r->ran);
	}
	if (err && err != -EINVAL)
		return fl_fail(
			r->error, FL_EXIT_ERROR,
			"%.200s: packet %llu: the kernel refuses to run it: %s",
			r->options->in, r->report->packets, strerror(-err));
	if (!err)
		return write_ran(r, side, frame, data, length, head);
	if (length < SHORT_MAX)
		r->report->too_short++;
	else
		r->report->too_long++;
	depart_now(&r->depart, frame);
	return 0;
}

static int run_frames(struct replay *r)
{
	struct capture_frame frame;
	int code = 0;

	while (!code && !r->depart.full) {
		code = capture_read(r->in, &frame, r->error);
		if (code != CAPTURE_MORE)
			return code;
		code = run_frame(r, &frame);
	}
	return code;
}

/* ---- the whole ---------------------------------------------------------- */

static int prepare(struct replay *r)
{
	const struct replay_options *o = r->options;
	struct fl_device *d = &r->dev.record;
	int code = capture_open(o->in, &r->in, r->error);

	if (code)
		return code;
	d->abi_version = FL_ABI_VERSION;
	d->mode = FL_MODE_TC;
	d->flows = o->flows ? o->flows : FLOWS_DEFAULT;
	d->seed = o->seed;
	d->held_max = o->held ? o->held : HELD_DEFAULT;
	r->depart.due.max = d->held_max;
	r->depart.rules = o->rules;
	r->ran.room = ROOM;
	r->ran.frame = malloc(ROOM);
	r->framed = calloc(1, ROOM);
	if (!r->ran.frame || !r->framed)
		return fl_fail(r->error, FL_EXIT_ERROR, "out of memory");
	r->report->sided = o->local_count;
	r->report->out = all_out(o);
	code = load(r);
	if (!code)
		code = map(r);
	r->depart.holdings = r->dev.holdings;
	if (!code)
		code = put_into_force(r);
	if (!code)
		code = capture_create(o->out, r->in, &r->depart.out, r->error);
	return code;
}

int replay_run(const struct replay_options *options,
	       struct sample_replay *replay, struct fl_error *error)
{
	struct replay r = {
		.options = options,
		.report = replay,
		.error = error,
	};
	struct fl_error unwritten;
	int code, finished;

	memset(replay, 0, sizeof(*replay));
	code = prepare(&r);
	if (!code)
		code = run_frames(&r);
	if (r.depart.out) {
		depart_all(&r.depart);
		replay->written = r.depart.written;
		finished = capture_finish(r.depart.out, &unwritten);
		if (finished && !code) {
			code = finished;
			*error = unwritten;
		}
	}
	if (!code)
		code = device_sample(&r.dev, &replay->sample, error);
	capture_close(r.in);
	obj_free(r.obj);
	due_free(&r.depart.due);
	free(r.ran.frame);
	free(r.framed);
	return code;
}
