/* SPDX-License-Identifier: GPL-2.0-only */
#include "wheel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NO_SLOT (~0u)
#define TOP (WHEEL_LEVELS - 1)
#define SLOTS_SIZE (WHEEL_SLOTS * sizeof(struct wheel_slot))

/* Slots of later turns that are passed over in search of the next one due. */
#define LOOKS_MAX 16

struct wheel_slot { /* first in, first out */
	struct wheel_entry *head, *tail;
};

_Static_assert(WHEEL_SLOTS_LOG == 6 * WHEEL_LEVELS, "one word on top");

/* Its pages come when they are first used. */
int wheel_init(struct wheel *wheel, __u64 now_ns)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->cursor = now_ns >> WHEEL_TICK_SHIFT;
	wheel->slots = mmap(NULL, SLOTS_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (wheel->slots == MAP_FAILED)
		wheel->slots = NULL;
	for (int level = 0; level < WHEEL_LEVELS; level++)
		wheel->bits[level] = calloc(WHEEL_SLOTS >> 6 * (level + 1),
					    sizeof(__u64));
	if (wheel->slots && wheel->bits[0] && wheel->bits[1] && wheel->bits[2])
		return 0;
	wheel_free(wheel);
	return -ENOMEM;
}

void wheel_free(struct wheel *wheel)
{
	if (wheel->slots)
		munmap(wheel->slots, SLOTS_SIZE);
	for (int level = 0; level < WHEEL_LEVELS; level++)
		free(wheel->bits[level]);
	memset(wheel, 0, sizeof(*wheel));
}

static void mark_used(struct wheel *wheel, __u32 slot)
{
	for (int level = 0; level < WHEEL_LEVELS; level++) {
		wheel->bits[level][slot >> 6] |= 1ull << (slot & 63);
		slot >>= 6;
	}
}

static void mark_empty(struct wheel *wheel, __u32 slot)
{
	for (int level = 0; level < WHEEL_LEVELS; level++) {
		__u64 *word = &wheel->bits[level][slot >> 6];

		*word &= ~(1ull << (slot & 63));
		if (*word)
			return;
		slot >>= 6;
	}
}

void wheel_put(struct wheel *wheel, struct wheel_entry *entry, __u64 due_ns)
{
	__u64 tick = (due_ns + WHEEL_TICK_NS - 1) >> WHEEL_TICK_SHIFT;
	struct wheel_slot *slot;
	__u32 index;

	if (tick < wheel->cursor)
		tick = wheel->cursor;
	index = (__u32)tick & (WHEEL_SLOTS - 1);
	slot = &wheel->slots[index];
	entry->tick = tick;
	entry->next = NULL;
	if (!slot->head) {
		slot->head = entry;
		mark_used(wheel, index);
	} else {
		slot->tail->next = entry;
	}
	slot->tail = entry;
	wheel->count++;
}

/*
 * First slot in use from @slot on up to the end of the array, or NO_SLOT: up
 * the levels until a word has a bit behind ours, and down again by the lowest.
 */
static __u32 first_used(const struct wheel *wheel, __u32 slot)
{
	int level = 0;
	__u64 word;

	for (;;) {
		word = wheel->bits[level][slot >> 6] & ~0ull << (slot & 63);
		if (word)
			break;
		slot = (slot >> 6) + 1;
		if (level == TOP || slot == WHEEL_SLOTS >> 6 * (level + 1))
			return NO_SLOT;
		level++;
	}
	slot = (slot & ~63u) | (__u32)__builtin_ctzll(word);
	while (level--)
		slot = slot << 6 |
		       (__u32)__builtin_ctzll(wheel->bits[level][slot]);
	return slot;
}

/* The tick, from @tick on, at which the next slot in use comes by; the wheel
 * is not empty. */
static __u64 next_tick(const struct wheel *wheel, __u64 tick)
{
	__u32 from = (__u32)tick & (WHEEL_SLOTS - 1);
	__u32 slot = first_used(wheel, from);

	if (slot == NO_SLOT)
		slot = first_used(wheel, 0);
	return tick + ((slot - from) & (WHEEL_SLOTS - 1));
}

/* Whether it is the turn of one of those in the slot that comes by. */
static bool has_due(const struct wheel *wheel, __u64 tick)
{
	const struct wheel_entry *entry;

	entry = wheel->slots[tick & (WHEEL_SLOTS - 1)].head;
	while (entry && entry->tick > tick)
		entry = entry->next;
	return entry;
}

__u64 wheel_next_ns(const struct wheel *wheel)
{
	__u64 tick = wheel->cursor;

	if (!wheel->count)
		return WHEEL_NEVER;
	for (int looks = 0; looks < LOOKS_MAX; looks++) {
		tick = next_tick(wheel, tick);
		if (has_due(wheel, tick))
			break;
		tick++;
	}
	return tick << WHEEL_TICK_SHIFT;
}

/*
 * Takes those out of the slot that comes by at @tick whose turn it is; the
 * others stay in order. Returns how many; with @max the slot may have more.
 */
static __u32 take_slot(struct wheel *wheel, __u64 tick,
		       struct wheel_entry **entries, __u32 max)
{
	__u32 index = (__u32)tick & (WHEEL_SLOTS - 1), count = 0;
	struct wheel_slot *slot = &wheel->slots[index];
	struct wheel_entry **link = &slot->head, *last = NULL;

	while (*link && count < max) {
		struct wheel_entry *entry = *link;

		if (entry->tick > tick) {
			last = entry;
			link = &entry->next;
			continue;
		}
		entries[count++] = entry;
		*link = entry->next;
	}
	if (!*link)
		slot->tail = last;
	if (!slot->head)
		mark_empty(wheel, index);
	wheel->count -= count;
	return count;
}

__u32 wheel_take(struct wheel *wheel, __u64 now_ns,
		 struct wheel_entry **entries, __u32 max)
{
	__u64 now = now_ns >> WHEEL_TICK_SHIFT;
	__u32 count = 0;

	while (wheel->count && count < max) {
		__u64 tick = next_tick(wheel, wheel->cursor);

		if (tick > now)
			break;
		wheel->cursor = tick;
		count += take_slot(wheel, tick, entries + count, max - count);
		/* There may be more; else those of later turns come by again
		 * a whole turn from here. */
		if (count < max)
			wheel->cursor = tick + 1;
	}
	if (count < max && wheel->cursor < now)
		wheel->cursor = now;
	return count;
}

/* ---- all of them -------------------------------------------------------- */

struct place {
	struct wheel_entry *entry;
	__u32 number; /* of the same tick in the order in which they came */
};

static int compare(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->entry->tick != b->entry->tick)
		return a->entry->tick < b->entry->tick ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

bool wheel_take_all(struct wheel *wheel, struct wheel_entry **entries)
{
	struct place *places = malloc((wheel->count + 1) * sizeof(*places));
	__u32 slot = 0, count = 0;

	if (!places)
		return false;
	while (count < wheel->count) {
		struct wheel_entry *entry;

		slot = first_used(wheel, slot);
		entry = wheel->slots[slot].head;
		for (; entry; entry = entry->next, count++)
			places[count] = (struct place){ entry, count };
		wheel->slots[slot].head = NULL;
		mark_empty(wheel, slot);
	}
	qsort(places, count, sizeof(*places), compare);
	for (__u32 i = 0; i < count; i++)
		entries[i] = places[i].entry;
	wheel->count = 0;
	free(places);
	return true;
}
