/* SPDX-License-Identifier: GPL-2.0-only */
#include "load.h"

#include <errno.h>
#include <string.h>

#include "base/privilege.h"
#include "open.h"

/* Of the hash of effects: what the kernel has for each entry that may come. */
#define BUCKET_BYTES 16

/* Counts of effects come on top, for the flows that have some. */
__u64 load_table_bytes(__u32 flows)
{
	return (__u64)obj_slots(flows) *
	       (FL_SIDES * sizeof(struct fl_flow) +
		sizeof(struct fl_flow_more) + sizeof(struct fl_flow_held) +
		BUCKET_BYTES);
}

static int refused(int err, const struct fl_device *record, const char *why,
		   struct fl_error *error)
{
	__u64 missing = privileges_lacking("attach");
	char names[96];

	if (err == -EMFILE || err == -ENFILE)
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot load the BPF programs: %s (ulimit -n)",
			       strerror(-err));
	/* Without CAP_PERFMON the verifier finds faults in the programs. */
	if (err == -EPERM || (err == -EACCES && missing)) {
		privileges_print(missing, names, sizeof(names));
		return fl_fail(error, FL_EXIT_PERMISSION,
			       "not permitted to load BPF programs: run as "
			       "root%s%s",
			       missing ? ", or with " : "",
			       missing ? names : "");
	}
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
	char why[160] = "";
	int err = obj_load(record, obj, why, sizeof(why));

	return err ? refused(err, record, why, error) : 0;
}

int load_tails(const struct device *dev, struct fl_error *error)
{
	char why[160] = "";
	int err = 0;

	if (!obj_has_tails(dev->map[OBJ_TAILS]))
		err = obj_load_tails(&dev->record, dev->map, why, sizeof(why));
	return err ? refused(err, &dev->record, why, error) : 0;
}

int load_try(const struct fl_device *record, struct fl_error *error)
{
	struct device *dev = NULL;
	struct obj *obj = NULL;
	int code = load_programs(record, &obj, error);

	if (!code)
		code = device_open_obj(obj, record, &dev, error);
	if (!code)
		code = load_tails(dev, error);
	device_close(dev);
	obj_free(obj);
	return code;
}

int load_replay(const struct fl_device *record, struct obj **obj,
		struct device **dev, struct fl_error *error)
{
	char why[160] = "";
	int code, err = obj_load_replay(record, obj, why, sizeof(why));

	if (err)
		return refused(err, record, why, error);
	code = device_open_obj(*obj, record, dev, error);
	if (code) {
		obj_free(*obj);
		*obj = NULL;
	}
	return code;
}
