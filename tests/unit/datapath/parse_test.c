/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser's truth table. Every frame ends where a page that must not be
 * touched begins, so that one byte too far is a crash.
 */
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/gen.h"
#include "model/model.c"
#include "lib/tap.h"

#define PORTS FL_PARSED_PORTS
#define FRAG FL_PARSED_FRAGMENT
#define DATA FL_PARSED_PAYLOAD
#define SIX FL_PARSED_V6
#define NONE FL_VLAN_NONE

struct truth {
	const char *name;
	int result;
	__u8 proto, flags;
	__u16 vlan, sport, dport;
	__u32 offset, length;
};

static const struct truth truths[] = {
	{ "v4 tcp syn", 0, 6, PORTS, NONE, 40000, 443, 14, 60 },
	{ "v4 tcp data", 0, 6, PORTS | DATA, NONE, 40000, 443, 14, 80 },
	{ "v4 udp", 0, 17, PORTS | DATA, NONE, 40000, 443, 14, 48 },
	{ "v4 udp empty", 0, 17, PORTS, NONE, 40000, 443, 14, 28 },
	{ "v4 sctp", 0, 132, PORTS | DATA, NONE, 40000, 443, 14, 48 },
	{ "v4 echo request", 0, 1, 0, NONE, 77, 77, 14, 60 },
	{ "v4 echo reply", 0, 1, 0, NONE, 77, 77, 14, 28 },
	{ "v4 unreachable", 0, 1, FL_PARSED_ERROR, NONE, 0, 0, 14, 56 },
	{ "v4 gre", 0, 47, 0, NONE, 0, 0, 14, 44 },
	{ "v4 icmpv6", 0, 58, 0, NONE, 0, 0, 14, 28 },
	{ "v4 options", 0, 6, PORTS, NONE, 40000, 443, 14, 80 },
	{ "v4 first fragment", 0, 17, PORTS | DATA, NONE, 40000, 443, 14, 84 },
	{ "v4 middle fragment", 0, 17, FRAG, NONE, 0, 0, 14, 84 },
	{ "v4 last fragment", 0, 17, FRAG, NONE, 0, 0, 14, 64 },
	{ "v4 vlan", 0, 6, PORTS, 0x64, 40000, 443, 18, 40 },
	{ "v4 qinq", 0, 17, PORTS | DATA, 5, 40000, 443, 22, 37 },
	{ "v4 three tags", FL_PARSE_UNPARSED, 0, 0, 0, 0, 0, 0, 0 },
	{ "v6 tcp syn", 0, 6, SIX | PORTS, NONE, 40000, 443, 14, 68 },
	{ "v6 udp", 0, 17, SIX | PORTS | DATA, NONE, 40000, 443, 14, 81 },
	{ "v6 sctp", 0, 132, SIX | PORTS | DATA, NONE, 40000, 443, 14, 56 },
	{ "v6 echo request", 0, 58, SIX, NONE, 9, 9, 14, 56 },
	{ "v6 echo reply", 0, 58, SIX, NONE, 9, 9, 14, 48 },
	{ "v6 too big", 0, 58, SIX | FL_PARSED_ERROR, NONE, 0, 0, 14, 96 },
	{ "v6 neighbour solicitation", FL_PARSE_EXEMPT, 0, 0, 0, 0, 0, 0, 0 },
	{ "v6 icmp", 0, 1, SIX, NONE, 0, 0, 14, 48 },
	{ "v6 no next header", 0, 59, SIX, NONE, 0, 0, 14, 40 },
	{ "v6 extensions", 0, 6, SIX | PORTS | DATA, NONE, 40000, 443, 14,
	  127 },
	{ "v6 first fragment", 0, 17, SIX | PORTS | DATA, NONE, 40000, 443, 14,
	  112 },
	{ "v6 later fragment", 0, 17, SIX | FRAG, NONE, 0, 0, 14, 100 },
	{ "v6 atomic fragment", 0, 17, SIX | PORTS | DATA, NONE, 40000, 443, 14,
	  66 },
	{ "v6 vlan", 0, 17, SIX | PORTS | DATA, 4095, 40000, 443, 18, 49 },
	{ "v6 qinq", 0, 6, SIX | PORTS, 1, 40000, 443, 22, 76 },
	{ "arp", FL_PARSE_EXEMPT, 0, 0, 0, 0, 0, 0, 0 },
	{ "arp vlan", FL_PARSE_EXEMPT, 0, 0, 0, 0, 0, 0, 0 },
	{ "lldp", FL_PARSE_UNPARSED, 0, 0, 0, 0, 0, 0, 0 },
};

static __u8 *fence; /* first byte not to be touched */
static struct pkt pkt;

static void on_fault(int number)
{
	psignal(number, "not ok - the parser read past the end");
	_exit(number);
}

static void build_fence(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	__u8 *pages = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		abort();
	fence = pages + 2 * page;
	mprotect(fence, page, PROT_NONE);
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
}

/*
 * Where to put a frame of @length bytes so that reading past it is noticed.
 * The sanitizers notice by themselves, and want it aligned as drivers do.
 */
static __u8 *place(size_t length, void **heap)
{
#ifdef __SANITIZE_ADDRESS__
	*heap = malloc(length + 2);
	if (!*heap)
		abort();
	return (__u8 *)*heap + 2;
#else
	*heap = NULL;
	return fence - length;
#endif
}

/* As the doors do it: what the parser says of the first @length bytes. */
static int parse(const __u8 *data, size_t length, struct fl_parsed *out)
{
	void *heap;
	struct fl_frame frame = {
		.data = place(length, &heap),
		.length = (__u32)length,
		.vlan = FL_VLAN_NONE,
	};
	int result;

	memcpy(frame.data, data, length);
	frame.end = (char *)frame.data + length;
	memset(out, 0xa5, sizeof(*out));
	result = parse_frame(&frame, out);
	if (result == FL_PARSE_IP && out->offset + out->length > length)
		result = FL_PARSE_UNPARSED;
	free(heap);
	return result;
}

static int parse_pkt(struct fl_parsed *out)
{
	return parse(pkt.data, pkt.length, out);
}

/* The end of the IP packet, padding not included. */
static size_t true_end(const struct pkt_spec *spec)
{
	return pkt.length - spec->padding;
}

static void check_addresses(const struct pkt_spec *spec,
			    const struct fl_parsed *got, const char *name)
{
	size_t bytes = spec->family == 4 ? 4 : 8;
	bool same = !memcmp(&got->src_low, spec->src + (bytes & 8), bytes) &&
		    !memcmp(&got->dst_low, spec->dst + (bytes & 8), bytes);

	if (spec->family == 6)
		same = same && !memcmp(&got->src_high, spec->src, 8) &&
		       !memcmp(&got->dst_high, spec->dst, 8);
	tap_ok(same, "%s: addresses", name);
	tap_is_u64(got->tos >> 2, spec->dscp, "%s: DSCP", name);
	if (spec->proto == IPPROTO_TCP)
		tap_is_u64(got->tcp_flags, spec->tcp_flags, "%s: TCP flags",
			   name);
}

static void check_truth(const struct truth *truth, const struct pkt_spec *spec)
{
	struct fl_parsed got;

	pkt_build(&pkt, spec);
	tap_is_u64((__u64)parse_pkt(&got), (__u64)truth->result, "%s: result",
		   truth->name);
	if (truth->result != FL_PARSE_IP)
		return;
	tap_ok(got.proto == truth->proto && got.flags == truth->flags &&
		       got.vlan == truth->vlan && got.offset == truth->offset &&
		       got.length == truth->length &&
		       bpf_ntohs(got.sport_be) == truth->sport &&
		       bpf_ntohs(got.dport_be) == truth->dport,
	       "%s: fields", truth->name);
	check_addresses(spec, &got, truth->name);
}

static void check_truncations(const char *name, const struct pkt_spec *spec,
			      int whole)
{
	struct fl_parsed got;
	size_t wrong = 0, from;

	pkt_build(&pkt, spec);
	from = true_end(spec);
	for (size_t length = 0; length < from; length++) {
		int result = parse(pkt.data, length, &got);

		if (result != FL_PARSE_SHORT && result != FL_PARSE_UNPARSED &&
		    (whole != FL_PARSE_EXEMPT || result != FL_PARSE_EXEMPT))
			wrong = length ? length : 1;
	}
	tap_is_u64(wrong, 0,
		   "%s: cut at every length, it is not taken for "
		   "whole",
		   name);
	for (size_t length = from; length <= pkt.length; length++)
		wrong += parse(pkt.data, length, &got) != whole;
	tap_is_u64(wrong, 0, "%s: padding does not matter", name);
}

static void check_samples(void)
{
	for (unsigned i = 0; pkt_sample(i); i++) {
		size_t at;

		for (at = 0; at < sizeof(truths) / sizeof(*truths); at++)
			if (!strcmp(truths[at].name, pkt_sample_name(i)))
				break;
		if (!tap_ok(at < sizeof(truths) / sizeof(*truths),
			    "%s has its truth", pkt_sample_name(i)))
			continue;
		check_truth(&truths[at], pkt_sample(i));
		check_truncations(truths[at].name, pkt_sample(i),
				  truths[at].result);
	}
}

/* ---- lies ----------------------------------------- */

static const struct pkt_spec *named(const char *name)
{
	for (unsigned i = 0; pkt_sample(i); i++)
		if (!strcmp(pkt_sample_name(i), name))
			return pkt_sample(i);
	abort();
}

/* One byte of a sample changed: must not be taken for IP. */
static void lie(const char *name, size_t at, unsigned value, const char *what)
{
	struct fl_parsed got;
	int result;

	pkt_build(&pkt, named(name));
	pkt.data[at] = (__u8)value;
	result = parse_pkt(&got);
	tap_ok(result == FL_PARSE_UNPARSED || result == FL_PARSE_SHORT,
	       "%s: %s", name, what);
}

static void truth_of_lies(void)
{
	lie("v4 tcp data", 14, 0x55, "version 5");
	lie("v4 tcp data", 14, 0x65, "version 6 under the IPv4 ethertype");
	lie("v4 tcp data", 14, 0x44, "header of 16 bytes");
	lie("v4 tcp data", 14, 0x40, "header of no bytes");
	lie("v4 udp", 14, 0x4f, "header longer than the packet");
	lie("v4 tcp data", 17, 81, "one byte longer than the frame");
	lie("v4 tcp data", 16, 0xff, "far longer than the frame");
	lie("v4 tcp data", 17, 19, "shorter than its header");
	lie("v4 tcp data", 17, 0, "no length");
	lie("v4 tcp data", 17, 39, "shorter than the TCP header");
	lie("v4 tcp data", 46, 0x40, "TCP header of 16 bytes");
	lie("v4 options", 86, 0xf0, "TCP header longer than what is left");
	lie("v4 tcp syn", 46, 0xb0, "TCP header longer than the segment");
	lie("v4 udp", 17, 27, "shorter than the UDP header");
	lie("v4 sctp", 17, 31, "shorter than the SCTP header");
	lie("v4 echo request", 17, 27, "shorter than the ICMP header");
	lie("v6 udp", 14, 0x45, "version 4 under the IPv6 ethertype");
	lie("v6 udp", 19, 42, "one byte longer than the frame");
	lie("v6 udp", 19, 7, "shorter than the UDP header");
	lie("v6 udp", 19, 0, "no length and no jumbogram");
	lie("v6 extensions", 19, 15, "shorter than its extension headers");
	lie("v6 extensions", 55, 200, "extension header beyond the end");
	lie("v6 qinq", 16, 0, "inner ethertype that is none");
}

static void limits(void)
{
	struct pkt_spec spec = *named("v6 udp");
	struct fl_parsed got;

	pkt_build(&pkt, named("v4 tcp data"));
	pkt.data[46] = 0xf0;
	tap_ok(parse_pkt(&got) == FL_PARSE_IP && got.flags == FL_PARSED_PORTS,
	       "a TCP header of 60 bytes in a segment of 60");
	spec.extension_words = 0;
	for (spec.extensions = 0; spec.extensions <= FL_EXTENSIONS_MAX + 1;
	     spec.extensions++) {
		memset(spec.extension, 60, sizeof(spec.extension));
		pkt_build(&pkt, &spec);
		tap_is_u64((__u64)parse_pkt(&got),
			   spec.extensions <= FL_EXTENSIONS_MAX ?
				   FL_PARSE_IP :
				   FL_PARSE_UNPARSED,
			   "%u extension headers, FL_EXTENSIONS_MAX is %u",
			   spec.extensions, FL_EXTENSIONS_MAX);
	}
	spec.extensions = 1;
	spec.extension[0] = 51;
	for (spec.extension_words = 0; spec.extension_words < 4;
	     spec.extension_words++) {
		pkt_build(&pkt, &spec);
		tap_ok(parse_pkt(&got) == FL_PARSE_IP &&
			       bpf_ntohs(got.dport_be) == 443,
		       "authentication header of %u bytes, counted in fours",
		       8 + 8 * spec.extension_words);
	}
}

static void neighbour_discovery(void)
{
	struct pkt_spec spec = *named("v6 neighbour solicitation");
	struct fl_parsed got;
	unsigned exempt = 0;

	for (unsigned type = 0; type < 256; type++) {
		spec.icmp_type = (__u8)type;
		pkt_build(&pkt, &spec);
		if (parse_pkt(&got) == FL_PARSE_EXEMPT)
			exempt += type >= 133 && type <= 137 ? 1 : 1000;
	}
	tap_is_u64(exempt, 5, "ICMPv6 133 to 137 are exempt, nothing else");
	spec.proto = IPPROTO_ICMP;
	spec.icmp_type = 135;
	pkt_build(&pkt, &spec);
	tap_is_u64((__u64)parse_pkt(&got), FL_PARSE_IP,
		   "ICMP of IPv4 in IPv6 is no neighbour discovery");
}

/* ---- what only a hook can say ----------------------------------------- */

static void offloaded_tag(void)
{
	struct fl_frame frame = { .vlan = 7 };
	struct fl_parsed got;

	pkt_build(&pkt, named("v4 vlan"));
	frame.data = pkt.data;
	frame.end = pkt.data + pkt.length;
	tap_ok(parse_frame(&frame, &got) == FL_PARSE_IP && got.vlan == 7,
	       "a tag that the NIC took off is the outermost");
	pkt_build(&pkt, named("v4 tcp data"));
	frame.data = pkt.data + 14;
	frame.end = pkt.data + pkt.length;
	frame.vlan = FL_VLAN_NONE;
	frame.layer3_proto = ETH_P_IP;
	tap_ok(parse_frame(&frame, &got) == FL_PARSE_IP && got.offset == 0 &&
		       bpf_ntohs(got.dport_be) == 443,
	       "no link header on this device");
}

static void big_tcp(const char *name, size_t length_at)
{
	struct fl_frame frame = { .vlan = FL_VLAN_NONE, .length = 70000 };
	struct fl_parsed got;

	pkt_build(&pkt, named(name));
	pkt.data[length_at] = pkt.data[length_at + 1] = 0;
	frame.data = pkt.data;
	frame.end = pkt.data + pkt.length;
	tap_ok(parse_frame(&frame, &got) == FL_PARSE_IP &&
		       got.length == 70000 - 14 &&
		       got.flags & FL_PARSED_PAYLOAD,
	       "%s: 70,000 bytes with length 0 is an aggregate", name);
	frame.length = 65535;
	tap_ok(parse_frame(&frame, &got) == FL_PARSE_UNPARSED,
	       "%s: 65,535 bytes with length 0 is odd", name);
}

/* Not for its results: only the fence can complain. */
static void random_frames(void)
{
	static struct rnd rnd = { 7 };
	struct fl_parsed got;
	struct pkt_spec spec;
	unsigned results[4] = { 0 };

	for (unsigned i = 0; i < 300000; i++) {
		unsigned changes = rnd_below(&rnd, 8);

		if (i % 16 == 0) {
			gen_spec(&rnd, &spec);
			pkt_build(&pkt, &spec);
		}
		while (changes--)
			pkt.data[12 + rnd_below(&rnd, 70)] =
				(__u8)rnd_u64(&rnd);
		results[parse(pkt.data, rnd_below(&rnd, (__u32)pkt.length + 1),
			      &got)]++;
	}
	tap_ok(results[FL_PARSE_IP] && results[FL_PARSE_SHORT] &&
		       results[FL_PARSE_UNPARSED] && results[FL_PARSE_EXEMPT],
	       "random frames: %u taken, %u short, %u odd, %u exempt",
	       results[FL_PARSE_IP], results[FL_PARSE_SHORT],
	       results[FL_PARSE_UNPARSED], results[FL_PARSE_EXEMPT]);
}

int main(void)
{
	build_fence();
	check_samples();
	truth_of_lies();
	limits();
	neighbour_discovery();
	offloaded_tag();
	big_tcp("v4 tcp data", 16);
	big_tcp("v6 tcp syn", 18);
	random_frames();
	return tap_done();
}
