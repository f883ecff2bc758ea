/* SPDX-License-Identifier: GPL-2.0-only */
/* Turning over a bit that the program has chosen but not seen. Pure. */
#pragma once

#include <faultline/abi.h>

/* @flip is in terms of the whole frame that begins at @frame, which has the
 * pair of bytes around it unless it ends before @length. */
void flip_bit(unsigned char *frame, __u32 length, const struct fl_flip *flip);
