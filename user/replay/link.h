/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the packet is in a frame of each link type. Pure. */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

/* Which libpcap numbers as each system did. */
#define LINKTYPE_RAW 101

struct link_packet {
	__u32 at;	  /* where it begins in the frame */
	bool is_ethernet; /* with an Ethernet header of its own; or else: */
	__u16 ethertype;  /* in host order */
};

/* Whether frames of LINKTYPE_ @type can be looked into. */
bool link_is_known(__u32 type);

/* Fills *@packet. What is no packet of the network layer, or is cut before it,
 * gets an ethertype that nobody parses. */
void link_find(__u32 type, const unsigned char *data, __u32 length,
	       struct link_packet *packet);
