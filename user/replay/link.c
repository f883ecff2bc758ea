/* SPDX-License-Identifier: GPL-2.0-only */
#include "link.h"

#include <stddef.h>

#include <linux/if_arp.h>
#include <linux/if_ether.h>

#define NOT_PARSED ETH_P_802_EX1 /* an ethertype for experiments */

#define PPP_V4 0x21
#define PPP_V6 0x57
#define HDLC_FLAG_ALL 0xff /* address: all stations */
#define HDLC_UNNUMBERED 0x03
#define CISCO_UNICAST 0x0f
#define CISCO_BROADCAST 0x8f

typedef void link_find_fn(const unsigned char *data, __u32 length,
			  struct link_packet *packet);

static __u16 read16(const unsigned char *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

static void find_ethernet(const unsigned char *data, __u32 length,
			  struct link_packet *packet)
{
	(void)data;
	(void)length;
	packet->is_ethernet = true;
}

static void find_ip(const unsigned char *data, __u32 length,
		    struct link_packet *packet)
{
	__u8 version = length ? data[0] >> 4 : 0;

	if (version == 4)
		packet->ethertype = ETH_P_IP;
	else if (version == 6)
		packet->ethertype = ETH_P_IPV6;
}

/* The address family of whoever captured, in their order of bytes. */
static void find_family(const unsigned char *data, __u32 length,
			struct link_packet *packet)
{
	__u32 family;

	if (length < 4)
		return;
	family = data[0] ? data[0] : data[3];
	if (data[1] || data[2] || (data[0] && data[3]))
		return;
	packet->at = 4;
	switch (family) {
	case 2:
		packet->ethertype = ETH_P_IP;
		break;
	case 10: /* Linux */
	case 23: /* Windows */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		packet->ethertype = ETH_P_IPV6;
		break;
	}
}

/* These kinds of devices have something else where others say ethertype. */
static bool has_ethertype(__u16 device)
{
	return device != ARPHRD_NETLINK && device != ARPHRD_FRAD &&
	       device != ARPHRD_IEEE80211 && device != ARPHRD_IEEE80211_PRISM &&
	       device != ARPHRD_IEEE80211_RADIOTAP;
}

static void find_cooked(const unsigned char *data, __u32 length,
			struct link_packet *packet)
{
	if (length < 16)
		return;
	packet->at = 16;
	if (has_ethertype(read16(data + 2)))
		packet->ethertype = read16(data + 14);
}

static void find_cooked2(const unsigned char *data, __u32 length,
			 struct link_packet *packet)
{
	if (length < 20)
		return;
	packet->at = 20;
	if (has_ethertype(read16(data + 8)))
		packet->ethertype = read16(data);
}

/* @at: behind address and control, of which the sender may leave out both, as
 * well as a protocol's first byte. */
static void find_ppp_at(const unsigned char *data, __u32 length, __u32 at,
			struct link_packet *packet)
{
	__u16 protocol;

	if (length < at + 2)
		return;
	if (data[at] & 1) {
		protocol = data[at];
		packet->at = at + 1;
	} else {
		protocol = read16(data + at);
		packet->at = at + 2;
	}
	if (protocol == PPP_V4)
		packet->ethertype = ETH_P_IP;
	else if (protocol == PPP_V6)
		packet->ethertype = ETH_P_IPV6;
}

static void find_ppp(const unsigned char *data, __u32 length,
		     struct link_packet *packet)
{
	bool is_hdlc = length >= 2 && data[0] == HDLC_FLAG_ALL &&
		       data[1] == HDLC_UNNUMBERED;

	find_ppp_at(data, length, is_hdlc ? 2 : 0, packet);
}

/* PPP with HDLC's header, or Cisco's HDLC. */
static void find_hdlc(const unsigned char *data, __u32 length,
		      struct link_packet *packet)
{
	if (length < 4)
		return;
	if (data[0] == CISCO_UNICAST || data[0] == CISCO_BROADCAST) {
		packet->at = 4;
		packet->ethertype = read16(data + 2);
		return;
	}
	find_ppp(data, length, packet);
}

/* pppd writes the direction where HDLC has the address. */
static void find_pppd(const unsigned char *data, __u32 length,
		      struct link_packet *packet)
{
	if (length >= 2 && data[0] <= 1 && data[1] == HDLC_UNNUMBERED)
		find_ppp_at(data, length, 2, packet);
	else
		find_ppp(data, length, packet);
}

static const struct link {
	__u32 type;
	link_find_fn *find;
} links[] = {
	{ 0, find_family },	   /* NULL */
	{ 1, find_ethernet },	   /* ETHERNET */
	{ 9, find_ppp },	   /* PPP */
	{ 12, find_ip },	   /* RAW, as Linux numbers it */
	{ 14, find_ip },	   /* RAW, as OpenBSD numbers it */
	{ 50, find_hdlc },	   /* PPP_HDLC */
	{ LINKTYPE_RAW, find_ip }, /* RAW */
	{ 104, find_hdlc },	   /* C_HDLC */
	{ 108, find_family },	   /* LOOP */
	{ 113, find_cooked },	   /* LINUX_SLL */
	{ 166, find_pppd },	   /* PPP_PPPD */
	{ 228, find_ip },	   /* IPV4 */
	{ 229, find_ip },	   /* IPV6 */
	{ 276, find_cooked2 },	   /* LINUX_SLL2 */
};

static const struct link *find_link(__u32 type)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (links[i].type == type)
			return &links[i];
	return NULL;
}

bool link_is_known(__u32 type)
{
	return find_link(type);
}

void link_find(__u32 type, const unsigned char *data, __u32 length,
	       struct link_packet *packet)
{
	const struct link *link = find_link(type);

	*packet = (struct link_packet){ .ethertype = NOT_PARSED };
	if (link)
		link->find(data, length, packet);
}
