/* SPDX-License-Identifier: GPL-2.0-only */
#include "json.h"

#include "json_flows.h"
#include "json_replay.h"
#include "json_stats.h"
#include "json_verbs.h"
#include "stream.h"

const struct out_ops out_json = {
	.name = "JSON",
	.doctor = out_json_doctor,
	.attach = out_json_attach,
	.add = out_json_add,
	.del = out_json_del,
	.list = out_json_list,
	.stats = out_json_stats,
	.beat = out_json_beat,
	.flows = out_json_flows,
	.netem = out_json_netem,
	.replay = out_json_replay,
	.detach = out_json_detach,
	.error = out_error,
};
