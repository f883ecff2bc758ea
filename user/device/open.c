/* SPDX-License-Identifier: GPL-2.0-only */
#include "open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "find.h"
#include "holdings.h"
#include "kernel/lock.h"
#include "kernel/pins.h"

#define LOCK_TRIES 100

/* ---- maps --------------------------------------------------------------- */

#define OPEN_FD(id, name, value, entries)
#define MAP(id, name, kind, value, entries, open) \
	OPEN_##open(id, name, value, entries)

#define OPEN_MMAP(id, name, value, entries)                                  \
	_Static_assert(                                                      \
		__builtin_types_compatible_p(                                \
			__typeof__(((struct device *)NULL)->name), value *), \
		#name " in struct device points to what maps.def says");
#include <faultline/maps.def>
#undef OPEN_MMAP

static int map_all(struct device *dev)
{
	int err = 0;

	dev->sizes = obj_sizes(&dev->record);
#define OF(member) dev->sizes.member
#define OPEN_MMAP(id, name, value, entries)                                    \
	if (!err && dev->map[OBJ_##id] >= 0)                                   \
		err = obj_map_mmap(dev->map[OBJ_##id], sizeof(value), entries, \
				   1, (void **)&dev->name);
#include <faultline/maps.def>
#undef OPEN_MMAP
	return err || dev->map[OBJ_SPECS] < 0 ? err : blocks_open(dev);
}

static void unmap_all(struct device *dev)
{
#define OPEN_MMAP(id, name, value, entries) \
	obj_map_munmap(dev->name, sizeof(value), entries);
#include <faultline/maps.def>
#undef OPEN_MMAP
#undef OF
#undef MAP
#undef OPEN_FD
}

static bool is_lean(int map)
{
	return map == OBJ_CONTROL || map == OBJ_LABELS || map == OBJ_TIMINGS ||
	       map == OBJ_COUNTS || map == OBJ_HOLDINGS ||
	       map == OBJ_HOLDING_BASES;
}

static int open_pins(struct device *dev, bool lean)
{
	for (int map = 0; map < OBJ_MAPS; map++) {
		if (lean && !is_lean(map))
			continue;
		dev->map[map] = store_get(dev->entry.path, obj_map_names[map]);
		if (dev->map[map] < 0)
			return dev->map[map];
	}
	return map_all(dev);
}

static int open_obj(struct device *dev, const struct obj *obj)
{
	for (int map = 0; map < OBJ_MAPS; map++) {
		dev->map[map] = fcntl(obj_map_fd(obj, (enum obj_map)map),
				      F_DUPFD_CLOEXEC, 0);
		if (dev->map[map] < 0)
			return -errno;
	}
	return map_all(dev);
}

static void close_maps(struct device *dev)
{
	holdings_close(dev);
	blocks_close(dev);
	unmap_all(dev);
	for (int map = 0; map < OBJ_MAPS; map++)
		if (dev->map[map] >= 0)
			close(dev->map[map]);
}

/* ---- a device ----------------------------------------------------------- */

/* Another version's other maps may have other names: -EPROTO if it is older,
 * -EPROTONOSUPPORT if it is newer. */
static int read_record(struct device *dev)
{
	int err = pins_read(&dev->entry, OBJ_DEVICE, &dev->record,
			    sizeof(dev->record));

	if (err || dev->record.abi_version == FL_ABI_VERSION)
		return err;
	if (dev->record.abi_version > FL_ABI_VERSION)
		return -EPROTONOSUPPORT;
	/* 0: attach was killed before it wrote the record. */
	return dev->record.abi_version ? -EPROTO : -ENOENT;
}

static struct device *new_device(void)
{
	struct device *dev = calloc(1, sizeof(*dev));

	for (int map = 0; dev && map < OBJ_MAPS; map++)
		dev->map[map] = -1;
	return dev;
}

int device_open_failure(int err, const struct store_entry *entry,
			struct fl_error *error)
{
	switch (err) {
	case -EPROTO:
		return fl_fail(error, FL_EXIT_ERROR,
			       "this device was attached by an older version "
			       "of faultline: detach and attach again");
	case -EPROTONOSUPPORT:
		return fl_fail(error, FL_EXIT_ERROR,
			       "this device was attached by a newer version "
			       "of faultline: use that one, or detach and "
			       "attach again");
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

static int open_entry(const struct store_entry *entry, bool lean,
		      struct device **opened)
{
	struct device *dev = new_device();
	int err;

	if (!dev)
		return -ENOMEM;
	dev->entry = *entry;
	err = read_record(dev);
	if (!err)
		err = open_pins(dev, lean);
	if (err) {
		device_close(dev);
		return err;
	}
	memcpy(dev->name, dev->record.name, sizeof(dev->name));
	*opened = dev;
	return 0;
}

int device_try_open(const struct store_entry *entry, struct device **opened)
{
	return open_entry(entry, false, opened);
}

int device_open_entry(const struct store_entry *entry, struct device **opened,
		      struct fl_error *error)
{
	int err = open_entry(entry, false, opened);

	return err ? device_open_failure(err, entry, error) : 0;
}

int device_open_lean(const struct store_entry *entry, struct device **opened,
		     struct fl_error *error)
{
	int err = open_entry(entry, true, opened);

	return err ? device_open_failure(err, entry, error) : 0;
}

int device_open_obj(const struct obj *obj, const struct fl_device *record,
		    struct device **opened, struct fl_error *error)
{
	struct device *dev = new_device();
	int err;

	if (!dev)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	dev->record = *record;
	err = open_obj(dev, obj);
	if (!err)
		err = device_write_record(dev);
	if (err) {
		device_close(dev);
		return fl_fail(error, FL_EXIT_ERROR, "cannot map the maps: %s",
			       strerror(-err));
	}
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
		return device_open_failure(err, &entry, error);
	err = device_open_entry(&entry, dev, error);
	if (err)
		return err;
	if ((*dev)->record.state != FL_DEVICE_ATTACHED) {
		device_close(*dev);
		return device_open_failure(-ENOENT, &entry, error);
	}
	memcpy((*dev)->name, link.name, sizeof(link.name));
	return 0;
}

void device_close(struct device *dev)
{
	if (!dev)
		return;
	close_maps(dev);
	free(dev);
}

struct fl_holding *device_holdings(struct device *dev)
{
	return holdings_open(dev) ? NULL : dev->holdings;
}

void device_holdings_close(struct device *dev)
{
	holdings_close(dev);
}

const struct fl_spec *device_specs(const struct device *dev)
{
	return dev->specs;
}

int device_lock(int *lock, struct fl_error *error)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		int code = store_prepare(error);

		if (!code)
			code = lock_take(lock, error);
		/* Somebody may have put it away while we waited. */
		if (code || (store_exists() > 0 && store_has_lock(*lock)))
			return code;
		lock_give_back(*lock);
	}
	return fl_fail(error, FL_EXIT_ERROR,
		       "cannot take the lock: somebody removes it");
}

void device_unlock(int lock)
{
	lock_give_back(lock);
}

int device_look_again(struct device *dev, struct fl_error *error)
{
	__u32 ours = 0, pinned = 0;
	int err = obj_map_id(dev->map[OBJ_DEVICE], &ours);

	if (!err)
		err = pins_map(&dev->entry, OBJ_DEVICE, &pinned);
	if (!err)
		err = obj_map_read(dev->map[OBJ_DEVICE], 0, &dev->record);
	if (err == -ENOENT ||
	    (!err && ours == pinned && dev->record.state != FL_DEVICE_ATTACHED))
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.40s was detached meanwhile: nothing was "
			       "changed",
			       dev->name);
	if (err)
		return device_open_failure(err, &dev->entry, error);
	if (ours == pinned)
		return 0;
	return fl_fail(error, FL_EXIT_ERROR,
		       "%.40s was detached and attached again meanwhile: "
		       "nothing was changed",
		       dev->name);
}

int device_write_record(struct device *dev)
{
	return obj_map_write(dev->map[OBJ_DEVICE], 0, &dev->record);
}

const struct fl_position *device_active_rules(const struct device *dev,
					      __u32 *count)
{
	__u32 generation = __atomic_load_n(&dev->control->generation,
					   __ATOMIC_ACQUIRE);
	const struct fl_ruleset *active = &dev->rulesets[generation & 1];
	__u32 positions = active->position_count;

	*count = active->rule_count;
	/* It may be written this very moment: then it is read once more. */
	if (positions > dev->sizes.positions || *count > positions)
		*count = positions = 0;
	return dev->positions + active->first_position + positions - *count;
}
