/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As many rules as a device can have: each of them is found, by whatever it
 * matches, and they take no room that belongs to others.
 */
#include "model/model.c"
#include "model/many.h"
#include "lib/tap.h"

static struct model *model;
static struct fl_rule rules[FL_RULES_MAX];

/* Whether the rule at place @i has decided a packet of its own. */
static bool is_found(unsigned i, unsigned kind)
{
	__u32 id = model->rules[i].id;
	struct fl_counters sum;
	static struct pkt pkt;
	__u64 fate;

	many_packet(i, kind, &pkt);
	model_tc(model, pkt.data, pkt.length, FL_IN, NULL, &fate);
	model_counters(model, id, FL_IN, &sum);
	return (fate & FL_FATE_REASON) == FL_REASON_DROPPED && sum.packets == 1;
}

/* Rules of @kinds kinds, beginning with @first. */
static void check_each(unsigned first, unsigned kinds, const char *what)
{
	unsigned lost = 0, last = 0;
	struct fl_counters sum;

	model = model_new_for(65536, 0x5eed, FL_RULES_MAX);
	for (unsigned i = 0; i < FL_RULES_MAX; i++)
		many_rule(i, first + i % kinds, &rules[i]);
	tap_is_u64((__u64)model_load_rules(model, rules, FL_RULES_MAX), 0,
		   "%u rules, %s: compiled", FL_RULES_MAX, what);
	for (unsigned i = 0; i < FL_RULES_MAX; i++)
		if (!is_found(i, first + i % kinds)) {
			last = i;
			lost++;
		}
	if (!tap_is_u64(lost, 0, "each is found by its packet"))
		tap_diag("not the one at %u", last);
	model_counters(model, FL_ID_UNMATCHED, FL_IN, &sum);
	tap_is_u64(sum.packets, 0, "no packet is left over");
	model_free(model);
}

/* What becomes of the packet of the rule at place @i. */
static __u32 shoot_at(unsigned i)
{
	static struct pkt pkt;
	__u64 fate;

	many_packet(i, i % MANY_KINDS, &pkt);
	model_tc(model, pkt.data, pkt.length, FL_IN, NULL, &fate);
	return (__u32)(fate & FL_FATE_REASON);
}

/* One rule comes in front of all, and goes again. */
static void check_change(void)
{
	struct fl_rule first = model_rule("first", FL_DIR_BOTH, FL_IMPAIR_LOSS,
					  0);
	const unsigned count = FL_RULES_MAX - 1;

	model = model_new_for(65536, 0x5eed, FL_RULES_MAX);
	for (unsigned i = 0; i < count; i++)
		many_rule(i, i % MANY_KINDS, &rules[i]);
	model_load_rules(model, rules, count);
	tap_is_u64(shoot_at(count - 1), FL_REASON_DROPPED, "by the last rule");
	first.prio = 1;
	tap_is_u64((__u64)model_add_rules(model, &first, 1), 0, "one more");
	tap_is_u64(shoot_at(count - 1), FL_REASON_PASSED, "by the first one");
	tap_is_u64((__u64)model_add_rules(model, &first, 1), (__u64)-E2BIG,
		   "there is no room for another");
	model_delete_rule(model, "first");
	tap_is_u64(shoot_at(count - 1), FL_REASON_DROPPED, "by the last again");
	model_free(model);
}

int main(void)
{
	check_each(0, MANY_KINDS, "of all kinds");
	check_each(0, 1, "by an address and a port of their own");
	check_each(3, 1, "by IPv6 and a port of their own");
	check_change();
	return tap_done();
}
