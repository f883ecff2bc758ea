/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mark and priority of packets that leave: by map "labels", and a VLAN tag that
 * says which of them.
 */
#pragma once

#include "state.h"

#define LABEL_BYTES 4u
#define LABEL_AT 12u /* in the frame: behind its addresses */

/* Writes the tag into a packet that has room for it and leaves now. */
void labels_write(struct hold_packet *packet);
