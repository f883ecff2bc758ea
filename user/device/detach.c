/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "find.h"
#include "open.h"
#include "report.h"
#include "teardown.h"

/* One run of detach. */
struct detachment {
	struct device_detach_report *report;
	struct drain drain;
	bool stays; /* some of it is to be undone by another command */
};

static void detach_entry(struct detachment *d, const struct store_entry *entry)
{
	if (!teardown(entry, &d->drain, d->report->leftovers,
		      sizeof(d->report->leftovers)))
		d->stays = true;
	d->report->devices++;
}

static int detach_one(struct detachment *d, const char *name,
		      struct fl_error *error)
{
	struct store_entry entry;
	struct netif_link link;
	int err;

	d->report->devices += teardown_sweep();
	err = netif_link_get(name, &link);
	if (err == -ENODEV)
		return d->report->devices ? 0 :
					    fl_fail(error, FL_EXIT_ERROR,
						    "no device \"%.40s\" in "
						    "this network namespace",
						    name);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%.40s: %s", name,
			       strerror(-err));
	err = find_entry(&link, &entry);
	if (err == -ENOENT)
		return 0;
	if (err)
		return device_open_failure(err, &entry, error);
	detach_entry(d, &entry);
	return 0;
}

static int detach_all(struct detachment *d, struct fl_error *error)
{
	struct store_entry *list;
	size_t count;
	__u64 cookie = 0;
	int code = find_entries(&list, &count, &cookie, error);

	if (code)
		return code;
	for (size_t i = 0; i < count; i++)
		if (list[i].netns_cookie == cookie)
			detach_entry(d, &list[i]);
	free(list);
	d->report->devices += teardown_sweep();
	return 0;
}

/* Nothing was ever attached: leave no trace of having looked. */
static int detach_nothing(const char *device, struct fl_error *error)
{
	struct netif_link link;

	if (device && netif_link_get(device, &link) == -ENODEV)
		return fl_fail(error, FL_EXIT_ERROR,
			       "no device \"%.40s\" in this network namespace",
			       device);
	return 0;
}

static int report_leftovers(const struct detachment *d, struct fl_error *error)
{
	if (d->stays)
		return fl_fail(error, FL_EXIT_ERROR,
			       "not all could be restored: %s; run detach "
			       "again",
			       d->report->leftovers);
	return fl_fail(error, FL_EXIT_ERROR,
		       "detached, but could not restore: %s",
		       d->report->leftovers);
}

int device_detach(const struct device_detach_options *options,
		  struct device_detach_report *report, struct fl_error *error)
{
	struct detachment d = { .report = report, .drain.options = options };
	const char *device = options->device;
	int lock, code;

	memset(report, 0, sizeof(*report));
	if (!store_exists() && geteuid() == 0)
		return detach_nothing(device, error);
	code = device_lock(&lock, error);
	if (code)
		return code;
	code = device ? detach_one(&d, device, error) : detach_all(&d, error);
	store_retire();
	device_unlock(lock);
	report->lost = d.drain.lost;
	return code || !*report->leftovers ? code : report_leftovers(&d, error);
}
