/* SPDX-License-Identifier: GPL-2.0-only */
#include "find.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "kernel/pins.h"

static bool is_pinned(const struct store_entry *entry, enum obj_prog prog,
		      const __u32 *ids, int count)
{
	__u32 id = pins_prog_id(entry, prog);

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

int find_entry(const struct netif_link *link, struct store_entry *entry)
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

/* False: no memory. */
static bool add_name(char ***names, size_t *count, const char *name)
{
	char **grown = realloc(*names, (*count + 1) * sizeof(*grown));

	if (!grown)
		return false;
	*names = grown;
	grown[*count] = strdup(name);
	if (!grown[*count])
		return false;
	++*count;
	return true;
}

/* A list that is cut short is of no use. */
static int no_memory(char ***names, size_t *count, struct fl_error *error)
{
	while (*count)
		free((*names)[--*count]);
	free(*names);
	*names = NULL;
	return fl_fail(error, FL_EXIT_ERROR, "out of memory");
}

int device_names(char ***names, size_t *count, struct fl_error *error)
{
	struct store_entry *list = NULL;
	struct netif_link link;
	size_t entries = 0;
	__u64 cookie = 0;
	bool fits = true;

	*names = NULL;
	*count = 0;
	if (store_entries(&list, &entries) || netif_netns_cookie(&cookie)) {
		free(list);
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot read what is attached");
	}
	for (size_t i = 0; fits && i < entries; i++) {
		if (list[i].netns_cookie == cookie &&
		    !netif_link_get_index(list[i].ifindex, &link))
			fits = add_name(names, count, link.name);
	}
	free(list);
	return fits ? 0 : no_memory(names, count, error);
}

int device_links(char ***names, size_t *count, struct fl_error *error)
{
	struct netif_link *list = NULL;
	size_t links = 0;
	bool fits = true;
	int err;

	*names = NULL;
	*count = 0;
	err = netif_links(&list, &links);
	for (size_t i = 0; fits && !err && i < links; i++) {
		if (!netif_helper_find(list[i].name))
			fits = add_name(names, count, list[i].name);
	}
	free(list);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot list the devices: %s", strerror(-err));
	return fits ? 0 : no_memory(names, count, error);
}
