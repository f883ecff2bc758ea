/* SPDX-License-Identifier: GPL-2.0-only */
/* attach, list and doctor for people. */
#include "out.h"

#include <stdio.h>
#include <string.h>

#include "grammar/grammar.h"
#include "base/holder.h"
#include "base/mode.h"
#include "style.h"

#define WORDS_MAX 1024 /* longest rule as words, with NUL */

bool out_failed(void)
{
	return ferror(stdout);
}

void out_attach_text(const struct out_attach *attach)
{
	const struct sample_device *device = attach->device;
	char flows[OUT_NUMBER_MAX], bytes[OUT_NUMBER_MAX];
	char held[OUT_NUMBER_MAX];

	printf("%s%s%s: attached in %s mode, no rules yet\n",
	       out_colour(OUT_HEAD), device->name, out_colour(OUT_PLAIN),
	       mode_name(device->mode));
	printf("  flows  up to %s in %s\n",
	       out_number(flows, device->flows_max),
	       out_bytes(bytes, attach->table_bytes));
	if (attach->held_max)
		printf("  delay  up to %s packets at once, by engine %s\n",
		       out_number(held, attach->held_max),
		       holder_word(device->holder));
	printf("  seed   %llu\n", device->seed);
	printf("  pins   %s\n", attach->pins);
	for (size_t i = 0; i < attach->note_count; i++) {
		fputs("  - ", stdout);
		out_wrap(4, 4, attach->notes[i]);
	}
}

/* After "#", so that add does not read it. */
static void print_lease(const struct sample_rule *rule)
{
	char left[OUT_NUMBER_MAX];

	if (rule->expired)
		printf(" %s# expired%s", out_colour(OUT_WARN),
		       out_colour(OUT_PLAIN));
	else if (rule->rule.lease_ns)
		printf(" %s# expires in %s%s", out_colour(OUT_DIM),
		       out_time(left, rule->remaining_ns),
		       out_colour(OUT_PLAIN));
}

void out_list_text(const struct sample *sample)
{
	char words[WORDS_MAX];

	for (size_t i = 0; i < sample->rule_count; i++) {
		const struct sample_rule *rule = &sample->rules[i];

		grammar_print_rule(&rule->rule, words, sizeof(words));
		printf("%s %s", sample->device.name, words);
		print_lease(rule);
		putchar('\n');
	}
}

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
		[PROBE_BAD] = { "BAD", OUT_BAD },
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

void out_doctor_text(const struct out_doctor *doctor)
{
	unsigned int host = what_width(doctor->host, doctor->host_count);
	unsigned int nic = what_width(doctor->nic, doctor->nic_count);
	unsigned int width = host > nic ? host : nic;
	const char *on = doctor->device ? doctor->device : "this host";
	size_t states[PROBE_BAD + 1] = { 0 };
	size_t bad, warn;

	print_results("host", doctor->host, doctor->host_count, width, states);
	if (doctor->device)
		print_results(doctor->device, doctor->nic, doctor->nic_count,
			      width, states);
	bad = states[PROBE_BAD];
	warn = states[PROBE_WARN];
	if (bad)
		printf("%zu obstacle%s: faultline cannot work on %s%s\n", bad,
		       bad == 1 ? "" : "s", on,
		       bad == 1 ? " until it is fixed" :
				  " until they are fixed");
	else if (warn)
		printf("faultline works on %s, with %zu limit%s\n", on, warn,
		       warn == 1 ? "" : "s");
	else
		printf("faultline works on %s\n", on);
}
