/* SPDX-License-Identifier: GPL-2.0-only */
#include "text_doctor.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "labels.h"
#include "style.h"

static unsigned int what_width(const struct probe_result *list, size_t count)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i].what) > width)
			width = strlen(list[i].what);
	}
	return (unsigned int)width;
}

#define HEAD (2 + 4 + 2 + 2) /* columns beside those of the names */

static void print_head(const struct probe_result *result, unsigned int width)
{
	static const struct {
		const char *word;
		enum out_colour colour;
	} states[] = {
		[PROBE_OK] = { "ok", OUT_GOOD },
		[PROBE_WARN] = { "warn", OUT_WARN },
		[PROBE_BAD] = { "bad", OUT_BAD },
	};

	printf("  %s%-4s%s  %-*s  ", out_colour(states[result->state].colour),
	       states[result->state].word, out_colour(OUT_PLAIN), (int)width,
	       result->what);
}

static void print_result(const struct probe_result *result, unsigned int width)
{
	unsigned int indent = HEAD + width;

	print_head(result, width);
	out_wrap(indent, indent, result->found);
	if (!*result->fix)
		return;
	printf("%*s%sfix:%s ", (int)indent, "", out_colour(OUT_HEAD),
	       out_colour(OUT_PLAIN));
	out_wrap(indent + 5, indent + 5, result->fix);
}

static void print_results(const char *title, const struct probe_result *list,
			  size_t count, unsigned int width, size_t states[])
{
	printf("%s%s%s\n", out_colour(OUT_HEAD), title, out_colour(OUT_PLAIN));
	for (size_t i = 0; i < count; i++) {
		print_result(&list[i], width);
		states[list[i].state]++;
	}
}

#define WHY_MAX 400

static bool is_same(const struct probe_outlook *a,
		    const struct probe_outlook *b, int side)
{
	return a->works[side] == b->works[side] &&
	       !strcmp(a->why[side], b->why[side]);
}

/* All that work, or all with the obstacle of @first. */
static void print_alike(const struct probe_outlook *outlook, __u32 first,
			int side, unsigned int width)
{
	struct probe_result result = {
		.what = side == FL_IN ? "in" : "out",
		.state = outlook[first].works[side] ? PROBE_OK : PROBE_WARN,
	};
	char words[WHY_MAX] = "all others";
	size_t used = 0;

	print_head(&result, width);
	for (__u32 kind = first;
	     kind < FL_IMPAIR_KINDS && result.state != PROBE_OK &&
	     used < sizeof(words);
	     kind++)
		if (label_impairment(kind) &&
		    is_same(&outlook[first], &outlook[kind], side))
			used += (size_t)snprintf(words + used,
						 sizeof(words) - used, "%s%s",
						 used ? ", " : "",
						 label_impairment(kind));
	out_wrap(HEAD + width, HEAD + width, words);
	if (result.state == PROBE_OK)
		return;
	printf("%*s%snot:%s ", (int)(HEAD + width), "", out_colour(OUT_HEAD),
	       out_colour(OUT_PLAIN));
	out_wrap(HEAD + width + 5, HEAD + width + 5, outlook[first].why[side]);
}

/* The first of those that are alike. */
static bool is_first(const struct probe_outlook *outlook, __u32 kind, int side)
{
	for (__u32 before = 1; before < kind; before++)
		if (is_same(&outlook[before], &outlook[kind], side))
			return false;
	return true;
}

/* What does not work, with the reason, and then the rest. */
static void print_outlook(const struct probe_outlook *outlook,
			  unsigned int width)
{
	printf("%simpairments%s\n", out_colour(OUT_HEAD),
	       out_colour(OUT_PLAIN));
	for (int i = 0; i < 2 * FL_SIDES; i++)
		for (__u32 kind = 1; kind < FL_IMPAIR_KINDS; kind++)
			if (outlook[kind].works[i / 2] == i % 2 &&
			    is_first(outlook, kind, i / 2))
				print_alike(outlook, kind, i / 2, width);
}

int out_text_doctor(const struct out_doctor *doctor, struct fl_error *error)
{
	unsigned int host = what_width(doctor->host, doctor->host_count);
	unsigned int nic = what_width(doctor->nic, doctor->nic_count);
	unsigned int width = host > nic ? host : nic;
	char name[TEXT_DEVICE_MAX];
	const char *on = doctor->device ? text_device(doctor->device, name) :
					  "this host";
	size_t states[PROBE_BAD + 1] = { 0 };
	size_t bad, warn;

	print_results("host", doctor->host, doctor->host_count, width, states);
	if (doctor->device)
		print_results(on, doctor->nic, doctor->nic_count, width,
			      states);
	(void)error;
	if (doctor->outlook && doctor->ready)
		print_outlook(doctor->outlook, width);
	bad = states[PROBE_BAD];
	warn = states[PROBE_WARN];
	if (bad)
		printf("%zu problem%s: faultline cannot work on %s%s\n", bad,
		       bad == 1 ? "" : "s", on,
		       bad == 1 ? " until it is fixed" :
				  " until they are fixed");
	else if (warn)
		printf("faultline works on %s, with %zu limitation%s\n", on,
		       warn, warn == 1 ? "" : "s");
	else
		printf("faultline works on %s\n", on);
	return 0;
}
