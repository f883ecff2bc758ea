/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing a pcapng. Whether it could be written is for ferror() to say. */
#pragma once

#include <stdio.h>

#include "captured.h"
#include "ng_block.h"

/* As it is, but for the length of a section, which is left open. */
void ng_write_block(FILE *file, struct ng_part *part);
/* A block with a packet, of the kind that it was in. */
void ng_write_frame(FILE *file, bool is_big, const struct capture_frame *frame);
