/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"

#include "device/device.h"
#include "limits.h"
#include "out/stream.h"

#define HOLDER(id, name, word, waits) ", " word
static const char engine_help[] = "auto"
#include <faultline/holders.def>
				  ": who delays packets; default auto";
#undef HOLDER

struct values {
	enum fl_mode mode;
	__u32 flows, held;
	enum fl_holder engine;
	bool exact, no_guards;
	struct opt_number seed;
};

static const struct opt rows[] = {
	{ 0, "mode", "MODE", OPT_MODE, offsetof(struct values, mode), 0, 0,
	  "auto, native, generic or tc; default auto" },
	{ 0, "flows", "N", OPT_COUNT, offsetof(struct values, flows), FLOWS_MIN,
	  FLOWS_MAX, "flows to count, 64 to 4M; default 64k" },
	{ 0, "engine", "ENGINE", OPT_HOLDER, offsetof(struct values, engine), 0,
	  0, engine_help },
	{ 0, "held", "N", OPT_COUNT, offsetof(struct values, held), HELD_MIN,
	  HELD_MAX, "packets held at a time, 64 to 4M; default by memory" },
	{ 0, "exact", NULL, OPT_FLAG, offsetof(struct values, exact), 0, 0,
	  "turn off the offloads that merge packets" },
	{ 0, "seed", "S", OPT_NUMBER, offsetof(struct values, seed), 0, ~0ull,
	  "same seed, same traffic: same packets dropped" },
	{ 0, "no-guards", NULL, OPT_FLAG, offsetof(struct values, no_guards), 0,
	  0, "exempt nothing, not even your own SSH session" },
	{ 0 },
};

static int report(const struct cmd_context *context,
		  const struct device_attach_report *done,
		  struct fl_error *error)
{
	struct out_attach attach = {
		.device = &done->device,
		.pins = done->pins,
		.table_bytes = done->table_bytes,
		.held_max = done->held_max,
	};

	for (size_t i = 0; i < done->note_count; i++)
		attach.notes[attach.note_count++] = done->notes[i];
	out_change();
	return context->out->attach(&attach, error);
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	const struct values *values = context->options;
	struct device_attach_report done = { 0 };
	struct device_attach_options options = {
		.mode = values->mode,
		.flows = values->flows,
		.holder = values->engine,
		.held = values->held,
		.exact = values->exact,
		.seeded = values->seed.given,
		.seed = values->seed.value,
		.no_guards = values->no_guards,
	};
	int err = cmd_check_words(context, argc, argv, 1, 1, error);

	if (err)
		return err;
	options.device = argv[0];
	err = device_attach(&options, &done, error);
	return err ? err : report(context, &done, error);
}

const struct cmd cmd_attach = {
	.name = "attach",
	.args = "DEV [--mode MODE] [--flows N] [--engine ENGINE] [--held N] "
		"[--exact] [--seed S] [--no-guards]",
	.words = { CMD_LINK },
	.summary = "attach to a device; no traffic is affected yet",
	.about = "Loads the programs, pins them and attaches them to the "
		 "device. No packet is affected before \"add\". Says what was "
		 "chosen, and why.\n"
		 "\n"
		 "Modes: native is XDP in the driver, and decides on single "
		 "frames. generic is XDP after the driver, tc the traffic "
		 "control hook; both decide on socket buffers, which may stand "
		 "for many packets of a TCP stream. With --exact a buffer is "
		 "one packet, at a cost in speed; detach restores the "
		 "offloads. It does not reach who builds such buffers "
		 "elsewhere, as UDP_SEGMENT and virtual machines do: stats "
		 "says how many came. Outgoing packets always go through tc.\n"
		 "\n"
		 "Engines hold the packets of rules that delay: fq is the "
		 "kernel's sch_fq, hold a process for kernels without it. Both "
		 "create helper devices (fl...) with the first such rule; "
		 "detach removes them.\n"
		 "\n"
		 "Your own SSH session is exempt from all rules unless you say "
		 "--no-guards.\n",
	.examples = "  faultline attach eth0\n"
		    "  faultline attach eth0 --mode generic --exact --seed 42\n"
		    "  faultline attach eth0 --flows 1M\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.run = run,
};
