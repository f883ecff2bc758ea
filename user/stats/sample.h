/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plain structs that device/ fills and out/ prints: no map, no file
 * descriptor, no format. Counts are since attach (device, flows) or since the
 * rule was added. Addresses and ports are in network byte order (_be).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <faultline/abi.h>

struct sample_device {
	char name[16];
	__u32 ifindex;
	enum fl_mode mode;	 /* NATIVE, GENERIC or TC */
	enum fl_tc_kind tc_kind; /* of the tc programs */
	enum fl_holder holder;
	__u64 seed;
	__u32 flows_max; /* promised by attach --flows */
	__u64 epoch_ns;	 /* CLOCK_REALTIME of attach */
	__u64 time_ns;	 /* CLOCK_REALTIME of this sample */
	bool exact;	 /* attach --exact cleared offloads */
	bool degraded;	 /* a program of ours is not where we put it */
	char degraded_why[128];
	__u16 guard_ports[FL_GUARD_PORTS]; /* TCP here; 0: unused */
};

struct sample_rule {
	struct fl_rule rule;
	bool expired;	    /* its lease has ended: it does nothing */
	__u64 remaining_ns; /* of the lease; 0 when expired or forever */
	struct fl_counters side[FL_SIDES];
	struct fl_holding *holding; /* [FL_SIDES], its histogram is from */
	__u64 least_ns;		    /* ... here on; NULL: it holds nothing */
	bool has_asked_delay;	    /* the mean ones are known */
	double asked_delay_ns;	    /* as the words say it */
	double expected_delay_ns;   /* with what the numbers come to */
};

/* Packets that were held and have gone on. */
struct sample_delays {
	__u64 released, late;
	__u64 delay_ns; /* sum */
};

/*
 * packets == sum of reason[] in every struct fl_counters. What was held and
 * has gone on is with those passed, what was held and got lost with those
 * dropped; reason[FL_REASON_HELD] is held now.
 */
struct sample_totals {
	struct fl_counters seen[FL_SIDES]; /* everything below, and rules,
						 * deleted ones too */
	struct fl_counters unmatched[FL_SIDES];
	struct fl_counters unparsed[FL_SIDES];
	struct fl_counters exempt[FL_SIDES];
	struct fl_tally tally[FL_SIDES]; /* evicted_flows is under FL_IN */
	struct sample_delays delays[FL_SIDES];
	__u64 lost[FL_SIDES]; /* by the holder */
};

struct sample {
	struct sample_device device;
	struct sample_totals totals;
	struct sample_rule *rules; /* in the order in which they match */
	size_t rule_count;
};

struct sample_flow_side {
	__u64 packets, bytes, dropped;
	__u64 effect[FL_EFFECTS];
};

struct sample_flow {
	__u8 family; /* 4 or 6 */
	__u8 proto;
	bool fragment; /* later fragments: no ports */
	bool tagged;   /* vlan is valid */
	__u16 vlan;
	__u16 local_port_be, remote_port_be; /* ICMP echo: both the id */
	__u8 local_be[16], remote_be[16];    /* IPv4: first four bytes */
	__u64 idle_ns; /* since its last packet, one tick exact */
	struct sample_flow_side side[FL_SIDES];
};

struct sample_flows {
	struct sample_device device;
	struct sample_flow *flows;
	size_t count;
	struct fl_tally tally[FL_SIDES];
};
