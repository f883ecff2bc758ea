/* SPDX-License-Identifier: GPL-2.0-only */
#include "load.h"

#include <errno.h>
#include <string.h>

#include "open.h"

__u64 load_table_bytes(__u32 flows)
{
	return (__u64)obj_slots(flows) *
	       (sizeof(struct fl_flow) + sizeof(struct fl_flow_more) +
		sizeof(struct fl_flow_effects) + sizeof(struct fl_flow_times));
}

typedef int load_function(const struct fl_device *record, struct obj **obj,
			  char *why, size_t why_size);

static int load(load_function *function, const struct fl_device *record,
		struct obj **obj, struct fl_error *error)
{
	char why[160] = "";
	int err = function(record, obj, why, sizeof(why));

	if (!err)
		return 0;
	if (err == -EPERM)
		return fl_fail(error, FL_EXIT_PERMISSION,
			       "not permitted to load BPF programs: run as "
			       "root (CAP_BPF and CAP_NET_ADMIN)");
	if (err == -ENOMEM)
		return fl_fail(error, FL_EXIT_ERROR,
			       "no memory for %u flows (%llu MiB): try a "
			       "smaller --flows",
			       record->flows,
			       load_table_bytes(record->flows) >> 20);
	return fl_fail(error, FL_EXIT_UNSUPPORTED,
		       "this kernel refuses the BPF programs: %s%s%s",
		       strerror(-err), *why ? ": " : "", why);
}

int load_programs(const struct fl_device *record, struct obj **obj,
		  struct fl_error *error)
{
	return load(obj_load, record, obj, error);
}

int load_replay(const struct fl_device *record, struct obj **obj,
		struct device **dev, struct fl_error *error)
{
	int code = load(obj_load_replay, record, obj, error);

	if (code)
		return code;
	code = device_open_obj(*obj, record, dev, error);
	if (code) {
		obj_free(*obj);
		*obj = NULL;
	}
	return code;
}
