/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* That the packet is held; how long, depart.h says. */
FL_IMPAIR(delay)
{
	return FL_REASON_PASSED | FL_FATE(HOLD);
}

FL_EXPECT(delay)
{
	return fl_expect_holds();
}

FL_IMPAIR(reorder)
{
	return FL_REASON_PASSED | FL_FATE(HOLD);
}

/*
 * After each packet that went ahead gap - 1 stay, then each has the chance: a
 * renewal process, whose share scatters with variance / mean^3 of the distance
 * between two such packets.
 */
FL_EXPECT(reorder)
{
	double p = fl_ratio(params->reorder.probability_u32);
	double wait = params->reorder.gap > 1 ? params->reorder.gap - 1 : 0;
	double rate = p > 0 ? 1 / (wait + 1 / p) : 0;
	struct fl_expect expect = fl_expect_effect(
		FL_EFFECT_REORDERED,
		params->reorder.correlation_u32 ? FL_LAW_NONE : FL_LAW_CHANCE,
		rate);

	if (wait > 0 && p > 0)
		expect.inflation = (1 - p) / (p * p) * rate * rate / (1 - rate);
	return expect;
}

FL_IMPAIR(rate)
{
	return FL_REASON_PASSED | FL_FATE(HOLD);
}

FL_EXPECT(rate)
{
	return fl_expect_holds();
}

FL_IMPAIR(queue)
{
	return FL_REASON_PASSED | FL_FATE(HOLD);
}

FL_EXPECT(queue)
{
	struct fl_expect expect = fl_expect_holds();

	expect.marks = params->queue.ecn != 0;
	expect.counts = params->queue.packets != 0;
	return expect;
}

FL_IMPAIR(slot)
{
	return FL_REASON_PASSED | FL_FATE(HOLD);
}

FL_EXPECT(slot)
{
	return fl_expect_holds();
}
