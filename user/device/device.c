/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding and opening what is attached. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hooks.h"
#include "maps.h"

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

static bool is_pinned(const struct store_entry *entry, enum obj_prog prog,
		      const __u32 *ids, int count)
{
	__u32 id = device_pinned_id(entry, prog);

	for (int i = 0; i < count && id; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

/* What moves to another network namespace with its device: XDP and tcx. */
static bool works_on(const struct store_entry *entry,
		     const struct netif_link *link)
{
	__u32 ids[NETIF_TCX_MAX];

	if (is_pinned(entry, OBJ_XDP, link->xdp_prog_id, NETIF_XDPS))
		return true;
	for (int side = 0; side < FL_SIDES; side++) {
		int count = netif_tcx_list(link->ifindex, (__u32)side, ids,
					   NETIF_TCX_MAX);

		if (count > NETIF_TCX_MAX)
			count = NETIF_TCX_MAX;
		if (is_pinned(entry, side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT,
			      ids, count))
			return true;
	}
	return false;
}

/* Programs on the device may be ours, pinned for another namespace. */
static int find_moved(const struct netif_link *link, struct store_entry *entry)
{
	struct store_entry *list;
	size_t count;
	int err = store_entries(&list, &count);

	if (err)
		return err;
	err = -ENOENT;
	for (size_t i = 0; i < count && err; i++) {
		if (works_on(&list[i], link)) {
			*entry = list[i];
			err = 0;
		}
	}
	free(list);
	return err;
}

int device_find(const struct netif_link *link, struct store_entry *entry)
{
	int err, fd;

	memset(entry, 0, sizeof(*entry));
	err = netif_netns_cookie(&entry->netns_cookie);
	if (err)
		return err;
	entry->ifindex = link->ifindex;
	store_device_dir(entry->netns_cookie, entry->ifindex, entry->path,
			 sizeof(entry->path));
	fd = store_get(entry->path, obj_map_names[OBJ_DEVICE]);
	if (fd < 0)
		return fd == -ENOENT ? find_moved(link, entry) : fd;
	close(fd);
	return 0;
}

/* -EPROTO: of another version, whose other maps may have other names. */
static int read_record(struct device *dev)
{
	int err, fd = store_get(dev->entry.path, obj_map_names[OBJ_DEVICE]);

	if (fd < 0)
		return fd;
	err = obj_map_read(fd, 0, &dev->record);
	close(fd);
	if (err || dev->record.abi_version == FL_ABI_VERSION)
		return err;
	/* 0: attach was killed before it wrote the record. */
	return dev->record.abi_version ? -EPROTO : -ENOENT;
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
	maps_init(dev);
	dev->entry = *entry;
	err = read_record(dev);
	if (!err)
		err = maps_open_pins(dev);
	if (err) {
		device_close(dev);
		return open_failure(err, entry, error);
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
			       "no network device \"%.40s\" here", device);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%.40s: %s", device,
			       strerror(-err));
	err = device_find(&link, &entry);
	if (err == -ENOENT || err == -ENOTDIR)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.40s is not attached: run \"faultline attach "
			       "%.40s\"",
			       device, device);
	if (err)
		return open_failure(err, &entry, error);
	err = device_open_entry(&entry, dev, error);
	if (!err && (*dev)->record.state != FL_DEVICE_ATTACHED) {
		device_close(*dev);
		return open_failure(-ENOENT, &entry, error);
	}
	return err;
}

void device_close(struct device *dev)
{
	if (!dev)
		return;
	maps_close(dev);
	free(dev);
}

struct fl_holding *device_holdings(const struct device *dev)
{
	return dev->holdings;
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

int device_names(char ***names, size_t *count, struct fl_error *error)
{
	struct store_entry *list = NULL;
	struct netif_link link;
	size_t entries = 0;
	__u64 cookie = 0;

	*count = 0;
	if (store_entries(&list, &entries) || netif_netns_cookie(&cookie)) {
		free(list);
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot read what is attached");
	}
	*names = calloc(entries + 1, sizeof(**names));
	for (size_t i = 0; *names && i < entries; i++) {
		if (list[i].netns_cookie != cookie ||
		    netif_link_get_index(list[i].ifindex, &link))
			continue;
		(*names)[*count] = strdup(link.name);
		if (!(*names)[*count])
			break;
		(*count)++;
	}
	free(list);
	return *names ? 0 : fl_fail(error, FL_EXIT_ERROR, "out of memory");
}
