/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draws for different things are independent: of the impairments of a rule,
 * of neighbouring packets, flows and seeds; and "flows F%" takes that share.
 */
#include <arpa/inet.h>

#include "model/model.c"
#include "model/shoot.h"
#include "lib/tap.h"
#include "stats.h"

/* ---- pairs of draws ----------------------------------------- */

/* The upper four bits of two numbers of 32 bits. */
struct pairs {
	__u64 cells[16][16];
};

static void pairs_add(struct pairs *pairs, __u32 a, __u32 b)
{
	pairs->cells[a >> 28][b >> 28]++;
}

/* All 256 are as likely. */
static double pairs_fit(const struct pairs *pairs)
{
	struct chi chi = { 0 };
	double all = 0;

	for (int i = 0; i < 256; i++)
		all += (double)pairs->cells[i / 16][i % 16];
	for (int i = 0; i < 256; i++)
		chi_add(&chi, pairs->cells[i / 16][i % 16], all / 256);
	chi_end(&chi);
	return all > 0 ? stat_chi(&chi) : HUGE_VAL;
}

static void check_categories(void)
{
	static struct pairs pairs[FL_CATEGORIES][FL_CATEGORIES];

	for (__u32 n = 0; n < DRAWS; n++) {
		__u64 draw = fl_draw(SEED, FLOW, n);
		__u32 high[FL_CATEGORIES];

		for (__u32 c = 0; c < FL_CATEGORIES; c++) {
			__u64 own = fl_category_draw(draw, c);

			high[c] = (__u32)(own >> 32);
			pairs_add(&pairs[c][c], high[c], (__u32)own);
			for (__u32 i = 0; i < c; i++)
				pairs_add(&pairs[c][i], high[c], high[i]);
		}
	}
	for (__u32 c = 0; c < FL_CATEGORIES; c++)
		for (__u32 i = 0; i <= c; i++)
			stat_ok(pairs_fit(&pairs[c][i]),
				i == c ? "both halves of the draws of %u" :
					 "draws of categories %u and %u",
				c, i);
}

static void check_neighbours(void)
{
	static struct pairs packets, flows, seeds, bits;
	__u64 before = 0;

	for (__u32 n = 0; n < DRAWS; n++) {
		__u64 here = fl_draw(SEED, FLOW, n);
		__u64 flow = fl_draw(SEED, FLOW + n, 3);
		__u64 next_flow = fl_draw(SEED, FLOW + n + 1, 3);
		__u64 seed = fl_draw(n, FLOW, 3);
		__u64 next_seed = fl_draw(n + 1ull, FLOW, 3);

		if (n)
			pairs_add(&packets, (__u32)(before >> 32),
				  (__u32)(here >> 32));
		pairs_add(&flows, (__u32)(flow >> 32),
			  (__u32)(next_flow >> 32));
		pairs_add(&seeds, (__u32)(seed >> 32),
			  (__u32)(next_seed >> 32));
		pairs_add(&bits, (__u32)(here << 4), (__u32)(here << 28));
		before = here;
	}
	stat_ok(pairs_fit(&packets), "draws of a packet and the next");
	stat_ok(pairs_fit(&flows), "draws of a flow and the next");
	stat_ok(pairs_fit(&seeds), "draws of a seed and the next");
	stat_ok(pairs_fit(&bits), "bits further down");
}

/* ---- several impairments of a rule -------------------------------------- */

static const struct {
	__u32 kind;
	double percent;
} several[] = {
	{ FL_IMPAIR_DUPLICATE, 30 },
	{ FL_IMPAIR_LOSS, 50 },
	{ FL_IMPAIR_CORRUPT, 20 },
	{ FL_IMPAIR_MARK_CE, 10 },
};
#define SEVERAL 4

/* Which of them happened, as bits. */
static __u32 several_fates(const struct fl_impair *impairs, __u64 draw)
{
	struct fl_impair_in in = { .draw = draw, .ecn = 1 };
	__u32 state[FL_CHAIN_WORDS] = { 0 }, fates = 0;

	for (__u32 i = 0; i < SEVERAL; i++)
		fates |= (__u32)(fl_decide(&impairs[i], &in, state) !=
				 FL_REASON_PASSED)
			 << i;
	return fates;
}

static double several_fit(const __u64 *seen)
{
	struct chi chi = { 0 };

	for (__u32 fates = 0; fates < 1 << SEVERAL; fates++) {
		double p = 1;

		for (__u32 i = 0; i < SEVERAL; i++)
			p *= fates >> i & 1 ? several[i].percent / 100 :
					      1 - several[i].percent / 100;
		chi_add(&chi, seen[fates], DRAWS * p);
	}
	chi_end(&chi);
	return stat_chi(&chi);
}

static void check_several(void)
{
	struct fl_impair impairs[SEVERAL] = { 0 };
	__u64 seen[1 << SEVERAL] = { 0 }, half[1 << SEVERAL] = { 0 };

	for (__u32 i = 0; i < SEVERAL; i++) {
		impairs[i].kind = several[i].kind;
		impairs[i].u.loss.probability_u32 = P(several[i].percent);
	}
	for (__u32 n = 0; n < DRAWS; n++) {
		__u32 fates = several_fates(impairs, fl_draw(SEED, FLOW, n));

		seen[fates]++;
		/* In one packet of 200 the mark follows the loss. */
		if (!(n % 200))
			fates = (fates & 7) | (fates << 2 & 8);
		half[fates]++;
	}
	stat_ok(several_fit(seen), "duplicate, loss, corrupt and mark-ce of "
				   "one rule are independent");
	tap_ok(!HAS_POWER || several_fit(half) > STAT_LIMIT,
	       "were they not in one packet of 200, it would show");
}

/* Which bit is corrupted has nothing to do with whether one is. */
static void check_corrupt_bit(void)
{
	struct fl_impair impair = { .kind = FL_IMPAIR_CORRUPT };
	static struct pairs pairs;

	impair.u.corrupt.probability_u32 = P(25);
	for (__u32 n = 0; n < DRAWS; n++) {
		struct fl_impair_in in = { .draw = fl_draw(SEED, FLOW, n) };
		__u32 bit = (__u32)fl_category_draw(in.draw,
						    FL_CATEGORY_CORRUPT);

		if (fl_decide(&impair, &in, NULL) != FL_REASON_PASSED)
			pairs_add(&pairs, bit, bit << 4);
	}
	stat_ok(pairs_fit(&pairs), "every bit is corrupted as often");
}

/* ---- a share of the flows ----------------------------------------- */

/* Flow @number of clients as they are: addresses and ports in sequence. */
static __u64 identity_of(__u32 number, bool is_v6, __u32 side)
{
	struct fl_parsed packet = { .proto = IPPROTO_TCP,
				    .vlan = FL_VLAN_NONE };
	__u64 remote = htonl(0x0a000000 + number / 1000);
	__u16 port = htons((__u16)(40000 + number % 1000));
	__u64 *src = side == FL_IN ? &packet.src_low : &packet.dst_low;
	__u64 *dst = side == FL_IN ? &packet.dst_low : &packet.src_low;
	struct fl_key key = { 0 };

	*src = is_v6 ? remote << 32 : remote;
	*dst = is_v6 ? 1ull << 56 : htonl(0xc0a80001);
	packet.ports = side == FL_IN ? (__u32)htons(443) << 16 | port :
				       (__u32)port << 16 | htons(443);
	if (is_v6) {
		packet.flags |= FL_PARSED_V6;
		packet.src_high = packet.dst_high = 0xb80d0120;
	}
	key_make(&packet, side, SEED, fl_secret(SEED), &key);
	return key_identity(&key);
}

static void check_share(bool is_v6)
{
	struct fl_action some = { .flags = FL_ACT_SHARE, .seed = SEED };
	struct fl_action more = some, other = some;
	const char *family = is_v6 ? "IPv6" : "IPv4";
	__u64 taken = 0, lost = 0, turned = 0, both = 0;
	__u32 flows = DRAWS / 2;

	some.share_u32 = P(5);
	more.share_u32 = P(20);
	other.share_u32 = P(20);
	other.seed++;
	for (__u32 i = 0; i < flows; i++) {
		__u64 identity = identity_of(i, is_v6, FL_IN);
		int in_some = match_in_share(&some, identity);
		int in_more = match_in_share(&more, identity);

		turned += identity != identity_of(i, is_v6, FL_OUT);
		taken += (__u64)in_more;
		lost += in_some && !in_more;
		both += in_more && match_in_share(&other, identity);
	}
	stat_ok(stat_binomial(taken, flows, 0.2), "flows 20%%: %s", family);
	stat_ok(stat_binomial(both, flows, 0.2 * 0.2),
		"flows 20%%: other ones by another seed, %s", family);
	tap_is_u64(lost, 0, "flows 20%%: all that 5%% took, %s", family);
	tap_is_u64(turned, 0, "a flow is itself both ways, %s", family);
}

/* ---- addresses that the short way takes for equal ----------------------- */

/* Whether two IPv6 addresses, @a in all words and @flip of it in two, fold to
 * the same word by one of so many seeds. */
static bool folds_alike(const __u64 a[4], const __u64 flip[4])
{
	__u64 b[4];

	for (int i = 0; i < 4; i++)
		b[i] = a[i] ^ flip[i];
	for (__u64 seed = 1; seed <= 20; seed++) {
		__u64 secret = fl_secret(seed);

		if (key_fold6(a, seed, secret) == key_fold6(b, seed, secret))
			return true;
	}
	return false;
}

/* Host 2 in net 1 and host 1 in net 2, and whatever else keeps the XOR of two
 * words or goes through a multiplication alone. */
static void check_folds(void)
{
	const __u64 a[4] = { 1ull << 56, 0x0100b80d01200000, 0xb80d0120,
			     1ull << 57 };
	unsigned alike = 0;

	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			for (int bit = 0; bit < 64; bit++) {
				__u64 flip[4] = { 0 };

				flip[i] = flip[j] = 1ull << bit;
				alike += folds_alike(a, flip);
				flip[i] = 1ull << 63 | 1ull << 31;
				alike += folds_alike(a, flip);
				flip[i] = 1ull << bit;
				flip[j] = 1ull << 63 | 1ull << 31;
				alike += folds_alike(a, flip);
			}
	tap_is_u64(alike, 0, "no two of 1,152 pairs of addresses are alike");
}

/* Through the stages: the first packet's fate is that of all. */
static void check_stable(void)
{
	struct model *model = model_new(1024, SEED);
	struct fl_rule rule = model_rule("gray", FL_DIR_BOTH,
					 FL_IMPAIR_BLACKHOLE, 0);
	const __u32 flows = 10000;
	__u32 taken = 0, changed = 0, again = 0;

	rule.seed = SEED;
	rule.match.present = 1u << FL_FIELD_FLOWS;
	rule.match.flows_u32 = P(30);
	model_load_rules(model, &rule, 1);
	/* Ten times as many as have a slot: most are evicted in between. */
	for (__u32 flow = 0; flow < flows; flow++) {
		__u32 first = shoot(model, flow, FL_IN);

		taken += first != FL_REASON_PASSED;
		for (__u32 n = 1; n < 6; n++)
			changed += shoot(model, flow, n & 1) != first;
		model->clock.jiffies++;
	}
	for (__u32 flow = 0; flow < flows; flow++)
		again += shoot(model, flow, FL_OUT) != FL_REASON_PASSED;
	stat_ok(stat_binomial(taken, flows, 0.3), "flows 30%%: in the stages");
	tap_is_u64(changed, 0, "a flow is taken or not, as its first packet");
	tap_is_u64(again, taken, "and when it comes again");
	model_free(model);
}

int main(void)
{
	check_categories();
	check_neighbours();
	check_several();
	check_corrupt_bit();
	check_share(false);
	check_share(true);
	check_folds();
	check_stable();
	stat_done();
	return tap_done();
}
