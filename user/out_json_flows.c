/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table may hold a million flows: the document is written flow by flow, and
 * each flow by changing the numbers of a template, which costs no memory.
 */
#include "out.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "flowtext.h"
#include "out_json.h"

/* The values inside @root that differ from flow to flow. */
struct template {
	json_t *root;
	json_t *proto, *local, *local_port, *remote, *remote_port, *vlan;
	json_t *idle;
	json_t *packets[FL_SIDES], *bytes[FL_SIDES], *dropped[FL_SIDES];
};

static json_t *side_json(struct template *t, int side)
{
	return json_pack("{s:o, s:o, s:o}", "packets",
			 t->packets[side] = json_integer(0), "bytes",
			 t->bytes[side] = json_integer(0), "dropped",
			 t->dropped[side] = json_integer(0));
}

/* False when out of memory. */
static bool template_make(struct template *t, bool tagged, bool fragment)
{
	int err;

	t->vlan = tagged ? json_integer(0) : NULL;
	t->root = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o*, s:o}", "proto",
			    t->proto = json_string(""), "local",
			    t->local = json_string(""), "local_port",
			    t->local_port = json_integer(0), "remote",
			    t->remote = json_string(""), "remote_port",
			    t->remote_port = json_integer(0), "vlan", t->vlan,
			    "idle_ns", t->idle = json_integer(0));
	err = fragment ? json_object_set_new(t->root, "fragment", json_true()) :
			 0;
	err |= json_object_set_new(t->root, "in", side_json(t, FL_IN));
	err |= json_object_set_new(t->root, "out", side_json(t, FL_OUT));
	return t->root && !err;
}

static void template_fill(struct template *t, const struct sample_flow *flow)
{
	char address[FLOWTEXT_ADDRESS_MAX];

	json_string_set_nocheck(t->proto, flowtext_proto(flow->proto));
	flowtext_local(flow, address);
	json_string_set_nocheck(t->local, address);
	flowtext_remote(flow, address);
	json_string_set_nocheck(t->remote, address);
	json_integer_set(t->local_port, ntohs(flow->local_port_be));
	json_integer_set(t->remote_port, ntohs(flow->remote_port_be));
	if (t->vlan)
		json_integer_set(t->vlan, flow->vlan);
	json_integer_set(t->idle, (json_int_t)flow->idle_ns);
	for (int side = 0; side < FL_SIDES; side++) {
		const struct sample_flow_side *counts = &flow->side[side];

		json_integer_set(t->packets[side], (json_int_t)counts->packets);
		json_integer_set(t->bytes[side], (json_int_t)counts->bytes);
		json_integer_set(t->dropped[side], (json_int_t)counts->dropped);
	}
}

/* The members before "flows", as text that lacks the closing brace. */
static char *head(const struct out_flows *flows)
{
	const struct sample_device *device = &flows->sample->device;
	json_t *object = out_json_begin("faultline.flows/1", device->name,
					device);
	json_t *part = json_pack(
		"{s:s, s:s, s:I, s:I, s:o, s:o}", "match", flows->match, "sort",
		flow_column_names[flows->sort], "flows_max",
		(json_int_t)device->flows_max, "flow_count",
		(json_int_t)flows->sample->count, "flow_evicted",
		out_json_evicted(flows->sample->tally), "flow_untracked",
		out_json_untracked(flows->sample->tally));
	int err = out_json_device(object, device);
	char *text = NULL;

	err |= json_object_update(object, part);
	if (!err)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(part);
	json_decref(object);
	if (text)
		text[strlen(text) - 1] = '\0';
	return text;
}

/* By whether there are a VLAN tag and a fragment. */
struct templates {
	struct template of[2][2];
};

static void write_flows(const struct out_flows *flows, struct templates *all)
{
	char line[1024];

	for (size_t i = 0; i < flows->count && !out_failed(); i++) {
		const struct sample_flow *flow =
			&flows->sample->flows[flows->order[i]];
		struct template *t = &all->of[flow->tagged][flow->fragment];
		size_t length;

		template_fill(t, flow);
		length = json_dumpb(t->root, line, sizeof(line), JSON_COMPACT);
		if (i)
			putchar(',');
		fwrite(line, 1, length, stdout);
	}
}

int out_flows_json(const struct out_flows *flows, struct fl_error *error)
{
	struct templates all = { 0 };
	char *begin = head(flows);
	bool ok = begin;

	for (int i = 0; i < 4; i++)
		ok &= template_make(&all.of[i / 2][i % 2], i / 2, i % 2);
	if (ok) {
		printf("%s,\"flows\":[", begin);
		write_flows(flows, &all);
		fputs("]}\n", stdout);
	}
	for (int i = 0; i < 4; i++)
		json_decref(all.of[i / 2][i % 2].root);
	free(begin);
	return ok ? 0 : fl_fail(error, FL_EXIT_ERROR, "out of memory");
}
