/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vectors of match fields, see gen_match.py: as a BPF program takes one,
 * what is done with it, and, but for BPF, how they are read and compared.
 * Which fields have some, the rows of fields.def say.
 */
#pragma once

#include <faultline/conditions.h>

struct vec_match {
	struct fl_conditions conditions;
	__u32 want, got; /* FL_MEETS, FL_MIXED */
	__u64 number;
	struct fl_wire wire; /* size 0: it is no aggregate */
	struct fl_parsed packet, other;
};

static inline __attribute__((always_inline)) void
vec_match_do(struct vec_match *vec)
{
	if (vec->wire.size)
		fl_wire_split(&vec->packet, &vec->wire);
	vec->got = (__u32)fl_conditions_judge(&vec->conditions, &vec->packet,
					      vec->number, &vec->other);
}

#ifndef __bpf__

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/in.h>

#include "compile/compile.h"
#include "grammar/grammar.h"
#include "lib/pkt.h"
#include "lib/tap.h"
#include "lib/words.h"
#include "model/stages.h"

#define VEC_MATCH_LINE 512

static const struct {
	const char *name;
	__u32 field;
} vec_match_names[] = {
#define VEC_MATCH_FLOW(id, function)
#define VEC_MATCH_PACKET(id, function) { "match_" #function, FL_FIELD_##id },
#define FIELD(id, words, type, level, directions, member, function, ...) \
	VEC_MATCH_##level(id, function)
#include <faultline/fields.def>
#undef FIELD
};
#define VEC_MATCH_NAMES (sizeof(vec_match_names) / sizeof(*vec_match_names))

/* Those keys that are a member of the packet's description. */
static const struct {
	const char *key;
	size_t at, size;
} vec_match_members[] = {
#define VEC_MATCH_KEY(member)                                  \
	{                                                      \
#member, offsetof(struct pkt_spec, member),    \
			sizeof(((struct pkt_spec *)0)->member) \
	}
	VEC_MATCH_KEY(family),	    VEC_MATCH_KEY(proto),
	VEC_MATCH_KEY(sport),	    VEC_MATCH_KEY(dport),
	VEC_MATCH_KEY(dscp),	    VEC_MATCH_KEY(tcp_flags),
	VEC_MATCH_KEY(tcp_options), VEC_MATCH_KEY(ip_options),
	VEC_MATCH_KEY(payload),	    VEC_MATCH_KEY(fragment_at),
#undef VEC_MATCH_KEY
};

/* "KEY=N"; false when there is no such key. */
static inline bool vec_match_key(struct vec_match *vec, struct pkt_spec *spec,
				 const char *word)
{
	size_t length = strcspn(word, "=");
	__u64 number = strtoull(word + length + !!word[length], NULL, 0);

	if (!strncmp(word, "number=", 7)) {
		vec->number = number;
		return true;
	}
	if (!strncmp(word, "gso=", 4)) {
		vec->wire.size = (__u32)number;
		return true;
	}
	if (!strncmp(word, "segs=", 5)) {
		vec->wire.count = (__u32)number;
		return true;
	}
	if (!strncmp(word, "extension=", 10)) {
		spec->extension[spec->extensions++] = (__u8)number;
		return true;
	}
	for (size_t i = 0;
	     i < sizeof(vec_match_members) / sizeof(*vec_match_members); i++) {
		if (strlen(vec_match_members[i].key) != length ||
		    strncmp(vec_match_members[i].key, word, length))
			continue;
		/* The least bytes come first. */
		memcpy((char *)spec + vec_match_members[i].at, &number,
		       vec_match_members[i].size);
		spec->fragment = spec->fragment_at != 0;
		return true;
	}
	return false;
}

/* Makes the packet, and what the parser makes of it. */
static inline bool vec_match_packet(struct vec_match *vec,
				    struct pkt_spec *spec, struct pkt *pkt)
{
	struct fl_frame frame = { .vlan = FL_VLAN_NONE };

	if (spec->family == 4) {
		pkt_address4(spec->src, 0x0b000001);
		pkt_address4(spec->dst, 0x0a000001);
	} else {
		pkt_address6(spec->src, 0xfd00000000000000, 2);
		pkt_address6(spec->dst, 0xfd00000000000000, 1);
	}
	pkt_build(pkt, spec);
	frame.data = pkt->data;
	frame.end = pkt->data + pkt->length;
	if (parse_frame(&frame, &vec->packet) != FL_PARSE_IP)
		return false;
	vec->wire.headers = wire_headers(&frame, vec->packet.offset,
					 vec->packet.offset + vec->packet.upper,
					 vec->packet.proto, (__u32)pkt->length);
	return true;
}

/* The terms of LEVEL PACKET that @words begin with; how many words. */
static inline int vec_match_terms(struct vec_match *vec,
				  const struct words *words)
{
	struct fl_rule rule = { 0 };
	struct fl_detail detail;
	struct fl_error error;
	int taken, used = 0;

	do {
		taken = grammar_parse_match(words->argc - used,
					    words->argv + used, &rule.match,
					    &error);
		used += taken > 0 ? taken : 0;
	} while (taken > 0 && used < words->argc);
	if (taken < 0)
		tap_diag("%s", error.text);
	compile_detail(&rule, &detail);
	vec->conditions = detail.conditions;
	return taken < 0 || rule.match.present != detail.conditions.fields ?
		       -1 :
		       used;
}

/* "yes", "no", and for an aggregate whose packets differ "yes,mixed" or
 * "no,mixed". */
static inline bool vec_match_want(struct vec_match *vec, const char *word)
{
	static const char *const words[] = {
		[0] = "no",
		[FL_MEETS] = "yes",
		[FL_MIXED] = "no,mixed",
		[FL_MEETS | FL_MIXED] = "yes,mixed",
	};

	for (vec->want = 0; vec->want < 4; vec->want++)
		if (!strcmp(word, words[vec->want]))
			return true;
	return false;
}

static inline bool vec_match_line(struct vec_match *vec, struct pkt *pkt,
				  __u32 field, char *line)
{
	struct pkt_spec spec = {
		.family = 4, .proto = IPPROTO_TCP, .sport = 40000, .dport = 80
	};
	struct words words;
	int at, last;

	memset(vec, 0, sizeof(*vec));
	words_split(&words, line);
	at = vec_match_terms(vec, &words);
	last = words.argc - 2;
	if (at < 0 || last < at || strcmp(words.argv[last], "->") ||
	    !(vec->conditions.fields & 1u << field))
		return false;
	for (; at < last; at++)
		if (!vec_match_key(vec, &spec, words.argv[at]))
			return false;
	return vec_match_want(vec, words.argv[last + 1]) &&
	       vec_match_packet(vec, &spec, pkt);
}

typedef bool vec_match_runner(struct vec_match *vec, const struct pkt *pkt);

/* One file: how many vectors, and in *@wrong how many came out otherwise. */
static inline size_t vec_match_file(const char *name, __u32 field,
				    vec_match_runner *run, size_t *wrong)
{
	char path[256], line[VEC_MATCH_LINE], copy[VEC_MATCH_LINE];
	static struct pkt pkt;
	struct vec_match vec;
	size_t count = 0;
	FILE *file;

	*wrong = 0;
	snprintf(path, sizeof(path), "tests/vectors/%s.vec", name);
	file = fopen(path, "r");
	if (!file)
		return 0;
	for (; fgets(line, sizeof(line), file); count++) {
		strcpy(copy, line);
		if (vec_match_line(&vec, &pkt, field, copy) &&
		    run(&vec, &pkt) && vec.got == vec.want)
			continue;
		if ((*wrong)++ < 3)
			tap_diag("%s line %zu: %s", path, count + 1, line);
	}
	fclose(file);
	return count;
}

/* Runs every vector through @run, which fills .got; one check per file. */
static inline void vec_match_run(const char *what, vec_match_runner *run)
{
	for (size_t i = 0; i < VEC_MATCH_NAMES; i++) {
		const char *name = vec_match_names[i].name;
		size_t wrong,
			count = vec_match_file(name, vec_match_names[i].field,
					       run, &wrong);

		tap_ok(count && !wrong, "%s: %zu vectors of %s", what, count,
		       name);
	}
}

#endif
