/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One value or id out of what a device has pinned, without opening the rest.
 * Negative errno throughout.
 */
#pragma once

#include "obj.h"
#include "store.h"

/*
 * The first entry of array map @map. Another version may have pinned a longer
 * one, which is cut at @size, or a shorter one: the rest of @value becomes 0.
 */
int pins_read(const struct store_entry *entry, enum obj_map map, void *value,
	      size_t size);
int pins_write(const struct store_entry *entry, enum obj_map map,
	       const void *value);

/* The kernel's id of a pinned program: 0 and *@id; or a negative errno, -ENOENT
 * when it is not pinned. */
int pins_prog(const struct store_entry *entry, enum obj_prog prog, __u32 *id);
/* The same; 0 when it cannot be told. */
__u32 pins_prog_id(const struct store_entry *entry, enum obj_prog prog);

/* The kernel's id of a pinned map, in the same way. */
int pins_map(const struct store_entry *entry, enum obj_map map, __u32 *id);

/* Device and program of a pinned link; *@ifindex is 0 when the device has
 * gone. */
int pins_link_info(const struct store_entry *entry, enum obj_prog prog,
		   __u32 *ifindex, __u32 *prog_id);
