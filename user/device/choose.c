/* SPDX-License-Identifier: GPL-2.0-only */
#include "choose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "base/holder.h"
#include "holder.h"
#include "report.h"

/* Packets held at once, by default: what an eighth of the memory has room for
 * at so many bytes each, but not less than the second. */
#define HELD_BYTES 2304
#define HELD_MIN 16384

static __u32 default_held(const struct holder_ops *ops)
{
	struct sysinfo info;
	__u64 held = 0;

	if (!sysinfo(&info))
		held = (__u64)info.totalram * info.mem_unit / 8 / HELD_BYTES;
	if (held < HELD_MIN)
		return HELD_MIN;
	return held > ops->held_max ? ops->held_max : (__u32)held;
}

/* The best that there is; *@why not the one before it, or "" of the first. A
 * negative errno when that could not be tried for the moment. */
static int find_best(__u32 *best, char *why, size_t size)
{
	char why_next[160];

	*why = '\0';
	*best = FL_HOLDER_NONE;
	for (enum fl_holder i = FL_HOLDER_NONE + 1; i < FL_HOLDERS; i++) {
		int err = holder_ops(i)->probe(why_next, sizeof(why_next));

		if (!err)
			*best = i;
		if (!err || fl_is_transient(err))
			return err;
		snprintf(why, size, "%s", why_next);
	}
	return 0;
}

static int choose_best(__u32 *best, char *why, size_t size,
		       struct fl_error *error)
{
	int err = find_best(best, why, size);

	return err ? fl_fail(error, FL_EXIT_ERROR,
			     "cannot try what holds packets: %s",
			     strerror(-err)) :
		     0;
}

void choose_why_nobody(char *why, size_t size)
{
	__u32 best;

	if (!find_best(&best, why, size) && best != FL_HOLDER_NONE)
		snprintf(why, size,
			 "it could not when the device was attached, and can "
			 "now: detach and attach again");
}

static int try_asked(enum fl_holder holder, struct fl_error *error)
{
	char why[160];
	int err = holder_ops(holder)->probe(why, sizeof(why));

	if (!err)
		return 0;
	return fl_fail(error,
		       err == -EPERM	    ? FL_EXIT_PERMISSION :
		       fl_is_transient(err) ? FL_EXIT_ERROR :
					      FL_EXIT_UNSUPPORTED,
		       "--engine %s: %s", holder_word(holder), why);
}

static void note_mtu(const struct fl_device *record, __u32 mtu,
		     struct device_attach_report *report)
{
	__u32 most = holder_of(record)->mtu_max;

	if (mtu > most)
		report_note(report,
			    "MTU %u: engine %s supports at most %u: rules that "
			    "delay will be refused",
			    mtu, holder_word_of(record), most);
}

int choose_holder(struct fl_device *record,
		  const struct device_attach_options *options, __u32 mtu,
		  struct device_attach_report *report, struct fl_error *error)
{
	const struct holder_ops *ops;
	char why[160] = "";
	int code = 0;

	record->holder = options->holder;
	if (options->holder)
		code = try_asked(options->holder, error);
	else
		code = choose_best(&record->holder, why, sizeof(why), error);
	if (code)
		return code;
	ops = holder_of(record);
	if (!ops) {
		report_note(report, "rules that delay are not available: %s",
			    why);
		return 0;
	}
	record->held_max = options->held ? options->held : default_held(ops);
	report_note(report, "delayed packets are held by %s (engine %s), %s%s",
		    ops->by, holder_word_of(record),
		    options->holder ? "as requested" : "because ",
		    options->holder ? "" :
		    *why	    ? why :
				      "this kernel has it");
	note_mtu(record, mtu, report);
	return 0;
}
