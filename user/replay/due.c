/* SPDX-License-Identifier: GPL-2.0-only */
#include "due.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 64

/* A binary heap: none goes before the one at (index - 1) / 2. */
struct due_entry {
	__u64 departure_ns;
	__u64 number; /* in which order they were put in */
	struct due_frame *frame;
};

static bool goes_before(const struct due_entry *a, const struct due_entry *b)
{
	if (a->departure_ns != b->departure_ns)
		return a->departure_ns < b->departure_ns;
	return a->number < b->number;
}

static int make_room(struct due *due)
{
	size_t room = due->room ? 2 * due->room : ROOM_MIN;
	struct due_entry *heap;

	if (due->count < due->room)
		return 0;
	heap = reallocarray(due->heap, room, sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	due->heap = heap;
	due->room = room;
	return 0;
}

/* In one piece with its data and options. */
static struct due_frame *copy(const struct due_frame *frame)
{
	__u32 length = frame->frame.length;
	__u32 options = frame->frame.options_length;
	struct due_frame *made = malloc(sizeof(*made) + length + options);
	unsigned char *data = (unsigned char *)(made + 1);

	if (!made)
		return NULL;
	*made = *frame;
	if (length)
		memcpy(data, frame->frame.data, length);
	made->frame.data = data;
	if (options)
		memcpy(data + length, frame->frame.options, options);
	made->frame.options = data + length;
	return made;
}

int due_put(struct due *due, const struct due_frame *frame)
{
	struct due_entry entry = {
		.departure_ns = frame->departure_ns,
		.number = due->put,
	};
	size_t at = due->count;

	if (due->count >= due->max)
		return -ENOBUFS;
	if (make_room(due))
		return -ENOMEM;
	entry.frame = copy(frame);
	if (!entry.frame)
		return -ENOMEM;
	due->put++;
	due->count++;
	for (; at; at = (at - 1) / 2) {
		if (!goes_before(&entry, &due->heap[(at - 1) / 2]))
			break;
		due->heap[at] = due->heap[(at - 1) / 2];
	}
	due->heap[at] = entry;
	return 0;
}

const struct due_frame *due_first(const struct due *due)
{
	return due->count ? due->heap[0].frame : NULL;
}

void due_drop_first(struct due *due)
{
	struct due_entry last;
	size_t at = 0, next;

	if (!due->count)
		return;
	free(due->heap[0].frame);
	last = due->heap[--due->count];
	while ((next = 2 * at + 1) < due->count) {
		if (next + 1 < due->count &&
		    goes_before(&due->heap[next + 1], &due->heap[next]))
			next++;
		if (goes_before(&last, &due->heap[next]))
			break;
		due->heap[at] = due->heap[next];
		at = next;
	}
	due->heap[at] = last;
}

void due_free(struct due *due)
{
	for (size_t i = 0; i < due->count; i++)
		free(due->heap[i].frame);
	free(due->heap);
	due->heap = NULL;
	due->count = due->room = 0;
}
