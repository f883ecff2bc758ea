/* SPDX-License-Identifier: GPL-2.0-only */
#include "pins.h"

#include <unistd.h>

int pins_read(const struct store_entry *entry, enum obj_map map, void *value)
{
	int fd = store_get(entry->path, obj_map_names[map]);
	int err;

	if (fd < 0)
		return fd;
	err = obj_map_read(fd, 0, value);
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

__u32 pins_prog_id(const struct store_entry *entry, enum obj_prog prog)
{
	int fd = store_get(entry->path, obj_prog_names[prog]);
	__u32 id = obj_prog_id(fd);

	if (fd >= 0)
		close(fd);
	return id;
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
