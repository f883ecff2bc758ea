/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flow far from its home slot changes places with one that sleeps nearer,
 * with all that either has counted, and only when nobody can be using the
 * other.
 */
#include "lib/tap.h"
#include "model/model.c"
#include "model/shoot.h"

#define SLOTS FL_FLOW_WAYS /* one set: each slot is near or far by its home */
#define LATE (FL_FLOW_WAYS - 1)

static struct model *model;

/* The home slot of flow @number, known once it is there. */
static __u32 home_of(__u32 number)
{
	struct fl_key key;
	struct pkt pkt;

	shoot_build(&pkt, number, FL_IN);
	model_key(pkt.data, pkt.length, FL_IN, model->seed, &key);
	return flow_home(&key);
}

static __u32 away(__u32 number)
{
	return (__u32)shoot_slot(model, number) ^ home_of(number);
}

/* A full set: flow 0 sleeps at its home, and so on; the last one is awake. The
 * seed is one for which that one came to lie far from its home. */
static __u32 fill(void)
{
	for (__u64 seed = 1; seed < 1000; seed++) {
		model = model_new(SLOTS, seed);
		for (__u32 i = 0; i <= LATE; i++) {
			shoot(model, i, FL_IN);
			shoot(model, i, FL_OUT);
			shoot(model, i, FL_OUT);
			shoot(model, i, FL_IN);
		}
		if (away(LATE) >= FL_FLOW_NEAR)
			return (__u32)shoot_slot(model, LATE);
		model_free(model);
	}
	return FL_FLOW_NONE;
}

static void sleep_all(void)
{
	model->clock.jiffies += MOVE_MIN_AGE + 1;
}

/* More packets than lie between two tries. */
static void use(__u32 number, __u32 side)
{
	for (int i = 0; i < 20; i++)
		shoot(model, number, side);
}

static struct fl_flow_side counted(__u32 number, __u32 side)
{
	return model_counted(model, (__u32)shoot_slot(model, number), side);
}

static void comes_home(__u32 side)
{
	bool others = true;

	if (!tap_ok(fill() != FL_FLOW_NONE, "a flow is far from its home"))
		return;
	sleep_all();
	use(LATE, side);
	tap_ok(away(LATE) < FL_FLOW_LINE, "it has come home: %u away",
	       away(LATE));
	tap_is_u64(counted(LATE, side).packets, 22, "with its packets");
	tap_is_u64(counted(LATE, !side).packets, 2, "on both sides");
	for (__u32 i = 0; i < LATE; i++)
		others = others && counted(i, FL_IN).packets == 2 &&
			 counted(i, FL_IN).bytes == 2 * SHOOT_BYTES &&
			 counted(i, FL_OUT).packets == 2 &&
			 counted(i, FL_OUT).bytes == 2 * SHOOT_BYTES;
	tap_ok(others, "the others have theirs");
	tap_is_u64(shoot_used(model), SLOTS, "each flow once");
	use(LATE, FL_IN);
	use(LATE, FL_OUT);
	tap_is_u64(counted(LATE, side).packets, 42, "and it counts on");
	tap_is_u64(counted(LATE, !side).packets, 22, "on both sides");
	model_free(model);
}

/* Where flow LATE is after 20 packets of it on @side. */
static void stays(const char *why, __u32 was, __u32 side)
{
	use(LATE, side);
	tap_is_u64((__u64)shoot_slot(model, LATE), was, "it stays: %s", why);
	model_free(model);
}

static void wakes(void)
{
	__u32 was = fill();

	stays("nobody sleeps", was, FL_IN);
	was = fill();
	sleep_all();
	model->runs[1].set = owner_set(was);
	stays("another CPU is announced in the set", was, FL_IN);
	was = fill();
	sleep_all();
	for (__u32 i = 0; i < SLOTS; i++)
		if (i != was)
			model->flows[i].word = FL_WORD(FL_GEN_BUSY,
						       model->flows[i].word);
	use(LATE, FL_IN);
	tap_is_u64((__u64)shoot_slot(model, LATE), was,
		   "it stays: the others are being written");
	model_free(model);
}

int main(void)
{
	comes_home(FL_IN);
	comes_home(FL_OUT);
	wakes();
	return tap_done();
}
