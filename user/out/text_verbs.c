/* SPDX-License-Identifier: GPL-2.0-only */
#include "text_verbs.h"

#include <stdio.h>

#include "base/holder.h"
#include "base/mode.h"
#include "base/text.h"
#include "base/unit.h"
#include "grammar/grammar.h"
#include "number.h"
#include "stream.h"
#include "style.h"

#define PINS_MAX 512 /* of each byte an escape */

int out_text_attach(const struct out_attach *attach, struct fl_error *error)
{
	const struct sample_device *device = attach->device;
	char flows[OUT_NUMBER_MAX], bytes[OUT_NUMBER_MAX];
	char held[OUT_NUMBER_MAX], name[TEXT_DEVICE_MAX], pins[PINS_MAX];

	(void)error;
	printf("%s%s%s: attached in %s mode, no rules yet\n",
	       out_colour(OUT_HEAD), text_device(device->name, name),
	       out_colour(OUT_PLAIN), mode_name(device->mode));
	printf("  flows  up to %s in %s\n",
	       out_number(flows, device->flows_max),
	       out_bytes(bytes, attach->table_bytes));
	if (attach->held_max)
		printf("  delay  up to %s packets at a time, by engine %s\n",
		       out_number(held, attach->held_max),
		       holder_word(device->holder));
	printf("  seed   %llu\n", device->seed);
	printf("  pins   %s\n", text_shown(attach->pins, pins, sizeof(pins)));
	for (size_t i = 0; i < attach->note_count; i++) {
		fputs("  - ", stdout);
		out_wrap(4, 4, attach->notes[i]);
	}
	out_note("try: faultline add %s in loss 1%%", device->name);
	return 0;
}

static void note_added(const struct out_add *add, size_t i)
{
	const char *name = add->rules[i].name;
	char text[OUT_NUMBER_MAX];

	if (add->drift[i] >= 0)
		out_note("%s: with netem's correlation the loss will be about "
			 "%s; \"loss P%% burst N\" keeps the rate",
			 name, out_percent(text, add->drift[i]));
	if (add->counts_buffers[i])
		out_note("%s: counts socket buffers, of which one may stand "
			 "for many packets; attach --exact to count packets",
			 name);
}

int out_text_add(const struct out_add *add, struct fl_error *error)
{
	const struct fl_rule *rules = add->rules;
	char lease[32];

	(void)error;
	for (size_t i = 0; i < add->count; i++)
		puts(rules[i].name);
	for (size_t i = 0; i < add->count; i++)
		note_added(add, i);
	if (add->count == 1 && rules->lease_ns) {
		unit_print_time(rules->lease_ns, lease, sizeof(lease));
		out_note("expires in %s; remove now: faultline del %s %s",
			 lease, add->device, rules->name);
	} else {
		out_note("%s: %zu rule%s added", add->device, add->count,
			 add->count == 1 ? "" : "s");
	}
	return 0;
}

int out_text_del(const struct out_del *del, struct fl_error *error)
{
	(void)error;
	out_note("%s: %zu rule%s deleted", del->device, del->count,
		 del->count == 1 ? "" : "s");
	return 0;
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

static void note_guards(const struct sample_device *device)
{
	char ports[FL_GUARD_PORTS * 7 + 1] = "";
	int used = 0, count = 0;

	for (int i = 0; i < FL_GUARD_PORTS; i++) {
		if (!device->guard_ports[i])
			continue;
		used += snprintf(ports + used, sizeof(ports) - (size_t)used,
				 "%s%u", used ? ", " : "",
				 device->guard_ports[i]);
		count++;
	}
	if (count)
		out_note("%s: exempt from all rules: TCP port%s %s of this "
			 "host",
			 device->name, count == 1 ? "" : "s", ports);
}

int out_text_list(const struct sample *sample, struct fl_error *error)
{
	const struct sample_device *device = &sample->device;
	char words[GRAMMAR_WORDS_MAX], name[TEXT_DEVICE_MAX];

	(void)error;
	text_device(device->name, name);
	for (size_t i = 0; i < sample->rule_count; i++) {
		const struct sample_rule *rule = &sample->rules[i];

		grammar_print_rule(&rule->rule, words, sizeof(words));
		printf("%s %s", name, words);
		print_lease(rule);
		putchar('\n');
	}
	if (!sample->rule_count)
		out_note("%s: no rules", device->name);
	if (device->degraded)
		out_note("%s: degraded: %s", device->name,
			 device->degraded_why);
	note_guards(device);
	return 0;
}

int out_text_netem(const struct out_netem *netem, struct fl_error *error)
{
	char words[GRAMMAR_WORDS_MAX], name[TEXT_DEVICE_MAX];

	(void)error;
	grammar_print_rule(netem->rule, words, sizeof(words));
	printf("%s %s\n", text_device(netem->device, name), words);
	for (size_t i = 0; i < netem->remark_count; i++)
		out_note("%s", netem->remarks[i]);
	return 0;
}

int out_text_detach(const struct out_detach *detach, struct fl_error *error)
{
	const char *device = detach->device;
	char lost[OUT_NUMBER_MAX];

	(void)error;
	/* That is an error then, which says more. */
	if (*detach->leftovers)
		return 0;
	if (detach->lost)
		out_note("%s packet%s that %s held %s lost",
			 out_number(lost, detach->lost),
			 detach->lost == 1 ? "" : "s",
			 detach->lost == 1 ? "was" : "were",
			 detach->lost == 1 ? "is" : "are");
	if (device && detach->count)
		out_note("%s: detached, everything restored", device);
	else if (device)
		out_note("%s: nothing was attached", device);
	else if (detach->count)
		out_note("%u device%s detached", detach->count,
			 detach->count == 1 ? "" : "s");
	else
		out_note("nothing was attached");
	return 0;
}
