/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A rule as the user says it: what it matches, and the parameters of what it
 * does. Part of abi.h.
 */
#pragma once

#include <linux/types.h>

#include "kinds.h"

#define FL_NAME_LEN 24 /* with the closing NUL */
#define FL_PATTERN_BITS 128
#define FL_FILE_LEN 256 /* path of a file, with the closing NUL */

struct fl_prefix {
	__u8 family; /* 4 or 6 */
	__u8 length; /* 0..32 or 0..128 */
	__u8 pad[2];
	__u8 address_be[16]; /* IPv4 in the first four bytes; masked */
};

struct fl_ports { /* both ends included */
	__u16 low, high;
};

struct fl_span { /* both ends included */
	__u32 low, high;
};

struct fl_tcp_flags { /* bits as in the TCP header: FIN is 1 */
	__u8 mask, value;
};

/* As what the argument of a match field of each TYPE is kept. */
#define FL_VALUE_PROTO __u8
#define FL_VALUE_PREFIX struct fl_prefix
#define FL_VALUE_PORTS struct fl_ports
#define FL_VALUE_VLAN __u16
#define FL_VALUE_SHARE __u32
#define FL_VALUE_DSCP __u8
#define FL_VALUE_TCPFLAGS struct fl_tcp_flags
#define FL_VALUE_LENGTH struct fl_span
#define FL_VALUE_COUNT struct fl_span
#define FL_VALUE_PRESENT __u16

struct fl_match {
	__u32 present; /* bit per enum fl_field */
#define FIELD(id, words, type, level, directions, member, ...) \
	FL_VALUE_##type member;
#include "fields.def"
#undef FIELD
};

/* What of it is tested on each packet. */
struct fl_conditions {
	__u32 fields; /* bit per enum fl_field of LEVEL PACKET */
#define FL_KEEP_FLOW(type, member)
#define FL_KEEP_PACKET(type, member) FL_VALUE_##type member;
#define FIELD(id, words, type, level, directions, member, ...) \
	FL_KEEP_##level(type, member)
#include "fields.def"
#undef FIELD
#undef FL_KEEP_FLOW
#undef FL_KEEP_PACKET
};

struct fl_pattern {
	__u32 length; /* 1..FL_PATTERN_BITS */
	__u32 pad;
	__u64 bits[FL_PATTERN_BITS / 64]; /* packet n is bit n */
};

enum fl_table_id {		     /* distributions of jitter */
		   FL_TABLE_UNIFORM, /* no table */
		   FL_TABLE_NORMAL,
		   FL_TABLE_PARETO,
		   FL_TABLE_PARETONORMAL,
		   FL_TABLE_FILE, /* and above: the user's, given out by add */
};

/* netem's meaning of all of them: see depart.h. */
struct fl_delay {
	__u64 delay_ns;
	__u32 jitter_ns; /* half width without, sigma with a table */
	__u32 correlation_u32;
	__u32 table;   /* enum fl_table_id */
	__u32 ordered; /* no packet overtakes another of its flow */
};

struct fl_reorder {
	__u32 probability_u32, correlation_u32;
	__u32 gap; /* 0 is 1 */
};

struct fl_rate {
	__u64 rate_bps;	    /* bits per second */
	__s32 overhead;	    /* bytes added to each packet */
	__u32 cell;	    /* bytes; 0: no cells */
	__s32 celloverhead; /* bytes added to each cell */
};

struct fl_queue {      /* one of the two is not 0 */
	__u64 time_ns; /* longest wait for the link */
	__u32 packets; /* of the rule and direction held at once */
	__u32 ecn;     /* mark from half of it on */
};

struct fl_slot {
	__u64 min_ns, max_ns; /* with a table: mean and sigma */
	__u32 packets, bytes; /* in one slot; 0: any number */
	__u32 table;	      /* enum fl_table_id */
	__u32 pad;
};

/* What the user said of one impairment, and what follows from it. */
union fl_params {
#define MEMBER(...) __VA_ARGS__;
#include "impairs.def"
};

enum fl_part { FL_PART_ANY, FL_PART_HEADER, FL_PART_PAYLOAD };

struct fl_impair {
	__u32 kind;    /* enum fl_impair_kind */
	__u32 wrap_at; /* see fl_number_wrap() */
	union fl_params u;
};

#define FL_RULE_DRY_RUN 1u /* counts what it would have done */
#define FL_RULE_SEEDED 2u  /* the user gave the seed */
#define FL_RULE_SCOPE 4u   /* state and numbers are the rule's */

/* One for each impairment that names a file. */
enum fl_file { FL_FILE_TRACE, FL_FILE_DELAY, FL_FILE_SLOT, FL_FILES };

/* One rule, as add takes it and list prints it. Kept in map "specs". */
struct fl_rule {
	char name[FL_NAME_LEN];
	__u32 prio;	  /* lower is tried first, 0..65535 */
	__u32 directions; /* FL_DIR_* */
	__u32 flags;	  /* FL_RULE_* */
	__u32 impair_count;
	__u64 age;	 /* order of creation on this device */
	__u64 lease_ns;	 /* as asked; 0 is forever */
	__u64 expiry_ns; /* CLOCK_BOOTTIME; 0 is never */
	__u64 seed;
	__u64 created_ns; /* CLOCK_BOOTTIME */
	struct fl_match match;
	struct fl_impair impairs[FL_IMPAIRS_MAX];
	char file[FL_FILES][FL_FILE_LEN]; /* paths, or "" */
};
