/* SPDX-License-Identifier: GPL-2.0-only */
#include "json_replay.h"

#include "json_part.h"

static int set_counts(json_t *object, const struct stats_counts *counts)
{
	int err = out_json_set(object, "packets", counts->packets);

	err |= out_json_fates(object, counts);
	return err | out_json_set(object, "would_drop", counts->would_drop);
}

static json_t *rule_json(const struct stats_rule *rule)
{
	const struct fl_rule *words = &rule->sample->rule;
	json_t *object = json_pack("{s:s, s:o}", "name", words->name, "rule",
				   out_json_rule_words(words));

	return out_json_checked(object,
				set_counts(object, &rule->counts[STATS_BOTH]));
}

static json_t *totals_json(const struct stats_table *table)
{
	const struct stats_total *both = &table->total[STATS_BOTH];
	json_t *object = json_object();
	int err = set_counts(object, &both->counts);

	err |= out_json_set(object, "unmatched", both->unmatched);
	err |= out_json_set(object, "unparsed", both->unparsed);
	err |= out_json_set(object, "exempt", both->exempt);
	err |= out_json_set(object, "in", table->total[FL_IN].counts.packets);
	err |= out_json_set(object, "out", table->total[FL_OUT].counts.packets);
	err |= out_json_set_tally(object, &table->tally);
	return out_json_checked(object, err);
}

/* A type of interfaces; its name is libpcap's. */
static json_t *link_json(const struct sample_link *link)
{
	json_t *object = json_pack("{s:s?, s:b}", "name", link->name, "read",
				   (int)link->is_read);
	int err = out_json_set(object, "number", link->type);

	err |= out_json_set(object, "interfaces", link->interfaces);
	err |= out_json_set(object, "packets", link->packets);
	return out_json_checked(object, err);
}

static json_t *capture_json(const struct sample_capture *capture)
{
	json_t *links = json_array();
	json_t *object = json_pack("{s:s, s:b}", "format",
				   capture->is_pcapng ? "pcapng" : "pcap",
				   "cut_off", (int)capture->is_cut_off);
	int err = out_json_set(object, "interfaces", capture->interfaces);

	for (size_t i = 0; i < capture->link_count && !err; i++)
		err = json_array_append_new(links,
					    link_json(&capture->links[i]));
	err |= json_object_set_new(object, "link_types", links);
	return out_json_checked(object, err);
}

int out_json_replay(const struct out_replay *done, struct fl_error *error)
{
	const struct sample_replay *replay = done->replay;
	const struct stats_table *table = done->table;
	json_t *document = out_json_begin("faultline.replay/1", NULL, NULL);
	json_t *rules = json_array();
	int err = json_object_set_new(document, "seed",
				      out_json_seed(table->device->seed));

	err |= out_json_set(document, "flows", table->device->flows_max);
	err |= out_json_set(document, "packets", replay->packets);
	err |= out_json_set(document, "written", replay->written);
	err |= out_json_set(document, "too_short", replay->too_short);
	err |= out_json_set(document, "cut", replay->cut);
	err |= json_object_set_new(document, "capture",
				   capture_json(&replay->capture));
	err |= json_object_set_new(document, "totals", totals_json(table));
	for (size_t i = 0; i < table->rule_count && !err; i++)
		err = json_array_append_new(rules, rule_json(&table->rules[i]));
	err |= json_object_set_new(document, "rules", rules);
	return out_json_end(document, err, error);
}
