/* SPDX-License-Identifier: GPL-2.0-only */
#include "find.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "kernel/pins.h"

/* 1, 0 or a negative errno. */
static int is_pinned(const struct store_entry *entry, enum obj_prog prog,
		     const __u32 *ids, int count)
{
	__u32 id = 0;
	int err;

	if (!count)
		return 0;
	err = pins_prog(entry, prog, &id);
	if (err)
		return err == -ENOENT ? 0 : err;
	for (int i = 0; i < count; i++)
		if (ids[i] == id)
			return 1;
	return 0;
}

static int has_tcx(const struct store_entry *entry, unsigned ifindex,
		   enum fl_side side)
{
	__u32 ids[NETIF_TCX_MAX];
	int count = netif_tcx_list(ifindex, side, ids, NETIF_TCX_MAX);

	if (count < 0)
		return count == -EOPNOTSUPP || count == -ENODEV ? 0 : count;
	if (count > NETIF_TCX_MAX)
		count = NETIF_TCX_MAX;
	return is_pinned(entry, side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT, ids,
			 count);
}

int find_works_on(const struct store_entry *entry,
		  const struct netif_link *link)
{
	__u32 ids[NETIF_XDPS];
	int works, count = 0;

	for (int i = 0; i < NETIF_XDPS; i++)
		if (link->xdp_prog_id[i])
			ids[count++] = link->xdp_prog_id[i];
	works = is_pinned(entry, OBJ_XDP, ids, count);
	for (int side = 0; side < FL_SIDES && !works; side++)
		works = has_tcx(entry, link->ifindex, (enum fl_side)side);
	return works;
}

/* Programs on the device may be ours, pinned for another namespace. */
static int find_moved(const struct netif_link *link, struct store_entry *entry)
{
	struct store_entry *list;
	size_t count;
	int works = 0, err = store_entries(&list, &count);

	if (err)
		return err;
	for (size_t i = 0; i < count && !works; i++) {
		works = find_works_on(&list[i], link);
		if (works > 0)
			*entry = list[i];
	}
	free(list);
	return works > 0 ? 0 : works ? works : -ENOENT;
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
static void forget_names(char ***names, size_t *count)
{
	while (*count)
		free((*names)[--*count]);
	free(*names);
	*names = NULL;
}

static int read_failure(int err, struct fl_error *error)
{
	if (err == -EACCES || err == -EPERM)
		return fl_fail(error, FL_EXIT_PERMISSION,
			       "cannot see what is attached: run as root");
	return fl_fail(error, FL_EXIT_ERROR, "cannot read what is attached: %s",
		       strerror(-err));
}

int find_entries(struct store_entry **list, size_t *count, __u64 *cookie,
		 struct fl_error *error)
{
	int err = store_entries(list, count);

	if (!err)
		err = netif_netns_cookie(cookie);
	if (!err)
		return 0;
	free(*list);
	*list = NULL;
	*count = 0;
	return read_failure(err, error);
}

/* Adds the name that the device of @entry has now, if it is here. */
static int add_device(const struct store_entry *entry, char ***names,
		      size_t *count, struct fl_error *error)
{
	struct netif_link link;
	int err = netif_link_get_index(entry->ifindex, &link);

	if (err == -ENODEV)
		return 0;
	if (!err && !add_name(names, count, link.name))
		err = -ENOMEM;
	return err ? read_failure(err, error) : 0;
}

int device_names(char ***names, size_t *count, struct fl_error *error)
{
	struct store_entry *list;
	size_t entries;
	__u64 cookie = 0;
	int code = find_entries(&list, &entries, &cookie, error);

	*names = NULL;
	*count = 0;
	for (size_t i = 0; !code && i < entries; i++)
		if (list[i].netns_cookie == cookie)
			code = add_device(&list[i], names, count, error);
	free(list);
	if (code)
		forget_names(names, count);
	return code;
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
	if (fits)
		return 0;
	forget_names(names, count);
	return fl_fail(error, FL_EXIT_ERROR, "out of memory");
}
