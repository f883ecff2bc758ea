/* SPDX-License-Identifier: GPL-2.0-only */
#include "open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "find.h"

int device_lock(int *lock, struct fl_error *error)
{
	int code = store_prepare(error);

	if (code)
		return code;
	*lock = store_lock();
	if (*lock < 0)
		return fl_fail(error, FL_EXIT_ERROR, "cannot take the lock: %s",
			       strerror(-*lock));
	return 0;
}

static int open_maps(struct device *dev)
{
	int err = 0;

	for (int i = 0; i < OBJ_MAPS; i++) {
		dev->map[i] = store_get(dev->entry.path, obj_map_names[i]);
		if (dev->map[i] < 0)
			return dev->map[i];
	}
	err = obj_map_read(dev->map[OBJ_DEVICE], 0, &dev->record);
	if (!err && dev->record.abi_version != FL_ABI_VERSION)
		err = -EPROTO;
	if (!err)
		err = obj_map_entries(dev->map[OBJ_FLOWS], &dev->slots);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_CONTROLS],
				   sizeof(struct fl_control), 1, 1,
				   (void **)&dev->control);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_RULESETS],
				   sizeof(struct fl_ruleset), 2, 1,
				   (void **)&dev->rulesets);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_ACTIONS],
				   sizeof(struct fl_action), FL_ACTIONS, 1,
				   (void **)&dev->actions);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_TRACES], sizeof(*dev->traces),
				   FL_TRACE_WORDS, 1, (void **)&dev->traces);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_HOLDINGS],
				   sizeof(struct fl_holding),
				   FL_RULES_MAX * FL_SIDES, 1,
				   (void **)&dev->holdings);
	if (!err)
		err = obj_map_mmap(dev->map[OBJ_TABLES], sizeof(*dev->tables),
				   FL_TABLES, 1, (void **)&dev->tables);
	return err;
}

static int open_failure(int err, const struct store_entry *entry,
			struct fl_error *error)
{
	switch (err) {
	case -EPROTO:
		return fl_fail(error, FL_EXIT_ERROR,
			       "was attached by another version of faultline: "
			       "detach and attach again");
	case -EPERM:
	case -EACCES:
		return fl_fail(error, FL_EXIT_PERMISSION,
			       "cannot open %s: %s: run as root",
			       store_plain(entry->path), strerror(-err));
	case -ENOENT:
		return fl_fail(error, FL_EXIT_ERROR,
			       "an attach or detach was interrupted: run "
			       "detach, then attach");
	}
	return fl_fail(error, FL_EXIT_ERROR, "cannot open %s: %s",
		       store_plain(entry->path), strerror(-err));
}

int device_open_entry(const struct store_entry *entry, struct device **opened,
		      struct fl_error *error)
{
	struct device *dev = calloc(1, sizeof(*dev));
	int err;

	if (!dev)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	dev->entry = *entry;
	for (int i = 0; i < OBJ_MAPS; i++)
		dev->map[i] = -1;
	err = open_maps(dev);
	if (err) {
		device_close(dev);
		return open_failure(err, entry, error);
	}
	memcpy(dev->name, dev->record.name, sizeof(dev->name));
	*opened = dev;
	return 0;
}

int device_open(const char *device, struct device **dev, struct fl_error *error)
{
	struct store_entry entry;
	struct netif_link link;
	int err = netif_link_get(device, &link);

	if (err == -ENODEV)
		return fl_fail(error, FL_EXIT_ERROR,
			       "no device \"%.40s\" in this network namespace",
			       device);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%.40s: %s", device,
			       strerror(-err));
	err = find_entry(&link, &entry);
	if (err == -ENOENT || err == -ENOTDIR)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.40s is not attached: run \"faultline attach "
			       "%.40s\"",
			       device, device);
	if (err)
		return open_failure(err, &entry, error);
	err = device_open_entry(&entry, dev, error);
	if (err)
		return err;
	if ((*dev)->record.state != FL_DEVICE_ATTACHED) {
		device_close(*dev);
		return open_failure(-ENOENT, &entry, error);
	}
	memcpy((*dev)->name, link.name, sizeof(link.name));
	return 0;
}

void device_close(struct device *dev)
{
	if (!dev)
		return;
	for (int i = 0; i < OBJ_MAPS; i++)
		if (dev->map[i] >= 0)
			close(dev->map[i]);
	/* The mappings go with the process, which is about to end. */
	free(dev);
}

int device_write_record(struct device *dev)
{
	return obj_map_write(dev->map[OBJ_DEVICE], 0, &dev->record);
}

const struct fl_ruleset *device_active_rules(const struct device *dev)
{
	__u32 generation = __atomic_load_n(&dev->control->generation,
					   __ATOMIC_ACQUIRE);

	return &dev->rulesets[generation & 1];
}
