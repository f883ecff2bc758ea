/* SPDX-License-Identifier: GPL-2.0-only */
#include "text_doctor.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
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

static void print_result(const struct probe_result *result, unsigned int width)
{
	static const struct {
		const char *word;
		enum out_colour colour;
	} states[] = {
		[PROBE_OK] = { "ok", OUT_GOOD },
		[PROBE_WARN] = { "warn", OUT_WARN },
		[PROBE_BAD] = { "bad", OUT_BAD },
	};
	unsigned int indent = 2 + 4 + 2 + width + 2;

	printf("  %s%-4s%s  %-*s  ", out_colour(states[result->state].colour),
	       states[result->state].word, out_colour(OUT_PLAIN), (int)width,
	       result->what);
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
