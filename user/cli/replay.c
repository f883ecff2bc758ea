/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "limits.h"
#include "replay/replay.h"
#include "grammar/grammar.h"
#include "out/stream.h"
#include "grammar/rulefile.h"
#include "base/unit.h"

#define LOCALS_MAX 64

struct values {
	const char *file, *local;
	__u32 flows, held;
	struct opt_number seed;
};

static const struct opt rows[] = {
	{ 'f', "file", "FILE", OPT_FILE, offsetof(struct values, file), 0, 0,
	  "rules from FILE (- is stdin), as list prints them" },
	{ 0, "local", "ADDR,...", OPT_TEXT, offsetof(struct values, local), 0,
	  0, "packets from ADDR[/LEN] go out, all others come in" },
	{ 0, "flows", "N", OPT_COUNT, offsetof(struct values, flows), FLOWS_MIN,
	  FLOWS_MAX, "flows to keep, 64 to 4M; default 64k" },
	{ 0, "held", "N", OPT_COUNT, offsetof(struct values, held), HELD_MIN,
	  HELD_MAX, "packets held at a time, 64 to 4M; default 256k" },
	{ 0, "seed", "S", OPT_NUMBER, offsetof(struct values, seed), 0, ~0ull,
	  "as for attach; default 0" },
	{ 0 },
};

static int read_locals(const char *text, struct fl_prefix *locals,
		       size_t *count, struct fl_error *error)
{
	char word[64];

	for (*count = 0; text; (*count)++) {
		size_t length = strcspn(text, ",");

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		if (*count == LOCALS_MAX)
			return fl_fail(error, FL_EXIT_USAGE,
				       "\"--local\": more than %d addresses",
				       LOCALS_MAX);
		if (length >= sizeof(word) ||
		    unit_parse_prefix(word, &locals[*count]))
			return fl_fail(error, FL_EXIT_USAGE,
				       "\"--local\": \"%.60s\" is not an "
				       "address (such as 10.1.2.3 or "
				       "fd00::/8)",
				       word);
		text = text[length] ? text + length + 1 : NULL;
	}
	return 0;
}

static bool is_standard(const char *file)
{
	return file && !strcmp(file, "-");
}

/* The last two words are files, and those before them the rule. */
static int check_words(const struct cmd_context *context, int argc, char **argv,
		       struct fl_error *error)
{
	const struct values *values = context->options;
	const char *missing = argc < 1			? "IN.pcap" :
			      argc < 2			? "OUT.pcap" :
			      argc < 3 && !values->file ? "RULE" :
							  NULL;

	if (missing)
		return fl_fail(error, FL_EXIT_USAGE,
			       "replay: missing %s; usage: faultline replay %s",
			       missing, context->cmd->args);
	if (values->file && argc > 2)
		return fl_fail(error, FL_EXIT_USAGE,
			       "replay: unexpected argument \"%.60s\": with -f "
			       "give only IN.pcap and OUT.pcap",
			       argv[0]);
	if (is_standard(values->file) && is_standard(argv[argc - 2]))
		return fl_fail(error, FL_EXIT_USAGE,
			       "replay: the rules and the capture cannot both "
			       "be read from stdin");
	if (!context->out->for_people && is_standard(argv[argc - 1]))
		return fl_fail(error, FL_EXIT_USAGE,
			       "replay: the capture and the %s cannot both be "
			       "written to stdout",
			       context->out->name);
	return 0;
}

static void note_link(const struct sample_link *link)
{
	if (link->packets && !link->is_read)
		out_note("%llu passed: of link type %u (%s), in which no "
			 "packets are looked for",
			 link->packets, link->type,
			 link->name ? link->name : "unknown");
}

/* What does not do what it would on a device. */
static void note_limits(const struct sample_replay *replay)
{
	const struct fl_tally *tally = replay->sample.totals.tally;
	__u64 lost = tally[FL_IN].evicted_flows +
		     tally[FL_IN].untracked_packets +
		     tally[FL_OUT].untracked_packets;

	if (replay->too_short)
		out_note("%llu passed: too short for this kernel to run",
			 replay->too_short);
	if (replay->cut)
		out_note("%llu were cut short by the capture: decided by their "
			 "headers",
			 replay->cut);
	for (size_t i = 0; i < replay->capture.link_count; i++)
		note_link(&replay->capture.links[i]);
	if (lost)
		out_note("more flows than fit into --flows %u: some started "
			 "over or were numbered together",
			 replay->sample.device.flows_max);
}

static int replay(const struct cmd_context *context, char **files,
		  struct replay_options *options, struct fl_error *error)
{
	struct stats_table table = { 0 };
	struct sample_replay done;
	struct out_replay out = { &done, &table };
	int err, code;

	options->in = files[0];
	options->out = files[1];
	code = replay_run(options, &done, error);
	err = code == FL_EXIT_CUT_OFF ? 0 : code;
	if (!err && stats_table_make(&done.sample, &table))
		err = fl_fail(error, FL_EXIT_ERROR, "out of memory");
	if (!err)
		err = context->out->replay(&out, error);
	if (!err)
		note_limits(&done);
	stats_table_free(&table);
	sample_free(&done.sample);
	/* Said last: what came before it is done. */
	return err ? err : code;
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	const struct values *values = context->options;
	struct fl_prefix locals[LOCALS_MAX];
	struct replay_options options = {
		.locals = locals,
		.flows = values->flows,
		.held = values->held,
		.seed = values->seed.value,
		.rule_count = 1,
	};
	int err = check_words(context, argc, argv, error);

	if (!err)
		err = read_locals(values->local, locals, &options.local_count,
				  error);
	if (!err && values->file)
		err = rulefile_load(values->file, NULL, &options.rules,
				    &options.rule_count, error);
	else if (!err)
		err = rulefile_words(argc - 2, argv, &options.rules, error);
	if (!err)
		err = replay(context, argv + argc - 2, &options, error);
	free(options.rules);
	return err;
}

const struct cmd cmd_replay = {
	.name = "replay",
	.args = "RULE... IN.pcap OUT.pcap | -f FILE IN.pcap OUT.pcap",
	.words = { CMD_RULE_FILES },
	.summary = "apply rules to a capture file",
	.about =
		"Runs each packet of IN.pcap through the programs that attach "
		"puts on a device, with RULE in force, and writes what goes on "
		"to OUT.pcap: rewritten packets, duplicates, and the answers "
		"of reject. Delayed packets are written with the time at which "
		"they would depart, in order of time. No device is needed or "
		"touched. \"-\" is stdin or stdout.\n"
		"\n"
		"The same seed and capture give the same OUT.pcap, byte for "
		"byte, anywhere. The affected packets are those that a device "
		"attached with that --seed would choose, with the rules added "
		"in this order. Leases do not end here.\n"
		"\n"
		"Without --local all packets take the direction of the rules, "
		"or count as incoming if the rules differ or say both. Packets "
		"that are not IP pass. What the capture cut short is decided "
		"by its headers; what would be changed in missing bytes is "
		"skipped.\n"
		"\n"
		"Reads pcap, and pcapng with any interfaces; OUT.pcap is what "
		"IN.pcap is, with the same interfaces and comments. Link "
		"types: Ethernet, plain IP, Linux cooked (-i any), BSD "
		"loopback, PPP, "
		"Cisco HDLC. A capture cut off in its last record is done up "
		"to there: exit code 7. With any other error no OUT.pcap is "
		"left.\n",
	.examples =
		"  faultline replay proto udp loss 1% burst 5 in.pcap "
		"out.pcap\n"
		"  faultline replay --local 10.0.0.0/8 both corrupt 0.1% "
		"in.pcap out.pcap\n"
		"  faultline replay rate 10mbit queue 50ms in.pcap out.pcap\n"
		"  faultline list eth0 | faultline replay -f - in.pcap "
		"out.pcap\n"
		"  faultline replay in reject proto tcp dport 443 in.pcap - | "
		"tcpdump -nr -\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.grammar = true,
	.run = run,
};
