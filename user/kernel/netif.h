/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network devices of the current network namespace: their properties, tc
 * filters, tcx programs and offloads. Every function returns 0 (or what its
 * comment says) or a negative errno, and prints nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include <faultline/abi.h>

/*
 * The kernel's message about the last netlink request of this thread, or "".
 * Every netlink call below replaces it: read it before the next one.
 */
const char *netif_extack(void);

/* ---- links -------------------------------------------------------------- */

enum netif_xdp {
	NETIF_XDP_DRIVER,
	NETIF_XDP_GENERIC,
	NETIF_XDP_HARDWARE,
	NETIF_XDPS
};

struct netif_link {
	unsigned ifindex;
	char name[16];
	unsigned arphrd_type;	  /* ARPHRD_* */
	unsigned char address[6]; /* of Ethernet devices */
	unsigned mtu;
	unsigned flags;		       /* IFF_* */
	char kind[16];		       /* veth, tun, ...; "" for hardware */
	char driver[32];	       /* see netif_link_driver() */
	unsigned rx_queues, tx_queues; /* allocated; for those in use see
					 * netif_channels_get() */
	unsigned master_ifindex;       /* bridge or bond; 0: none */
	unsigned gso_max_segs;
	__u32 xdp_prog_id[NETIF_XDPS]; /* 0: none */
};

/* @name may be an alternative name. -ENODEV if there is no such device. */
int netif_link_get(const char *name, struct netif_link *link);
int netif_link_get_index(unsigned ifindex, struct netif_link *link);

/* Asks for link->driver, as in ethtool -i: "" if it has none. A question of its
 * own, because the kernel answers it only when nobody changes a device. */
int netif_link_driver(struct netif_link *link);

/* All links of this namespace, with drivers; the caller frees @list. */
int netif_links(struct netif_link **list, size_t *count);

/* 2: frames begin with an Ethernet header; 3: with the IP header;
 * -EOPNOTSUPP: with something that no parser here knows. */
int netif_link_layer(const struct netif_link *link);

/* Whether it is lo. */
bool netif_is_loopback(const struct netif_link *link);

/* IPv4 settings of a device: what it lets in of packets that come without a
 * route, as they do not on lo. 0 or 1. */
struct netif_inet {
	__u32 accept_local;   /* from an address of this host */
	__u32 route_localnet; /* from or to 127.0.0.0/8 */
};

int netif_inet_get(unsigned ifindex, struct netif_inet *inet);
int netif_inet_set(unsigned ifindex, const struct netif_inet *inet);

/*
 * Since 4.17, TCP builds buffers of up to this many packets whatever the
 * offloads say, so one packet per buffer at tc takes a limit of 1. Sockets read
 * the limit when they connect.
 */
int netif_gso_max_segs_set(unsigned ifindex, unsigned segs);

/* Counted by the kernel since the device was made. */
struct netif_stats {
	__u64 rx_packets, tx_packets;
	__u64 rx_dropped, tx_dropped;
};

int netif_stats_get(unsigned ifindex, struct netif_stats *stats);

/* Says when links change: a descriptor that becomes readable, or a negative
 * errno. */
int netif_watch_open(void);

/* Reads what has come to it. */
void netif_watch_drain(int fd);

/* Names this network namespace for as long as the kernel runs; never 0. */
int netif_netns_cookie(__u64 *cookie);

/* ---- helper devices of faultline ---------------------------------------- */

/* Marks the devices of faultline from the moment they exist. */
#define NETIF_GROUP 0xfa017u
#define NETIF_ALIAS "faultline"
#define NETIF_MTU_MAX 65535

/*
 * A veth pair for faultline alone: one queue, the largest MTU, no ARP, no
 * multicast, no IPv6 addresses, not up yet. Its indices are drawn above 2^30,
 * so that devices of other network namespaces do not have them. -EEXIST if a
 * name is taken; after other failures the pair may exist: delete it with
 * netif_helper_delete().
 */
int netif_pair_add(const char *name, const char *peer);

/* The same for one macvlan device: what is sent to it leaves by @base, a device
 * of ours, as it is, and nothing comes in by it. It goes with its base. */
int netif_macvlan_add(const char *name, const char *base);

/*
 * The same for one tap device, which stays until it is deleted. It takes
 * buffers as far as a virtio_net_hdr can describe them, and lets @packets of
 * them wait for whoever reads. -ENOENT, -EACCES, ... of /dev/net/tun.
 */
int netif_tap_add(const char *name, unsigned packets);

/*
 * Returns a descriptor that does not block. Each read() takes one packet that
 * was sent to the device, each write() is one that has come in by it, with a
 * virtio_net_hdr of 10 bytes in front. What is sent is lost until the kernel
 * has the device running (IFF_RUNNING), a moment later. -EBUSY: somebody else
 * has it.
 */
int netif_tap_open(const char *name);

/*
 * Deletes the device of that name, its peer and what stands upon them: -ENODEV
 * if there is none, -EEXIST if it is not faultline's.
 */
int netif_helper_delete(const char *name);

/* Index of the device of that name, 0 unless it is faultline's and up. */
unsigned netif_helper_find(const char *name);

int netif_link_up(unsigned ifindex);

/* ---- tc ----------------------------------------------------------------- */

/* @side is FL_IN or FL_OUT throughout. */

/*
 * 1: there is a clsact qdisc; 0: there is none and its place is free;
 * -EEXIST: an "ingress" qdisc has taken its place (ffff:), so that nothing can
 * be attached on the FL_OUT side.
 */
int netif_clsact_exists(unsigned ifindex);

/* -EEXIST when there is one, or an ingress qdisc, already. */
int netif_clsact_add(unsigned ifindex);

/*
 * -ENOTEMPTY if any filter is left: its owner would lose it. -ENOENT if there
 * is no clsact. Cannot exclude that a filter is added at this very moment.
 */
int netif_clsact_delete(unsigned ifindex);

struct netif_fq {
	__u32 limit;	  /* packets, of all flows and of one */
	__u32 horizon_us; /* later departures are dropped */
	__u32 buckets_log;
	__u32 orphan_mask; /* flows by hash, of packets without socket */
	__u32 timer_slack_ns;
};

/* Replace the root qdisc. fq is set to do no pacing of its own. -ENOENT if the
 * kernel has no such qdisc. */
int netif_fq_set(unsigned ifindex, const struct netif_fq *fq);
/* Packets go straight to the device. */
int netif_noqueue_set(unsigned ifindex);

struct netif_qdisc {
	char kind[16];
	__u32 waiting; /* packets in it now */
	__u32 drops;
};

/* Reads the root qdisc; -ENOENT if there is none, or it queues nothing. */
int netif_qdisc_get(unsigned ifindex, struct netif_qdisc *qdisc);

struct netif_filter {
	__u32 parent_side; /* FL_IN or FL_OUT */
	__u32 chain;	   /* only chain 0 runs by itself */
	__u32 priority;
	__u32 handle;
	__u32 protocol; /* ETH_P_*, host order */
	char kind[16];
	char name[64]; /* from here on only of kind "bpf" */
	__u32 prog_id;
	__u8 tag[8];
};

/* All filters of one side, in the order in which they run; none if there is no
 * clsact. The caller frees @list. */
int netif_filters(unsigned ifindex, __u32 side, struct netif_filter **list,
		  size_t *count);

/*
 * A direct-action bpf filter for all protocols. -EEXIST when priority and
 * handle are in use; -EOPNOTSUPP on FL_OUT of an ingress qdisc, where the
 * kernel would quietly put it on the FL_IN side. Neither may be 0.
 */
int netif_filter_add(unsigned ifindex, __u32 side, __u32 priority, __u32 handle,
		     int prog_fd, const char *name);

/* Deletes that bpf filter only; -ENOENT if it is not there. */
int netif_filter_delete(unsigned ifindex, __u32 side, __u32 priority,
			__u32 handle);

/*
 * The priority that lets a new filter run first. *@behind becomes 1 if priority
 * 1 is taken, so that some filters run before it.
 */
int netif_filter_priority(unsigned ifindex, __u32 side, __u32 *priority,
			  int *behind);

/* How many tcx programs; -EOPNOTSUPP if the kernel (before 6.6) has no tcx. */
int netif_tcx_count(unsigned ifindex, __u32 side);

#define NETIF_TCX_MAX 64 /* the kernel's own limit */

/* The same, with the kernel's ids of the first @max of them. */
int netif_tcx_list(unsigned ifindex, __u32 side, __u32 *ids, __u32 max);

/* Attaches before all others. Returns the descriptor of the link, which the
 * caller closes; -EOPNOTSUPP as above. */
int netif_tcx_attach(unsigned ifindex, __u32 side, int prog_fd);

/* ---- ethtool ------------------------------------------------------------ */

/* A feature by the name that the kernel gives it ("rx-lro"). */
enum netif_feature {
	NETIF_FEATURE_OFF,
	NETIF_FEATURE_ON,
	NETIF_FEATURE_ON_FIXED, /* on, and cannot be turned off */
};

/* enum netif_feature; -ENOENT when this kernel has no such feature. */
int netif_feature_get(const char *name, const char *feature);

struct netif_channels {
	unsigned rx, tx, combined;
	unsigned max_rx, max_tx, max_combined;
};

/* -EOPNOTSUPP when the driver does not say. */
int netif_channels_get(const char *name, struct netif_channels *channels);

/* @driver becomes "" when the device has none. */
int netif_driver_get(const char *name, char *driver, size_t size);

#define NETIF_FEATURE_WORDS \
	4 /* bitmaps by the kernel's feature numbers,
				 * good until the next boot */

/* The features that make one socket buffer stand for many packets and are on,
 * whether or not they can be changed. */
int netif_offloads_get(const char *name, __u64 active[NETIF_FEATURE_WORDS]);

/*
 * Turns them off. @cleared gets those that were on and are off now, on failure
 * too. Features that cannot be changed stay on: see netif_offloads_get().
 */
int netif_offloads_clear(const char *name, __u64 cleared[NETIF_FEATURE_WORDS]);

/*
 * Turns @bits on again. -EOPNOTSUPP if the device keeps some of them off, as
 * many do while an XDP program is attached or what they need is off.
 */
int netif_offloads_set(const char *name, const __u64 bits[NETIF_FEATURE_WORDS]);
