/* SPDX-License-Identifier: GPL-2.0-only */
#include "blocks.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/counters.h"
#include "kernel/obj_block.h"

/* Blocks begin at whole pages. */
_Static_assert(FL_IDS_PLAIN % 2048 == 0 && FL_ID_BLOCK % 2048 == 0 &&
		       sizeof(struct fl_spec) % 2 == 0,
	       "specs of a block fill its pages");

/* Of one of the maps of a block, by which it is found again. */
static void name_pin(const char *kind, __u32 block, char name[16])
{
	snprintf(name, 16, "%s_%u", kind, block + 1);
}

static int get_pin(const struct device *dev, const char *kind, __u32 block)
{
	char name[16];

	name_pin(kind, block, name);
	return store_get(dev->entry.path, name);
}

static int map_specs(struct device *dev, int fd, __u32 first, __u32 count)
{
	void *at = mmap(dev->specs + first, count * sizeof(*dev->specs),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);

	return at == MAP_FAILED ? -errno : 0;
}

/* The block after the last one is there by these. */
static int take_block(struct device *dev, int specs_fd, int counts_fd)
{
	int err = map_specs(dev, specs_fd, dev->id_end, FL_ID_BLOCK);

	if (err)
		return err;
	dev->more_counts[dev->blocks_more++] = counts_fd;
	dev->id_end += FL_ID_BLOCK;
	return 0;
}

/* -ENOENT if it was not made, or not in whole. */
static int open_block(struct device *dev)
{
	int err, counts_fd, specs_fd = get_pin(dev, "specs", dev->blocks_more);

	if (specs_fd < 0)
		return specs_fd;
	counts_fd = get_pin(dev, "counts", dev->blocks_more);
	err = counts_fd < 0 ? counts_fd : take_block(dev, specs_fd, counts_fd);
	if (err && counts_fd >= 0)
		close(counts_fd);
	close(specs_fd);
	return err;
}

int blocks_open(struct device *dev)
{
	int err = obj_map_reserve(sizeof(*dev->specs), FL_IDS,
				  (void **)&dev->specs);

	if (!err)
		err = map_specs(dev, dev->map[OBJ_SPECS], 0, FL_IDS_PLAIN);
	if (err)
		return err;
	dev->id_end = FL_IDS_PLAIN;
	return blocks_refresh(dev);
}

int blocks_refresh(struct device *dev)
{
	int err = 0;

	while (!err && *dev->entry.path && dev->blocks_more < FL_ID_BLOCKS)
		err = open_block(dev);
	return err == -ENOENT ? 0 : err;
}

void blocks_close(struct device *dev)
{
	for (__u32 i = 0; i < dev->blocks_more; i++)
		close(dev->more_counts[i]);
	obj_map_munmap(dev->specs, sizeof(*dev->specs), FL_IDS);
}

/* Under its name, where the device has pins; -EEXIST: a killed command left one
 * there, which is as good as new. */
static int pin_block(const struct device *dev, const char *kind, int *fd)
{
	char name[16];
	int err;

	if (!*dev->entry.path)
		return 0;
	name_pin(kind, dev->blocks_more, name);
	err = obj_pin_fd(*fd, dev->entry.path, name);
	if (err != -EEXIST)
		return err;
	close(*fd);
	*fd = store_get(dev->entry.path, name);
	return *fd < 0 ? *fd : 0;
}

/* The specs are pinned last: once they are found, all is there. */
static int put_block(struct device *dev, int *specs_fd, int *counts_fd)
{
	int err = pin_block(dev, "counts", counts_fd);

	if (!err)
		err = obj_block_put(dev->map[OBJ_COUNTS_MORE], dev->blocks_more,
				    *counts_fd);
	if (!err)
		err = pin_block(dev, "specs", specs_fd);
	return err ? err : take_block(dev, *specs_fd, *counts_fd);
}

int blocks_add(struct device *dev)
{
	int err, specs_fd, counts_fd;

	if (dev->blocks_more == FL_ID_BLOCKS)
		return -ENOSPC;
	specs_fd = obj_block_specs();
	if (specs_fd < 0)
		return specs_fd;
	counts_fd = obj_block_counts();
	err = counts_fd < 0 ? counts_fd : put_block(dev, &specs_fd, &counts_fd);
	if (err && counts_fd >= 0)
		close(counts_fd);
	if (specs_fd >= 0)
		close(specs_fd);
	return err;
}

int blocks_counters(const struct device *dev, __u32 id, __u32 side,
		    struct fl_counters *sum)
{
	const __u32 more = id - FL_IDS_PLAIN;

	if (id < FL_IDS_PLAIN)
		return counters_read(dev->map[OBJ_COUNTS], id * FL_SIDES + side,
				     sum);
	return counters_read(dev->more_counts[more / FL_ID_BLOCK],
			     more % FL_ID_BLOCK * FL_SIDES + side, sum);
}

int blocks_all_counters(const struct device *dev, struct fl_counters *sums)
{
	int err = counters_read_all(dev->map[OBJ_COUNTS], sums,
				    FL_IDS_PLAIN * FL_SIDES);

	sums += FL_IDS_PLAIN * FL_SIDES;
	for (__u32 i = 0; i < dev->blocks_more && !err; i++) {
		err = counters_read_all(dev->more_counts[i], sums,
					FL_ID_BLOCK * FL_SIDES);
		sums += FL_ID_BLOCK * FL_SIDES;
	}
	return err;
}
