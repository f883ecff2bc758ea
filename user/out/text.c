/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include "stream.h"
#include "text_doctor.h"
#include "text_flows.h"
#include "text_rates.h"
#include "text_replay.h"
#include "text_stats.h"
#include "text_verbs.h"

const struct out_ops out_text = {
	.name = "text",
	.for_people = true,
	.doctor = out_text_doctor,
	.attach = out_text_attach,
	.add = out_text_add,
	.del = out_text_del,
	.list = out_text_list,
	.stats = out_text_stats,
	.beat = out_text_beat,
	.flows = out_text_flows,
	.netem = out_text_netem,
	.replay = out_text_replay,
	.detach = out_text_detach,
	.error = out_error,
};
