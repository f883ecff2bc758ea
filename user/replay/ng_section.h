/* SPDX-License-Identifier: GPL-2.0-only */
/* A section of a pcapng: its order of bytes, and its interfaces. */
#pragma once

#include "captured.h"
#include "ng_block.h"
#include "ng_time.h"

struct ng_interface {
	__u32 link; /* LINKTYPE_* */
	__u32 snap; /* bytes kept of a frame; 0: all */
	struct ng_clock clock;
};

/* Begun as zeros. */
struct ng_section {
	bool is_big;
	struct ng_interface *interfaces;
	size_t count, room;
};

#define NG_INTERFACES_MAX 65536 /* in a section */

/* These return NULL, or what is wrong with @part. */
const char *ng_section_begin(struct ng_section *section,
			     const struct ng_part *part);
const char *ng_section_add(struct ng_section *section,
			   const struct ng_part *part);
/* @part is a block with a packet. */
const char *ng_section_packet(const struct ng_section *section,
			      const struct ng_part *part,
			      struct capture_frame *frame);
void ng_section_free(struct ng_section *section);
