/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that wait, against a sorted list, and what their departure counts. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <faultline/histogram.h>
#include <faultline/rng.h>

#include "replay/depart.h"
#include "lib/tap.h"

#define MANY 5000
#define RULE 3
#define UNIT_NS 1000 /* of a pcap in us */

static struct due_frame numbered(__u32 number, __u64 departure_ns)
{
	static unsigned char data[4];
	struct due_frame frame = {
		.departure_ns = departure_ns,
		.tag = number,
		.frame = { .data = data, .length = sizeof(data) },
	};

	memcpy(data, &number, sizeof(number));
	return frame;
}

/* The least of those that wait, the first where there are several; or MANY. */
static __u32 model_first(const __u64 *times, const unsigned char *waits)
{
	__u32 first = MANY;

	for (__u32 i = 0; i < MANY; i++)
		if (waits[i] && (first == MANY || times[i] < times[first]))
			first = i;
	return first;
}

/* Puts in and takes out by chance; few times, so that many are equal. */
static void test_order(__u32 times_max)
{
	static __u64 times[MANY];
	static unsigned char waits[MANY];
	struct due due = { .max = MANY };
	__u32 put = 0, wrong = 0, data;

	memset(waits, 0, sizeof(waits));
	for (__u64 i = 0; put < MANY || due.count; i++) {
		__u64 draw = fl_draw(7, times_max, i);
		const struct due_frame *first = due_first(&due);
		struct due_frame frame;

		if (put < MANY && draw % 5 < 3) {
			times[put] = (draw >> 8) % times_max;
			waits[put] = 1;
			frame = numbered(put, times[put]);
			wrong += due_put(&due, &frame) != 0;
			put++;
		} else if (first) {
			memcpy(&data, first->frame.data, sizeof(data));
			wrong += first->tag != model_first(times, waits) ||
				 data != first->tag ||
				 first->departure_ns != times[first->tag];
			waits[first->tag] = 0;
			due_drop_first(&due);
		}
	}
	tap_is_u64(wrong, 0, "%d frames with %u times leave in order", MANY,
		   times_max);
	due_free(&due);
}

static void test_ends(void)
{
	struct due due = { .max = 3 };
	struct due_frame frame;

	tap_ok(!due_first(&due), "nobody waits");
	due_drop_first(&due);
	for (__u32 i = 0; i < 3; i++) {
		frame = numbered(i, 9 - i);
		tap_ok(!due_put(&due, &frame), "%u of 3 finds room", i + 1);
	}
	tap_ok(due_put(&due, &frame) == -ENOBUFS, "a fourth does not");
	tap_is_u64(due_first(&due)->tag, 2, "and changes nothing");
	due_drop_first(&due);
	frame = numbered(5, UINT64_MAX);
	frame.frame.length = 0;
	frame.frame.data = NULL;
	tap_ok(!due_put(&due, &frame), "room again, for an empty one");
	due_drop_first(&due);
	due_drop_first(&due);
	tap_is_u64(due_first(&due)->tag, 5, "the last possible moment");
	due_free(&due);
	tap_ok(!due_first(&due) && !due.count, "nobody waits any more");
}

/* ---- departures --------------------------------------------------------- */

static char directory[] = "/tmp/fl-due-XXXXXX";
static char in_path[64], out_path[64];

/* A capture without packets, in us. */
static struct capture *make_capture(void)
{
	static const __u32 head[] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65536, 1 };
	struct fl_error error;
	struct capture *in = NULL;
	FILE *file;

	snprintf(in_path, sizeof(in_path), "%s/in", directory);
	snprintf(out_path, sizeof(out_path), "%s/out", directory);
	file = fopen(in_path, "we");
	if (!file)
		return NULL;
	fwrite(head, sizeof(head), 1, file);
	fclose(file);
	return capture_open(in_path, &in, &error) ? NULL : in;
}

static void check_written(void)
{
	/* In order of departure: first byte, and us, rounded. */
	static const struct {
		unsigned char byte;
		__s64 seconds, fraction;
	} want[] = {
		{ 'a', 1, 7 }, { 'c', 5, 0 }, { 'n', 4, 0 },
		{ 'd', 5, 1 }, { 'b', 6, 1 },
	};
	struct capture_frame frame;
	struct fl_error error;
	struct capture *c = NULL;
	size_t i = 0;

	if (!tap_ok(!capture_open(out_path, &c, &error), "can be read"))
		return;
	for (; capture_read(c, &frame, &error) == CAPTURE_MORE; i++)
		if (i < 5)
			tap_ok(frame.data[0] == want[i].byte &&
				       frame.seconds == want[i].seconds &&
				       frame.fraction == want[i].fraction,
			       "%c leaves at %lld.%06lld s", frame.data[0],
			       frame.seconds, frame.fraction);
	tap_is_u64(i, 5, "all were written");
	capture_close(c);
}

static struct capture_frame lettered(const char *letter)
{
	return (struct capture_frame){
		.data = (const unsigned char *)letter,
		.length = 1,
		.wire_length = 1,
		.seconds = 1,
		.fraction = 7,
	};
}

static void check_holding(const struct fl_holding *h, __u64 sum, __u64 least)
{
	__u64 all = 0;

	for (int i = 0; i < FL_HISTOGRAM; i++)
		all += h->histogram[i];
	tap_is_u64(h->held, 2, "those that were held are not any more");
	tap_is_u64(h->released, 2, "they were released");
	tap_is_u64(h->delay_ns, sum, "after what they had to wait");
	tap_is_u64(all, 2, "each is in the histogram");
	tap_is_u64(h->histogram[fl_histogram_bucket(sum / 2 - least)], 2,
		   "from the least delay on");
	tap_is_u64(h->late, 0, "none was late");
}

static void test_depart(struct capture *in)
{
	static struct fl_holding holdings[(RULE + 1) * FL_SIDES];
	static struct fl_spec specs[RULE + 1];
	struct fl_holding *holding = &holdings[RULE * FL_SIDES + FL_OUT];
	struct fl_rule *rule = &specs[RULE].rule;
	struct depart d = { .specs = specs,
			    .holdings = holdings,
			    .due = { .max = 10 } };
	const __u64 s = 1000000000;
	struct capture_frame frame = lettered("a");
	struct fl_error error;

	rule->impair_count = 1;
	rule->impairs[0].kind = FL_IMPAIR_DELAY;
	rule->impairs[0].u.delay.delay_ns = 3 * s;
	holding->held = 4;
	if (!tap_ok(!capture_create(out_path, in, &d.out, &error), "a file"))
		return;
	depart_until(&d, s);
	tap_ok(!depart_at(&d, &frame, s, DEPART_NOBODY), "at once");
	tap_is_u64(d.written, 1, "is written at once, with its own time");
	frame = lettered("b");
	(void)depart_at(&d, &frame, 6 * s + UNIT_NS / 2, DEPART_NOBODY);
	depart_until(&d, s - 1);
	tap_is_u64(d.now_ns, s, "time does not go back");
	frame = lettered("c");
	(void)depart_at(&d, &frame, 5 * s + UNIT_NS / 2 - 1,
			RULE * FL_SIDES + FL_OUT);
	frame = lettered("d");
	(void)depart_at(&d, &frame, 5 * s + UNIT_NS / 2,
			RULE * FL_SIDES + FL_OUT);
	depart_until(&d, 5 * s + UNIT_NS / 2 - 1);
	tap_is_u64(d.written, 2, "one leaves when it is due, and no other");
	frame = lettered("n");
	frame.seconds = 4;
	frame.fraction = 0;
	depart_now(&d, &frame);
	depart_all(&d);
	tap_ok(!d.due.count && !capture_finish(d.out, false, &error),
	       "all leave");
	check_holding(holding, 8 * s + UNIT_NS - 1, 3 * s);
	due_free(&d.due);
	check_written();
}

int main(void)
{
	struct capture *in;

	test_order(1);
	test_order(50);
	test_order(1000000);
	test_ends();
	if (!mkdtemp(directory))
		return tap_skip_all("no temporary directory");
	in = make_capture();
	if (tap_ok(in, "a capture without packets"))
		test_depart(in);
	capture_close(in);
	unlink(in_path);
	unlink(out_path);
	rmdir(directory);
	return tap_done();
}
