/* SPDX-License-Identifier: GPL-2.0-only */
#include "release.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <faultline/histogram.h>

#include "guest.h"
#include "labels.h"

/* Counted as gone when all of a batch are. */
#define BATCH 64
#define TURN_NS 500000ull /* others have to be looked after */
#define UNKNOWN (~0ull)

/* ---- counting ----------------------------------------------------------- */

/* Rules that follow each other in a batch, together. */
struct tally {
	struct guest *guest;
	__u32 index; /* of map "holdings" */
	__u64 released, late, delay_ns;
};

static void add(__u64 *to, __u64 what)
{
	__atomic_fetch_add(to, what, __ATOMIC_RELAXED);
}

/* The programs write here too. */
static void tally_flush(struct tally *tally)
{
	struct fl_holding *holding;
	__u64 held;

	if (!tally->released)
		return;
	holding = &tally->guest->holdings[tally->index];
	if (tally->late)
		add(&holding->late, tally->late);
	add(&holding->delay_ns, tally->delay_ns);
	held = __atomic_load_n(&holding->held, __ATOMIC_RELAXED);
	add(&holding->held, -(held < tally->released ? held : tally->released));
	/* Last: whoever reads the sums first never divides too many. */
	__atomic_fetch_add(&holding->released, tally->released,
			   __ATOMIC_RELEASE);
	memset(tally, 0, sizeof(*tally));
}

/* What no packet of the rule was asked to wait less than. */
static __u64 least_ns(struct guest *guest, __u32 id)
{
	__u32 generation = __atomic_load_n(&guest->control->generation,
					   __ATOMIC_ACQUIRE);
	struct fl_timing timing;

	if (generation != guest->generation) {
		memset(guest->least_ns, 0xff, sizeof(guest->least_ns));
		guest->generation = generation;
	}
	if (guest->least_ns[id] == UNKNOWN)
		guest->least_ns[id] = obj_map_read(guest->dev->map[OBJ_TIMINGS],
						   id, &timing) ?
					      0 :
					      timing.least_ns;
	return guest->least_ns[id];
}

static void count_one(const struct hold_packet *packet, struct tally *tally,
		      __u64 now_ns)
{
	__u32 index = packet->id * (__u32)FL_SIDES + packet->side, bucket;
	struct guest *guest = packet->guest;
	struct fl_holding *holding;
	__u64 delay_ns = 0;

	if (packet->id == FL_PARCEL_NOBODY)
		return;
	holding = guest_holding(guest, index);
	if (!holding)
		return;
	if (index != tally->index || guest != tally->guest)
		tally_flush(tally);
	tally->guest = guest;
	tally->index = index;
	/* One that was paced, let go early, may not have arrived yet. */
	if (now_ns > packet->arrival_ns)
		delay_ns = now_ns - packet->arrival_ns;
	tally->released++;
	tally->delay_ns += delay_ns;
	tally->late += now_ns >= packet->departure_ns + FL_LATE_NS;
	bucket = fl_histogram_beyond(delay_ns, least_ns(guest, packet->id));
	__atomic_fetch_add(&holding->histogram[bucket], 1, __ATOMIC_RELAXED);
}

/* ---- out ---------------------------------------------------------------- */

static struct hold_packet *packet_of(struct wheel_entry *entry)
{
	return (struct hold_packet *)entry;
}

/*
 * The packets went one after the other from @from_ns on. The last one left
 * before its call returned: in that call the kernel also does the receivers'
 * work. Those that are gone from the batch did not go out: they are lost, and
 * found to be so later.
 */
static void count_batch(struct wheel_entry **due, __u32 count, __u64 from_ns)
{
	__u64 each_ns = (clock_now_ns() - from_ns) / count;
	struct tally tally = { 0 };

	for (__u32 i = 0; i < count; i++)
		if (due[i])
			count_one(packet_of(due[i]), &tally,
				  from_ns + i * each_ns);
	tally_flush(&tally);
}

void hold_drop(struct worker *worker, struct hold_packet *packet)
{
	packet->guest->units -= FL_HELD_UNITS(packet->length);
	memory_put(&worker->memory, packet);
}

/* The device has gone, or went down; or else it did not want this one. */
static bool is_final(int error)
{
	return error == EBADFD || error == EIO || error == EBADF;
}

/* False: it is lost. */
static bool send_one(struct hold_packet *packet)
{
	struct guest *guest = packet->guest;
	ssize_t sent;

	if (packet->labelled)
		labels_write(packet);
	sent = write(guest->tap[packet->side], packet->data, packet->length);
	if (sent < 0 && is_final(errno))
		guest->error = -errno;
	return sent >= 0;
}

static void send_batch(struct worker *worker, struct wheel_entry **due,
		       __u32 count)
{
	__u64 from_ns = clock_now_ns();

	for (__u32 i = 0; i < count; i++) {
		struct hold_packet *packet = packet_of(due[i]);

		packet->guest->busy_ns = from_ns;
		if (send_one(packet))
			continue;
		hold_drop(worker, packet);
		due[i] = NULL;
	}
	count_batch(due, count, from_ns);
	for (__u32 i = 0; i < count; i++)
		if (due[i])
			hold_drop(worker, packet_of(due[i]));
}

__u32 hold_release(struct worker *worker, __u64 now_ns)
{
	__u64 until_ns = clock_now_ns() + TURN_NS;
	struct wheel_entry *due[BATCH];
	__u32 count, sum = 0;

	do {
		count = wheel_take(&worker->wheel, now_ns, due, BATCH);
		if (count)
			send_batch(worker, due, count);
		sum += count;
	} while (count == BATCH && clock_now_ns() < until_ns);
	return sum;
}
