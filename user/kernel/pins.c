/* SPDX-License-Identifier: GPL-2.0-only */
#include "pins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* The kernel writes as much as the map says, whatever we have room for. */
static int read_bounded(int fd, void *value, size_t size)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	void *whole;
	int err;

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	whole = calloc(1, info.value_size > size ? info.value_size : size);
	if (!whole)
		return -ENOMEM;
	err = obj_map_read(fd, 0, whole);
	if (!err)
		memcpy(value, whole, size);
	free(whole);
	return err;
}

int pins_read(const struct store_entry *entry, enum obj_map map, void *value,
	      size_t size)
{
	int fd = store_get(entry->path, obj_map_names[map]);
	int err;

	if (fd < 0)
		return fd;
	err = read_bounded(fd, value, size);
	close(fd);
	return err;
}

int pins_write(const struct store_entry *entry, enum obj_map map,
	       const void *value)
{
	int fd = store_get(entry->path, obj_map_names[map]);
	int err;

	if (fd < 0)
		return fd;
	err = obj_map_write(fd, 0, value);
	close(fd);
	return err;
}

int pins_prog(const struct store_entry *entry, enum obj_prog prog, __u32 *id)
{
	int err, fd = store_get(entry->path, obj_prog_names[prog]);

	if (fd < 0)
		return fd;
	err = obj_prog_id(fd, id);
	close(fd);
	return err;
}

__u32 pins_prog_id(const struct store_entry *entry, enum obj_prog prog)
{
	__u32 id;

	return pins_prog(entry, prog, &id) ? 0 : id;
}

int pins_map(const struct store_entry *entry, enum obj_map map, __u32 *id)
{
	int err, fd = store_get(entry->path, obj_map_names[map]);

	if (fd < 0)
		return fd;
	err = obj_map_id(fd, id);
	close(fd);
	return err;
}

int pins_link_info(const struct store_entry *entry, enum obj_prog prog,
		   __u32 *ifindex, __u32 *prog_id)
{
	int fd = store_get(entry->path, obj_link_names[prog]);
	int err;

	if (fd < 0)
		return fd;
	err = obj_link_info(fd, ifindex, prog_id);
	close(fd);
	return err;
}
