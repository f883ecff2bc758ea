/* SPDX-License-Identifier: GPL-2.0-only */
#include "leave.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "guest.h"
#include "release.h"

/* For how long nothing may have come, and for how long we wait for that. */
#define QUIET_NS 10000000ull
#define FLUSH_NS 1000000000ull

static void put_again(struct worker *worker, struct hold_packet *packet)
{
	wheel_put(&worker->wheel, &packet->entry,
		  packet->guest->leaves ? 0 : packet->departure_ns);
}

/* Puts all packets into the wheel anew, but those of @without, which are lost.
 * Without memory they stay as they are. */
static void put_all_again(struct worker *worker, const struct guest *without)
{
	__u32 count = worker->wheel.count;
	struct wheel_entry **entries = malloc((count + 1) * sizeof(*entries));

	if (!entries || !wheel_take_all(&worker->wheel, entries))
		count = 0;
	for (__u32 i = 0; i < count; i++) {
		struct hold_packet *packet = (struct hold_packet *)entries[i];

		if (packet->guest == without)
			hold_drop(worker, packet);
		else
			put_again(worker, packet);
	}
	free(entries);
}

void leave_begin(struct worker *worker, struct guest *guest, __u64 now_ns)
{
	guest->leaves = true;
	guest->quiet_ns = now_ns;
	guest->until_ns = now_ns + FLUSH_NS;
	guest_strike_name(guest);
	if (guest->units)
		put_all_again(worker, NULL);
}

bool leave_is_over(struct guest *guest, __u64 now_ns)
{
	if (guest->error || now_ns >= guest->until_ns)
		return true;
	if (guest->units)
		guest->quiet_ns = now_ns;
	return now_ns - guest->quiet_ns >= QUIET_NS;
}

void leave_end(struct worker *worker, struct guest *guest)
{
	struct guest **link = &worker->guests;

	for (int side = 0; side < FL_SIDES; side++)
		epoll_ctl(worker->epoll, EPOLL_CTL_DEL, guest->tap[side], NULL);
	/* It was unable to take them. */
	if (guest->units)
		put_all_again(worker, guest);
	while (*link != guest)
		link = &(*link)->next;
	*link = guest->next;
	guest_hand_over(&worker->leaving, guest);
}
