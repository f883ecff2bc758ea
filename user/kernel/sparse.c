/* SPDX-License-Identifier: GPL-2.0-only */
#include "sparse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#define BATCH 256 /* more than a bucket of the hash ever has */

static int make_room(struct sparse *all, size_t value_size, size_t *room)
{
	void *keys, *values;

	if (*room >= all->count + BATCH)
		return 0;
	*room = 2 * (all->count + BATCH);
	keys = realloc(all->keys, *room * sizeof(*all->keys));
	if (keys)
		all->keys = keys;
	values = realloc(all->values, *room * value_size);
	if (values)
		all->values = values;
	return keys && values ? 0 : -ENOMEM;
}

int sparse_read(int fd, size_t value_size, struct sparse *all)
{
	__u32 token = 0, *in = NULL;
	size_t room = 0;
	int err = 0, last = 0;

	memset(all, 0, sizeof(*all));
	while (!err && !last) {
		__u32 got = BATCH;

		err = make_room(all, value_size, &room);
		if (err)
			break;
		if (bpf_map_lookup_batch(fd, in, &token, all->keys + all->count,
					 (char *)all->values +
						 all->count * value_size,
					 &got, NULL)) {
			last = errno == ENOENT;
			err = last ? 0 : -errno;
		}
		if (!err)
			all->count += got;
		in = &token;
	}
	if (err)
		sparse_free(all);
	return err;
}

void sparse_free(struct sparse *all)
{
	free(all->keys);
	free(all->values);
	memset(all, 0, sizeof(*all));
}
