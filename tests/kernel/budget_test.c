/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many BPF instructions the short way executes for a packet: in all, and up
 * to the first look at the flow table, because with a million flows that is
 * what each packet waits for twice. Counted by an interpreter of the program as
 * it was loaded, over the maps of the kernel, so that the figures are the same
 * on any machine. A lookup in an array counts as one.
 */

#include "lib/pkt.h"
#include "lib/cpu.h"
#include "model/model.c"

#include "real.h"

#define SLOTS 64
#define STEPS_MAX 4096

/* What may be executed at most; raise one only with a reason in the commit. */
static const struct budget {
	const char *name;
	__u32 family; /* IPv4 or IPv6 */
	__u32 side, impair, proto;
	unsigned to_flow, in_all;
} budgets[] = {
	{ "UDP in, drop", 4, FL_IN, FL_IMPAIR_BLACKHOLE, IPPROTO_UDP, 67, 177 },
	{ "UDP in, loss", 4, FL_IN, FL_IMPAIR_LOSS, IPPROTO_UDP, 67, 217 },
	{ "UDP out, loss", 4, FL_OUT, FL_IMPAIR_LOSS, IPPROTO_UDP, 85, 238 },
	{ "TCP in, loss", 4, FL_IN, FL_IMPAIR_LOSS, IPPROTO_TCP, 75, 225 },
	{ "echo in, loss", 4, FL_IN, FL_IMPAIR_LOSS, IPPROTO_ICMP, 74, 224 },
	{ "UDP in, drop", 6, FL_IN, FL_IMPAIR_BLACKHOLE, IPPROTO_UDP, 126,
	  236 },
	{ "UDP in, loss", 6, FL_IN, FL_IMPAIR_LOSS, IPPROTO_UDP, 126, 290 },
	{ "echo out, loss", 6, FL_OUT, FL_IMPAIR_LOSS, IPPROTO_ICMPV6, 140,
	  306 },
};

static struct real real;
static struct model *model;

/* ---- the machine -------------------------------------------------------- */

struct machine {
	const struct bpf_insn *at;
	__u64 r[11];
	__u64 stack[64];
	__u64 context, data, end; /* context: only its address is used */
	struct __sk_buff skb;
	struct xdp_md xdp;
	__u32 side;
	unsigned steps, to_flow;
	bool failed;
};

/* Memory of a map, as the program sees it: mmapped, or a copy. */
static void *map_value(int fd, __u32 index)
{
	static unsigned char copies[2][REAL_CPUS_MAX * 4096]
		__attribute__((aligned(8)));
	const struct faultline_bpf *s = real.skeleton;
	void *copy = fd == bpf_map__fd(s->maps.runs) ? copies[0] : copies[1];

	if (fd == bpf_map__fd(s->maps.flows))
		return &real.flows[index];
	if (fd == bpf_map__fd(s->maps.flows_out))
		return &real.flows_out[index];
	if (fd == bpf_map__fd(s->maps.flows_more))
		return &real.more[index];
	if (fd == bpf_map__fd(s->maps.data_actions))
		return real.actions;
	if (fd == bpf_map__fd(s->maps.data_control))
		return real.control;
	/* The first CPU comes first, and this test runs there. */
	return bpf_map_lookup_elem(fd, &index, copy) ? NULL : copy;
}

static __u64 load_immediate(const struct bpf_insn *insn)
{
	const struct faultline_bpf *s = real.skeleton;
	int fd = insn[0].imm;
	char *value;

	if (insn[0].src_reg == BPF_PSEUDO_MAP_FD)
		return (__u64)fd;
	if (insn[0].src_reg != BPF_PSEUDO_MAP_VALUE)
		return (__u32)fd | (__u64)(__u32)insn[1].imm << 32;
	if (fd == bpf_map__fd(s->maps.rodata))
		value = (char *)s->rodata;
	else if (fd == bpf_map__fd(s->maps.bss))
		value = (char *)s->bss;
	else
		value = map_value(fd, 0);
	return (__u64)(value + insn[1].imm);
}

static __u64 call(struct machine *m, __s32 helper)
{
	const struct faultline_bpf *s = real.skeleton;

	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
		if (!m->to_flow &&
		    ((int)m->r[1] == bpf_map__fd(s->maps.flows) ||
		     (int)m->r[1] == bpf_map__fd(s->maps.flows_out)))
			m->to_flow = m->steps;
		return (__u64)map_value((int)m->r[1], *(__u32 *)m->r[2]);
	case BPF_FUNC_jiffies64:
		return real.skeleton->bss->test_clock.jiffies;
	default: /* not on the short way: a tail call, or something new */
		m->failed = true;
		return 0;
	}
}

/* A field of the context that holds an address is not as wide as one. */
static bool load_address(const struct machine *m, __u64 address, __u64 *value)
{
	__u64 offset = address - m->context;
	bool tc = m->context == (__u64)&m->skb;

	if (offset == (tc ? offsetof(struct __sk_buff, data) :
			    offsetof(struct xdp_md, data)))
		*value = m->data;
	else if (offset == (tc ? offsetof(struct __sk_buff, data_end) :
				 offsetof(struct xdp_md, data_end)))
		*value = m->end;
	else
		return false;
	return true;
}

static __u64 load(const struct machine *m, __u8 size, __u64 address)
{
	__u64 value = 0;

	if (load_address(m, address, &value))
		return value;
	switch (size) {
	case BPF_B:
		return *(__u8 *)address;
	case BPF_H:
		memcpy(&value, (void *)address, 2);
		return value;
	case BPF_W:
		memcpy(&value, (void *)address, 4);
		return value;
	default:
		memcpy(&value, (void *)address, 8);
		return value;
	}
}

static void store(__u8 size, __u64 address, __u64 value)
{
	static const size_t bytes[] = {
		[BPF_W >> 3] = 4,
		[BPF_H >> 3] = 2,
		[BPF_B >> 3] = 1,
		[BPF_DW >> 3] = 8,
	};

	memcpy((void *)address, &value, bytes[size >> 3]);
}

static void atomic(struct machine *m, const struct bpf_insn *insn)
{
	__u64 *to = (__u64 *)(m->r[insn->dst_reg] + (__u64)insn->off);
	__u64 was = *to;

	if (insn->imm != (BPF_ADD | BPF_FETCH) && insn->imm != BPF_ADD) {
		m->failed = true;
		return;
	}
	*to += m->r[insn->src_reg];
	if (insn->imm & BPF_FETCH)
		m->r[insn->src_reg] = was;
}

static __u64 swap_bytes(const struct bpf_insn *insn, __u64 a)
{
	if (BPF_SRC(insn->code) == BPF_TO_LE)
		return insn->imm == 16 ? (__u16)a :
		       insn->imm == 32 ? (__u32)a :
					 a;
	return insn->imm == 16 ? __builtin_bswap16((__u16)a) :
	       insn->imm == 32 ? __builtin_bswap32((__u32)a) :
				 __builtin_bswap64(a);
}

static __u64 compute(struct machine *m, __u8 op, __u64 a, __u64 b, int bits)
{
	__u64 shift = b & (__u64)(bits - 1);

	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_MOV:
		return b;
	case BPF_NEG:
		return -a;
	case BPF_LSH:
		return a << shift;
	case BPF_RSH:
		return a >> shift;
	case BPF_ARSH:
		return bits == 32 ? (__u64)((__s32)a >> shift) :
				    (__u64)((__s64)a >> shift);
	default:
		m->failed = true;
		return 0;
	}
}

static void arithmetic(struct machine *m, const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	__u64 a = m->r[insn->dst_reg];
	__u64 b = BPF_SRC(insn->code) == BPF_X ? m->r[insn->src_reg] :
						 (__u64)(__s64)insn->imm;

	if (BPF_OP(insn->code) == BPF_END) {
		m->r[insn->dst_reg] = swap_bytes(insn, a);
		return;
	}
	if (!wide) {
		a = (__u32)a;
		b = (__u32)b;
	}
	a = compute(m, BPF_OP(insn->code), a, b, wide ? 64 : 32);
	m->r[insn->dst_reg] = wide ? a : (__u32)a;
}

static bool holds(struct machine *m, __u8 op, __u64 a, __u64 b, __s64 x,
		  __s64 y)
{
	switch (op) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return x > y;
	case BPF_JSGE:
		return x >= y;
	case BPF_JSLT:
		return x < y;
	case BPF_JSLE:
		return x <= y;
	default:
		m->failed = true;
		return false;
	}
}

static void jump(struct machine *m, const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_JMP;
	__u64 a = m->r[insn->dst_reg];
	__u64 b = BPF_SRC(insn->code) == BPF_X ? m->r[insn->src_reg] :
						 (__u64)(__s64)insn->imm;
	bool taken;

	if (wide)
		taken = holds(m, BPF_OP(insn->code), a, b, (__s64)a, (__s64)b);
	else
		taken = holds(m, BPF_OP(insn->code), (__u32)a, (__u32)b,
			      (__s32)a, (__s32)b);
	if (taken)
		m->at += insn->off;
}

static void touch(struct machine *m, const struct bpf_insn *insn)
{
	__u64 to = m->r[insn->dst_reg] + (__u64)(__s64)insn->off;
	__u64 from = m->r[insn->src_reg] + (__u64)(__s64)insn->off;

	if (BPF_CLASS(insn->code) == BPF_LDX)
		m->r[insn->dst_reg] = load(m, BPF_SIZE(insn->code), from);
	else if (BPF_CLASS(insn->code) == BPF_ST)
		store(BPF_SIZE(insn->code), to, (__u64)(__s64)insn->imm);
	else if (BPF_MODE(insn->code) == BPF_ATOMIC)
		atomic(m, insn);
	else
		store(BPF_SIZE(insn->code), to, m->r[insn->src_reg]);
}

/* One instruction; false at the end of the program. */
static bool step(struct machine *m)
{
	const struct bpf_insn *insn = m->at++;

	m->steps++;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		arithmetic(m, insn);
		break;
	case BPF_LD:
		m->r[insn->dst_reg] = load_immediate(insn);
		m->at++;
		break;
	case BPF_JMP:
	case BPF_JMP32:
		if (BPF_OP(insn->code) == BPF_EXIT)
			return false;
		if (BPF_OP(insn->code) == BPF_CALL)
			m->r[0] = call(m, insn->imm);
		else
			jump(m, insn);
		break;
	default:
		touch(m, insn);
	}
	return !m->failed && m->steps < STEPS_MAX;
}

static void execute(struct machine *m, const struct pkt *pkt, __u32 side)
{
	const struct faultline_bpf *s = real.skeleton;

	memset(m, 0, sizeof(*m));
	m->at = bpf_program__insns(side == FL_IN ? s->progs.faultline_fast :
						   s->progs.faultline_fast_out);
	m->skb.len = (__u32)pkt->length;
	m->context = side == FL_IN ? (__u64)&m->xdp : (__u64)&m->skb;
	m->data = (__u64)pkt->data;
	m->end = m->data + pkt->length;
	m->r[1] = m->context;
	m->r[10] = (__u64)(m->stack + 64);
	while (step(m))
		;
}

/* ---- packets ------------------------------------------------------------ */

static void build(struct pkt *pkt, const struct budget *budget)
{
	struct pkt_spec spec = {
		.family = (__u8)budget->family,
		.proto = (__u8)budget->proto,
		.sport = 1000,
		.dport = 2000,
		.payload = 100,
		.icmp_type = budget->proto == IPPROTO_ICMPV6 ? 128 : 8,
	};

	if (budget->family == 4) {
		pkt_address4(spec.src, 0x0a000001);
		pkt_address4(spec.dst, 0x0a000002);
	} else {
		pkt_address6(spec.src, 0x20010db800000000, 1);
		pkt_address6(spec.dst, 0x20010db800000000, 2);
	}
	pkt_build(pkt, &spec);
}

static void check(const struct budget *budget)
{
	struct fl_rule rule =
		model_rule("rule", FL_DIR_BOTH, budget->impair,
			   budget->impair == FL_IMPAIR_LOSS ? 0x10000000 : 0);
	struct machine m;
	struct pkt pkt;

	build(&pkt, budget);
	model_load_rules(model, &rule, 1);
	real_sync(&real, model);
	memset(real.flows, 0, SLOTS * sizeof(*real.flows));
	memset(real.flows_out, 0, SLOTS * sizeof(*real.flows_out));
	memset(real.more, 0, SLOTS * sizeof(*real.more));
	/* Made, adopted, classified. */
	for (int i = 0; i < 8; i++) {
		if (budget->side == FL_IN)
			real_xdp(&real, pkt.data, pkt.length, NULL, 1);
		else
			real_tc(&real, pkt.data, pkt.length, FL_OUT, NULL, NULL,
				1);
	}
	execute(&m, &pkt, budget->side);
	tap_diag("IPv%u %s: %u instructions to the flow, %u in all",
		 budget->family, budget->name, m.to_flow, m.steps);
	tap_ok(!m.failed && m.to_flow && m.steps < STEPS_MAX,
	       "IPv%u %s: goes the short way to its end", budget->family,
	       budget->name);
	tap_ok(m.to_flow <= budget->to_flow && m.steps <= budget->in_all,
	       "IPv%u %s: at most %u and %u", budget->family, budget->name,
	       budget->to_flow, budget->in_all);
}

int main(void)
{
	struct real_options options = { .slots = SLOTS, .seed = 1 };

	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	cpu_pin(0);
	model = model_new(SLOTS, options.seed);
	if (tap_ok(!real_open(&real, &options), "the real programs load")) {
		for (size_t i = 0; i < sizeof(budgets) / sizeof(*budgets); i++)
			check(&budgets[i]);
		real_close(&real);
	}
	model_free(model);
	return tap_done();
}
