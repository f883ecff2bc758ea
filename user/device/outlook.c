/* SPDX-License-Identifier: GPL-2.0-only */
#include "outlook.h"

#include <stdio.h>
#include <string.h>

#include <faultline/category.h>

#include "base/privilege.h"
#include "compile/compile.h"
#include "find.h"
#include "fit.h"
#include "kernel/pins.h"
#include "probe/kernel.h"
#include "probe/xdp.h"

static bool read_record(const struct netif_link *link, struct fl_device *record)
{
	struct store_entry entry;

	return !find_entry(link, &entry) &&
	       !pins_read(&entry, OBJ_DEVICE, record, sizeof(*record)) &&
	       record->state == FL_DEVICE_ATTACHED;
}

/* As attach without options would write it, so far as rules depend on it. */
static void foresee(const struct netif_link *link, struct fl_device *record)
{
	char why[160];

	*record = (struct fl_device){
		.ifindex = link->ifindex,
		.layer3 = netif_link_layer(link) == 3,
		.loopback = netif_is_loopback(link),
		.mode = probe_expects_native(link) ? FL_MODE_NATIVE :
						     FL_MODE_TC,
		.holder = probe_engine(why, sizeof(why)),
	};
}

static int fit_kind(const struct fl_device *record, __u32 kind, __u32 direction,
		    struct fl_error *error)
{
	const struct fl_rule rule = {
		.directions = direction,
		.impair_count = 1,
		.impairs[0].kind = kind,
	};
	__u64 missing = privileges_lacking("add");
	char names[96];

	if (missing && compile_needs_tc(&rule)) {
		privileges_print(missing, names, sizeof(names));
		return fl_fail(error, FL_EXIT_PERMISSION,
			       "not permitted to load BPF programs: lacks %s",
			       names);
	}
	if (!(fl_directions_of(kind) & direction))
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "works only in the other direction");
	return fit_rule(record, &rule, error);
}

static void refuse_all(const char *why,
		       struct probe_outlook list[FL_IMPAIR_KINDS])
{
	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS; kind++)
		for (int side = 0; side < FL_SIDES; side++) {
			list[kind].works[side] = false;
			snprintf(list[kind].why[side],
				 sizeof(list[kind].why[side]), "%s", why);
		}
}

void device_outlook(const char *device, const char *obstacle,
		    struct probe_outlook list[FL_IMPAIR_KINDS])
{
	struct fl_device record;
	struct fl_error error;
	struct netif_link link;

	if (netif_link_get(device, &link) || netif_link_driver(&link)) {
		refuse_all("there is no such device", list);
		return;
	}
	if (!read_record(&link, &record)) {
		if (obstacle) {
			refuse_all(obstacle, list);
			return;
		}
		foresee(&link, &record);
	}
	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS; kind++)
		for (int side = 0; side < FL_SIDES; side++) {
			struct probe_outlook *to = &list[kind];

			*error.text = '\0';
			to->works[side] = !fit_kind(
				&record, kind,
				side == FL_IN ? FL_DIR_IN : FL_DIR_OUT, &error);
			snprintf(to->why[side], sizeof(to->why[side]), "%.199s",
				 error.text);
		}
}
