/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of a file of packets. Plain, as sample.h, and without it: the
 * kernel's BPF and libpcap's have names in common. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define SAMPLE_LINKS_MAX 64

/* The interfaces of one link type in a capture. */
struct sample_link {
	__u32 type;	  /* LINKTYPE_* */
	const char *name; /* NULL: unknown */
	bool is_read;	  /* if not, its packets pass as unparsed */
	__u64 interfaces, packets;
};

struct sample_capture {
	bool is_pcapng;
	bool is_cut_off; /* in its last record */
	__u64 interfaces;
	struct sample_link links[SAMPLE_LINKS_MAX];
	size_t link_count;
};
