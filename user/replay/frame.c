/* SPDX-License-Identifier: GPL-2.0-only */
#include "frame.h"

#include <string.h>

#include <linux/if_ether.h>

#define TAGS_MAX 2
#define TAG_LEN 4

static unsigned int read16(const unsigned char *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static bool is_tag(unsigned int type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

static bool take(const unsigned char *frame, size_t length, size_t at,
		 size_t size, struct fl_prefix *source)
{
	if (at + size > length)
		return false;
	memset(source, 0, sizeof(*source));
	source->family = size == 4 ? 4 : 6;
	source->length = (__u8)(size * 8);
	memcpy(source->address_be, frame + at, size);
	return true;
}

bool frame_source(const unsigned char *frame, size_t length,
		  struct fl_prefix *source)
{
	size_t type = 2 * ETH_ALEN;

	for (int tags = 0; type + 2 <= length; tags++, type += TAG_LEN) {
		switch (read16(frame + type)) {
		case ETH_P_IP:
			return take(frame, length, type + 2 + 12, 4, source);
		case ETH_P_IPV6:
			return take(frame, length, type + 2 + 8, 16, source);
		}
		if (tags == TAGS_MAX || !is_tag(read16(frame + type)))
			break;
	}
	return false;
}

bool frame_is_within(const struct fl_prefix *address,
		     const struct fl_prefix *prefix)
{
	size_t bytes = prefix->length / 8;
	unsigned int mask = 0xff00u >> prefix->length % 8 & 0xff;

	if (address->family != prefix->family ||
	    memcmp(address->address_be, prefix->address_be, bytes))
		return false;
	return !mask ||
	       !((address->address_be[bytes] ^ prefix->address_be[bytes]) &
		 mask);
}
