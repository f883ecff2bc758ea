/* SPDX-License-Identifier: GPL-2.0-only */
#include "obj_block.h"

#include <errno.h>

#include <bpf/bpf.h>

int obj_block_specs(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "specs_more", sizeof(__u32),
				sizeof(struct fl_spec), FL_ID_BLOCK, &options);

	return fd < 0 ? -errno : fd;
}

int obj_block_counts(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "counts_block",
				sizeof(__u32), sizeof(struct fl_counters),
				FL_ID_BLOCK * FL_SIDES, NULL);

	return fd < 0 ? -errno : fd;
}

int obj_block_put(int blocks_fd, __u32 block, int counts_fd)
{
	return bpf_map_update_elem(blocks_fd, &block, &counts_fd, BPF_ANY) ?
		       -errno :
		       0;
}
