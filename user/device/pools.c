/* SPDX-License-Identifier: GPL-2.0-only */
#include "pools.h"

#include <errno.h>

/* Each is an array of both halves of which only a part is mapped. */
#define POOLS(pool)                                                  \
	pool(VECTORS, vectors, sizes->vectors * sizes->vector_words, \
	     room->vectors * room->vector_words)                     \
		pool(BLOCKS, blocks, sizes->blocks, room->blocks)    \
			pool(INTERVALS, intervals, sizes->intervals, \
			     room->intervals)                        \
				pool(INTERVALS6, intervals6,         \
				     sizes->intervals6, room->intervals6)

/* Ended by close_pools() in any case. */
static int open_pools(const struct device *dev, __u32 half,
		      const struct fl_sizes *room, struct fl_maps *maps)
{
	const struct fl_sizes *sizes = &dev->sizes;
	int err = 0;

	*maps = (struct fl_maps){
		.rulesets = dev->rulesets,
		.positions = dev->positions,
		.sizes = *sizes,
		.room = *room,
	};
#define OPEN(id, name, entries, some)                                         \
	if (!err)                                                             \
		err = obj_map_window(dev->map[OBJ_##id], sizeof(*maps->name), \
				     2 * (entries), half * (entries), some,   \
				     (void **)&maps->name);
	POOLS(OPEN)
#undef OPEN
	return err;
}

static void close_pools(struct fl_maps *maps)
{
	const struct fl_sizes *sizes = &maps->sizes;

#define CLOSE(id, name, entries, some) \
	obj_map_munmap(maps->name, sizeof(*maps->name), 2 * (entries));
	POOLS(CLOSE)
#undef CLOSE
}

/* Of @half no more than @room is mapped. */
static int compile_into(const struct device *dev,
			const struct compile_rule *rules, size_t count,
			__u32 half, const struct fl_sizes *room)
{
	struct fl_maps maps;
	int err = open_pools(dev, half, room, &maps);

	if (!err)
		err = compile_ruleset(rules, count, &maps, half);
	close_pools(&maps);
	return err;
}

int pools_compile(const struct device *dev, const struct compile_rule *rules,
		  size_t count, __u32 half)
{
	const struct fl_sizes room = fl_room_of(&dev->sizes, (__u32)count);
	int err = compile_into(dev, rules, count, half, &room);

	return err == -E2BIG ?
		       compile_into(dev, rules, count, half, &dev->sizes) :
		       err;
}
