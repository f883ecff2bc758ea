/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps of kind SPARSE, read whole. Negative errno throughout. */
#pragma once

#include <stddef.h>

#include <linux/types.h>

struct sparse {
	size_t count;
	__u32 *keys;
	void *values; /* one after the other; sparse_free() frees both */
};

/*
 * Every entry of the map @fd, whose values are @value_size bytes, a multiple of
 * 8. An entry that is made meanwhile may be in it or not.
 */
int sparse_read(int fd, size_t value_size, struct sparse *all);
void sparse_free(struct sparse *all);
