/* SPDX-License-Identifier: GPL-2.0-only */
#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "private.h"

/* ---- the pointers of struct device -------------------------------------- */

#define MAPS_FD(id, name, value, entries)
#define MAP(id, name, kind, value, entries, open) \
	MAPS_##open(id, name, value, entries)

#define MAPS_MMAP(id, name, value, entries)                                  \
	_Static_assert(                                                      \
		__builtin_types_compatible_p(                                \
			__typeof__(((struct device *)NULL)->name), value *), \
		#name " in struct device points to what maps.def says");
#include <faultline/maps.def>
#undef MAPS_MMAP

#define MAPS_MMAP(id, name, value, entries) \
	{ OBJ_##id, sizeof(value), entries, offsetof(struct device, name) },
static const struct mapped {
	enum obj_map map;
	size_t value_size, entries;
	size_t pointer; /* its offset in struct device */
} mapped[] = {
#include <faultline/maps.def>
};
#undef MAPS_MMAP
#undef MAP
#undef MAPS_FD

#define MAPPED (sizeof(mapped) / sizeof(*mapped))

static void **pointer_to(struct device *dev, const struct mapped *row)
{
	return (void **)((char *)dev + row->pointer);
}

static int map_all(struct device *dev)
{
	int err = obj_map_entries(dev->map[OBJ_FLOWS], &dev->slots);

	for (size_t i = 0; i < MAPPED && !err; i++)
		err = obj_map_mmap(dev->map[mapped[i].map],
				   mapped[i].value_size, mapped[i].entries, 1,
				   pointer_to(dev, &mapped[i]));
	return err;
}

/* ---- opening and closing ------------------------------------------------ */

void maps_init(struct device *dev)
{
	for (int map = 0; map < OBJ_MAPS; map++)
		dev->map[map] = -1;
}

int maps_open_pins(struct device *dev)
{
	for (int map = 0; map < OBJ_MAPS; map++) {
		dev->map[map] = store_get(dev->entry.path, obj_map_names[map]);
		if (dev->map[map] < 0)
			return dev->map[map];
	}
	return map_all(dev);
}

int maps_open_obj(struct device *dev, const struct obj *obj)
{
	for (int map = 0; map < OBJ_MAPS; map++) {
		dev->map[map] = fcntl(obj_map_fd(obj, (enum obj_map)map),
				      F_DUPFD_CLOEXEC, 0);
		if (dev->map[map] < 0)
			return -errno;
	}
	return map_all(dev);
}

void maps_close(struct device *dev)
{
	for (size_t i = 0; i < MAPPED; i++)
		obj_map_munmap(*pointer_to(dev, &mapped[i]),
			       mapped[i].value_size, mapped[i].entries);
	for (int map = 0; map < OBJ_MAPS; map++)
		if (dev->map[map] >= 0)
			close(dev->map[map]);
}
