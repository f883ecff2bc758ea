/* SPDX-License-Identifier: GPL-2.0-only */
#include "netif.h"

#include <errno.h>

#include <bpf/bpf.h>

/* Newer than the oldest headers that this builds with. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS 47
#define ATTACH_BEFORE (1u << 3)

static enum bpf_attach_type tcx_type(__u32 side)
{
	return (enum bpf_attach_type)(side == FL_IN ? ATTACH_TCX_INGRESS :
						      ATTACH_TCX_EGRESS);
}

int netif_tcx_list(unsigned ifindex, __u32 side, __u32 *ids, __u32 max)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ids,
		    .prog_cnt = max);
	int err;

	err = bpf_prog_query_opts((int)ifindex, tcx_type(side), &opts);
	switch (err) {
	case 0:
	case -ENOSPC: /* more than @max */
		return (int)opts.prog_cnt;
	case -ENOENT: /* from the first kernels that had it */
		return 0;
	case -EINVAL: /* no such attach type */
		return -EOPNOTSUPP;
	}
	return err;
}

int netif_tcx_count(unsigned ifindex, __u32 side)
{
	return netif_tcx_list(ifindex, side, NULL, 0);
}

int netif_tcx_attach(unsigned ifindex, __u32 side, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = ATTACH_BEFORE);
	int fd;

	fd = bpf_link_create(prog_fd, (int)ifindex, tcx_type(side), &opts);
	if (fd == -EINVAL && netif_tcx_count(ifindex, side) == -EOPNOTSUPP)
		return -EOPNOTSUPP;
	return fd;
}
