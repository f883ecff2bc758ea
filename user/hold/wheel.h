/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A timing wheel: entries come out again in order of the time at which they are
 * due, and in the order in which they went in where that is the same. In, out
 * and "when is the next" take constant time and no memory: an entry is a part
 * of what the caller keeps. Pure: the time is what the caller says.
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

/*
 * A slot is 1 us wide, and the wheel turns in a quarter of a second. Entries
 * that are due later see it pass until it is their turn.
 */
#define WHEEL_TICK_SHIFT 10
#define WHEEL_TICK_NS (1ull << WHEEL_TICK_SHIFT)
#define WHEEL_SLOTS_LOG 18
#define WHEEL_SLOTS (1u << WHEEL_SLOTS_LOG)
#define WHEEL_LEVELS 3 /* of 64-bit words: 2^6 bits to one above */
#define WHEEL_NEVER (~0ull)

struct wheel_entry {
	struct wheel_entry *next;
	__u64 tick; /* from which on it may come out */
};

struct wheel {
	__u64 cursor; /* tick before which all slots are empty */
	__u32 count;  /* entries in it */
	struct wheel_slot *slots;
	__u64 *bits[WHEEL_LEVELS]; /* slots that have any, words that do */
};

/* At the time @now_ns. -ENOMEM. */
int wheel_init(struct wheel *wheel, __u64 now_ns);
void wheel_free(struct wheel *wheel);

/* @entry must not be in it. What is due already comes out next. */
void wheel_put(struct wheel *wheel, struct wheel_entry *entry, __u64 due_ns);

/*
 * When to look again: not later than the next entry is due and no more than a
 * tick after it, but for entries of later turns sooner. WHEEL_NEVER: it is
 * empty.
 */
__u64 wheel_next_ns(const struct wheel *wheel);

/*
 * Takes out all @count of them, in order, into an array that has room. False:
 * there is no memory to sort them, and they stay.
 */
bool wheel_take_all(struct wheel *wheel, struct wheel_entry **entries);

/*
 * Takes out up to @max entries that are due at @now_ns, never one before its
 * time. Returns how many; fewer than @max when no more are due.
 */
__u32 wheel_take(struct wheel *wheel, __u64 now_ns,
		 struct wheel_entry **entries, __u32 max);
