/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table may hold a million flows, which is too much for a tree in memory and
 * for a general writer: the flows are printed one by one. Nothing in them can
 * need an escape.
 */
#include "json_flows.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "flowtext.h"
#include "json_part.h"
#include "stream.h"

/* The members before "flows", as text that lacks the closing brace. */
static char *head(const struct out_flows *flows)
{
	const struct sample_device *device = &flows->sample->device;
	json_t *object = out_json_begin("faultline.flows/1", device->name,
					device);
	json_t *part = json_pack("{s:s, s:s, s:I, s:I}", "match", flows->match,
				 "sort", flow_column_names[flows->sort],
				 "flows_max", (json_int_t)device->flows_max,
				 "flow_count",
				 (json_int_t)flows->sample->count);
	int err = out_json_device(object, device);
	char *text = NULL;

	err |= json_object_update(object, part);
	err |= out_json_set_tally(object, &flows->tally);
	if (!err)
		text = json_dumps(object, OUT_JSON_FORMAT);
	json_decref(part);
	json_decref(object);
	if (text)
		text[strlen(text) - 1] = '\0';
	return text;
}

static void write_effects(const __u64 effect[FL_EFFECTS])
{
	static const __u64 none[FL_EFFECTS];

	/* Nearly always: a million flows are to be quick. */
	if (!memcmp(effect, none, sizeof(none))) {
#define EFFECT(id, label, help) ",\"" label "\":0"
		fputs(
#include <faultline/effects.def>
			, stdout);
#undef EFFECT
		return;
	}
#define EFFECT(id, label, help) \
	printf(",\"" label "\":%llu", effect[FL_EFFECT_##id]);
#include <faultline/effects.def>
#undef EFFECT
}

static void write_side(const char *name, const struct sample_flow_side *side)
{
	printf(",\"%s\":{\"packets\":%llu,\"bytes\":%llu,\"dropped\":%llu",
	       name, side->packets, side->bytes, side->dropped);
	write_effects(side->effect);
	putchar('}');
}

static void write_flow(const struct sample_flow *flow)
{
	char local[FLOWTEXT_ADDRESS_MAX], remote[FLOWTEXT_ADDRESS_MAX];

	flowtext_local(flow, local);
	flowtext_remote(flow, remote);
	printf("{\"proto\":\"%s\",\"local\":\"%s\",\"local_port\":%u,"
	       "\"remote\":\"%s\",\"remote_port\":%u,\"idle_ns\":%llu",
	       flowtext_proto(flow->proto), local, ntohs(flow->local_port_be),
	       remote, ntohs(flow->remote_port_be), flow->idle_ns);
	if (flow->tagged)
		printf(",\"vlan\":%u", flow->vlan);
	if (flow->fragment)
		fputs(",\"fragment\":true", stdout);
	write_side("in", &flow->side[FL_IN]);
	write_side("out", &flow->side[FL_OUT]);
	putchar('}');
}

int out_json_flows(const struct out_flows *flows, struct fl_error *error)
{
	char *begin = head(flows);

	if (!begin)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	printf("%s,\"flows\":[", begin);
	free(begin);
	for (size_t i = 0; i < flows->count && !out_failed(); i++) {
		if (i)
			putchar(',');
		write_flow(&flows->sample->flows[flows->order[i]]);
	}
	fputs("]}\n", stdout);
	return 0;
}
