/* SPDX-License-Identifier: GPL-2.0-only */
#include "json_verbs.h"

#include "grammar/grammar.h"
#include "json_part.h"
#include "labels.h"

static const char *tc_name(enum fl_tc_kind kind)
{
	switch (kind) {
	case FL_TC_CLSACT:
		return "clsact";
	case FL_TC_TCX:
		return "tcx";
	case FL_TC_NONE:
		break;
	}
	return "none";
}

static json_t *ports_json(const __u16 ports[FL_GUARD_PORTS])
{
	json_t *array = json_array();
	int err = 0;

	for (int i = 0; i < FL_GUARD_PORTS; i++) {
		if (ports[i])
			err |= json_array_append_new(array,
						     json_integer(ports[i]));
	}
	return out_json_checked(array, err);
}

static json_t *strings_json(const char *const strings[], size_t count)
{
	json_t *array = json_array();
	int err = 0;

	for (size_t i = 0; i < count; i++)
		err |= json_array_append_new(array, out_json_text(strings[i]));
	return out_json_checked(array, err);
}

int out_json_attach(const struct out_attach *attach, struct fl_error *error)
{
	const struct sample_device *device = attach->device;
	json_t *document = out_json_begin("faultline.attach/1", device->name,
					  device);
	int err = out_json_device(document, device);
	json_t *part = json_pack(
		"{s:i, s:s, s:I, s:I, s:o, s:b, s:o, s:I, s:o, s:o}", "ifindex",
		(int)device->ifindex, "tc", tc_name(device->tc_kind),
		"held_max", (json_int_t)attach->held_max, "flows",
		(json_int_t)device->flows_max, "seed",
		out_json_seed(device->seed), "exact", device->exact, "pins",
		out_json_text(attach->pins), "table_bytes",
		(json_int_t)attach->table_bytes, "guard_ports",
		ports_json(device->guard_ports), "notes",
		strings_json(attach->notes, attach->note_count));

	err |= json_object_update(document, part);
	json_decref(part);
	return out_json_end(document, err, error);
}

int out_json_detach(const struct out_detach *detach, struct fl_error *error)
{
	json_t *document = out_json_begin("faultline.detach/1", detach->device,
					  NULL);
	int err = json_object_set_new(document, "detached",
				      json_integer(detach->count));

	err |= json_object_set_new(document, "lost",
				   json_integer((json_int_t)detach->lost));
	err |= json_object_set_new(
		document, "leftovers",
		out_json_text(*detach->leftovers ? detach->leftovers : NULL));
	return out_json_end(document, err, error);
}

int out_json_add(const struct out_add *add, struct fl_error *error)
{
	json_t *document = out_json_begin("faultline.add/1", add->device, NULL);
	json_t *array = json_array();
	int err = 0;

	for (size_t i = 0; i < add->count && !err; i++)
		err = json_array_append_new(
			array,
			json_pack("{s:s, s:o, s:b}", "name", add->rules[i].name,
				  "rule", out_json_rule_words(&add->rules[i]),
				  "counts_buffers", add->counts_buffers[i]));
	err |= json_object_set_new(document, "rules", array);
	return out_json_end(document, err, error);
}

int out_json_netem(const struct out_netem *netem, struct fl_error *error)
{
	json_t *document = out_json_begin("faultline.netem/1", netem->device,
					  NULL);
	int err = json_object_set_new(document, "rule",
				      out_json_rule_words(netem->rule));

	err |= json_object_set_new(document, "remarks",
				   strings_json(netem->remarks,
						netem->remark_count));
	return out_json_end(document, err, error);
}

int out_json_del(const struct out_del *del, struct fl_error *error)
{
	json_t *document = out_json_begin("faultline.del/1", del->device, NULL);
	int err = out_json_set(document, "deleted", del->count);

	return out_json_end(document, err, error);
}

static json_t *list_rule_json(const struct sample_rule *rule)
{
	json_t *object = json_object();
	int err = out_json_rule(object, rule);

	err |= json_object_set_new(object, "prio",
				   json_integer(rule->rule.prio));
	err |= json_object_set_new(object, "seed",
				   out_json_seed(rule->rule.seed));
	err |= json_object_set_new(object, "rule",
				   out_json_rule_words(&rule->rule));
	return out_json_checked(object, err);
}

int out_json_list(const struct sample *sample, struct fl_error *error)
{
	const struct sample_device *device = &sample->device;
	json_t *document = out_json_begin("faultline.list/1", device->name,
					  device);
	json_t *rules = json_array();
	int err = out_json_device(document, device);

	err |= json_object_set_new(document, "guard_ports",
				   ports_json(device->guard_ports));
	for (size_t i = 0; i < sample->rule_count && !err; i++)
		err = json_array_append_new(rules,
					    list_rule_json(&sample->rules[i]));
	err |= json_object_set_new(document, "rules", rules);
	return out_json_end(document, err, error);
}

static int append_results(json_t *array, const char *scope,
			  const struct probe_result *results, size_t count)
{
	static const char *const states[] = {
		[PROBE_OK] = "ok",
		[PROBE_WARN] = "warn",
		[PROBE_BAD] = "bad",
	};
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		const char *fix = results[i].fix;

		err = json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:s, s:o, s:o}", "scope", scope,
				  "what", results[i].what, "state",
				  states[results[i].state], "found",
				  out_json_text(results[i].found), "fix",
				  out_json_text(*fix ? fix : NULL)));
	}
	return err;
}

static int append_outlook(json_t *array, __u32 kind, enum fl_side side,
			  const struct probe_outlook *outlook)
{
	const char *why = outlook->why[side];

	return json_array_append_new(
		array, json_pack("{s:s, s:s, s:b, s:o}", "impairment",
				 label_impairment(kind), "direction",
				 grammar_direction(side == FL_IN ? FL_DIR_IN :
								   FL_DIR_OUT),
				 "works", outlook->works[side], "why",
				 out_json_text(*why ? why : NULL)));
}

static json_t *outlook_json(const struct probe_outlook *outlook)
{
	json_t *array = json_array();
	int err = 0;

	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS && outlook; kind++)
		for (int side = 0; side < FL_SIDES; side++)
			if (label_impairment(kind))
				err |= append_outlook(array, kind,
						      (enum fl_side)side,
						      &outlook[kind]);
	return out_json_checked(array, err);
}

int out_json_doctor(const struct out_doctor *doctor, struct fl_error *error)
{
	json_t *document = out_json_begin("faultline.doctor/1", doctor->device,
					  NULL);
	json_t *results = json_array();
	int err = json_object_set_new(document, "ready",
				      json_boolean(doctor->ready));

	err |= append_results(results, "host", doctor->host,
			      doctor->host_count);
	err |= append_results(results, "device", doctor->nic,
			      doctor->nic_count);
	err |= json_object_set_new(document, "results", results);
	err |= json_object_set_new(document, "impairments",
				   outlook_json(doctor->outlook));
	return out_json_end(document, err, error);
}
