/* SPDX-License-Identifier: GPL-2.0-only */
/* Which id the next rule gets. */
#include <errno.h>

#include "device/ids.h"
#include "lib/tap.h"

static struct fl_device record;
static struct fl_ids taken;

/* The next one, or a negative errno. */
static int take(void)
{
	__u16 id;
	int err = ids_take(&taken, &record, &id);

	return err ? err : id;
}

int main(void)
{
	int first, count = 2;

	tap_is_u64((__u64)take(), 0, "the first");
	tap_is_u64((__u64)take(), 1, "the next");
	ids_put(&record.resting, 2);
	tap_is_u64((__u64)take(), 3, "not one that rests");
	taken = (struct fl_ids){ 0 };
	tap_is_u64((__u64)take(), 4, "nor one that was free before it");
	record.next_id = FL_RULES_MAX - 1;
	tap_is_u64((__u64)take(), FL_RULES_MAX - 1, "up to the last");
	first = take();
	tap_is_u64((__u64)first, 0, "and then from the first on");
	while (take() >= 0)
		count++;
	tap_is_u64((__u64)count, FL_RULES_MAX - 2,
		   "each once, but for the one that rests");
	tap_ok(!ids_have(&taken, 2), "which nobody has");
	record.resting = (struct fl_ids){ 0 };
	tap_is_u64((__u64)take(), 2, "until it does no more");
	tap_ok(take() == -ENOSPC, "then none is left");
	return tap_done();
}
