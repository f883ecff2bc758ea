/* SPDX-License-Identifier: GPL-2.0-only */
#include "usher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/holder.h"
#include "device/ways_state.h"
#include "guest.h"
#include "kernel/netns.h"
#include "kernel/pins.h"
#include "lost.h"

#define POLL_MS 500
#define SETTLE_MS 100
#define LEAVING_MS 5
#define LOOK_NS 5000000000ull /* at all devices, unasked */
#define QUIET_NS 500000000ull
#define LOST_LOOK_NS 50000000ull

struct usher {
	struct worker *worker;
	pthread_t thread;
	int home;  /* our own network namespace */
	int calls; /* inotify */
	struct guest **guests;
	size_t count, room;
	__u64 looked_ns;
	bool ending;
};

static void ring(const struct usher *usher)
{
	const __u64 once = 1;

	(void)!write(usher->worker->bell, &once, sizeof(once));
}

/* ---- who comes ---------------------------------------------------------- */

static bool is_here(const struct usher *usher, const struct store_entry *entry)
{
	for (size_t i = 0; i < usher->count; i++)
		if (!strcmp(usher->guests[i]->dev->entry.path, entry->path))
			return true;
	return false;
}

/* Attached, with ways to a process, which was not told to let it go. */
static bool is_wanted(const struct store_entry *entry)
{
	struct fl_device record;
	struct fl_control control;

	return !pins_read(entry, OBJ_DEVICE, &record, sizeof(record)) &&
	       record.state == FL_DEVICE_ATTACHED &&
	       holder_has_process(&record) && record.ways &&
	       !pins_read(entry, OBJ_CONTROL, &control, sizeof(control)) &&
	       !control.stop;
}

/* Opens what is in the namespace, which is the current one. */
static int open_here(struct device *dev, struct guest **guest,
		     struct fl_error *error)
{
	struct stat st = { 0 };
	int code = guest_open(dev, guest, error);

	if (code)
		return code;
	(*guest)->watch = netif_watch_open();
	(*guest)->netns = open("/proc/thread-self/ns/net",
			       O_RDONLY | O_CLOEXEC);
	if ((*guest)->netns >= 0 && !fstat((*guest)->netns, &st))
		(*guest)->netns_inode = st.st_ino;
	return 0;
}

static int open_guest(const struct store_entry *entry, struct guest **guest,
		      struct fl_error *error)
{
	struct device *dev;
	int home, code = device_open_lean(entry, &dev, error);

	if (code)
		return code;
	home = netns_enter(entry->netns_cookie);
	if (home < 0) {
		device_close(dev);
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot enter its network namespace: %s",
			       strerror(-home));
	}
	/* Of a worker that was killed. */
	hold_count_lost(dev, LOST_LOOK_NS);
	code = open_here(dev, guest, error);
	netns_leave(home);
	close(home);
	return code;
}

static int make_room(struct usher *usher)
{
	size_t room = usher->room ? 2 * usher->room : 16;
	struct guest **guests;

	if (usher->count < usher->room)
		return 0;
	guests = realloc(usher->guests, room * sizeof(*guests));
	if (!guests)
		return -ENOMEM;
	usher->guests = guests;
	usher->room = room;
	return 0;
}

static int bring_in(struct usher *usher, const struct store_entry *entry,
		    struct fl_error *error)
{
	struct guest *guest;
	int code;

	if (make_room(usher))
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	code = open_guest(entry, &guest, error);
	if (code)
		return code;
	guest->control->process = (__u32)getpid();
	guest->control->supervisor = (__u32)getppid();
	usher->guests[usher->count++] = guest;
	guest_hand_over(&usher->worker->arriving, guest);
	ring(usher);
	return 0;
}

/* Says so to whoever waits for it to be held. */
static void refuse(const struct store_entry *entry)
{
	struct fl_error error;
	struct device *dev;

	if (device_open_lean(entry, &dev, &error))
		return;
	__atomic_store_n(&dev->control->refused, 1, __ATOMIC_RELEASE);
	device_close(dev);
}

static void bring_all_in(struct usher *usher)
{
	struct store_entry *list;
	struct fl_error error;
	size_t count;

	if (store_entries(&list, &count))
		return;
	for (size_t i = 0; i < count; i++)
		if (!is_here(usher, &list[i]) && is_wanted(&list[i]) &&
		    bring_in(usher, &list[i], &error))
			refuse(&list[i]);
	free(list);
}

/* ---- who goes ----------------------------------------------------------- */

/* A device may have been detached and attached again. What cannot be read for
 * the moment is as it was. */
static bool has_pins(const struct device *dev)
{
	struct fl_device device;
	int err = pins_read(&dev->entry, OBJ_DEVICE, &device, sizeof(device));

	return err ? fl_is_transient(err) :
		     device.seed == dev->record.seed &&
			       device.epoch_ns == dev->record.epoch_ns;
}

/* Whether it and its ways are there. */
static bool has_devices(const struct usher *usher, const struct guest *guest)
{
	const struct fl_device *record = &guest->dev->record;
	struct netif_link link;
	bool has;

	if (netns_switch(guest->netns))
		return true; /* as far as we know */
	has = netif_link_get_index(record->ifindex, &link) != -ENODEV &&
	      ways_exist(record);
	netns_leave(usher->home);
	return has;
}

static void look_at(const struct usher *usher, struct guest *guest)
{
	if (!guest->control->stop && has_pins(guest->dev) &&
	    has_devices(usher, guest))
		return;
	__atomic_store_n(&guest->unwanted, true, __ATOMIC_RELAXED);
	ring(usher);
}

/* We ourselves, by our descriptors, would keep a network namespace that nobody
 * else wants. */
static void look_for_company(const struct usher *usher)
{
	const __u32 ours[] = { (__u32)getpid(), (__u32)getppid() };
	struct netns_mark *marks = calloc(usher->count + 1, sizeof(*marks));

	if (!marks)
		return;
	for (size_t i = 0; i < usher->count; i++)
		marks[i].inode = usher->guests[i]->netns_inode;
	netns_mark_alive(marks, usher->count, ours, 2);
	for (size_t i = 0; i < usher->count; i++)
		if (!marks[i].alive && marks[i].inode)
			__atomic_store_n(&usher->guests[i]->unwanted, true,
					 __ATOMIC_RELAXED);
	ring(usher);
	free(marks);
}

static void see_out(struct usher *usher)
{
	struct guest *next, *guest = guest_take_over(&usher->worker->leaving);

	for (; guest; guest = next) {
		struct fl_control *control = guest->control;

		next = guest->next;
		for (size_t i = 0; i < usher->count; i++)
			if (usher->guests[i] == guest)
				usher->guests[i--] =
					usher->guests[--usher->count];
		/* Whoever waits for this may delete the devices, which are
		 * closed then. */
		for (int side = 0; side < FL_SIDES; side++) {
			close(guest->tap[side]);
			guest->tap[side] = -1;
		}
		control->supervisor = 0;
		__atomic_store_n(&control->process, 0, __ATOMIC_RELEASE);
		guest_close(guest);
	}
}

/* ---- what got lost ------------------------------------------------------ */

/* Once after each time of work. */
static void settle(struct usher *usher)
{
	for (size_t i = 0; i < usher->count; i++) {
		struct guest *guest = usher->guests[i];
		__u64 busy = __atomic_load_n(&guest->busy_ns, __ATOMIC_ACQUIRE);
		bool good;

		if (!busy || busy == guest->settled_ns ||
		    clock_now_ns() - busy < QUIET_NS ||
		    netns_switch(guest->netns))
			continue;
		good = hold_settle_lost(guest->dev, &guest->busy_ns);
		netns_leave(usher->home);
		if (good)
			guest->settled_ns = busy;
	}
}

/* ---- the thread --------------------------------------------------------- */

static bool hear_calls(const struct usher *usher)
{
	char events[16 * sizeof(struct inotify_event)];
	bool called = false;

	while (read(usher->calls, events, sizeof(events)) > 0)
		called = true;
	return called;
}

/* Of its network namespace. */
static bool hear_changes(const struct guest *guest)
{
	struct pollfd fd = { .fd = guest->watch, .events = POLLIN };

	if (guest->watch < 0 || poll(&fd, 1, 0) <= 0)
		return false;
	netif_watch_drain(guest->watch);
	return true;
}

/* Until there is something to hear, or to see. */
static void wait_for_news(const struct usher *usher)
{
	size_t count = usher->count;
	struct pollfd *fds = calloc(count + 1, sizeof(*fds));
	int wait_ms = usher->worker->ending ? LEAVING_MS : POLL_MS;

	if (!fds)
		return;
	fds[0] = (struct pollfd){ .fd = usher->calls, .events = POLLIN };
	for (size_t i = 0; i < count; i++) {
		const struct guest *guest = usher->guests[i];

		fds[i + 1] = (struct pollfd){ .fd = guest->watch,
					      .events = POLLIN };
		if (guest->leaves || guest->unwanted)
			wait_ms = LEAVING_MS;
		else if (guest->busy_ns != guest->settled_ns &&
			 wait_ms > SETTLE_MS)
			wait_ms = SETTLE_MS;
	}
	poll(fds, count + 1, wait_ms);
	free(fds);
}

static void look_around(struct usher *usher, bool called)
{
	bool all = clock_now_ns() - usher->looked_ns >= LOOK_NS;

	for (size_t i = 0; i < usher->count; i++)
		if (hear_changes(usher->guests[i]) || called || all)
			look_at(usher, usher->guests[i]);
	if (all)
		look_for_company(usher);
	if (called || all)
		bring_all_in(usher);
	if (all)
		usher->looked_ns = clock_now_ns();
}

static void *usher_work(void *data)
{
	struct usher *usher = data;
	struct worker *worker = usher->worker;

	usher->looked_ns = clock_now_ns();
	bring_all_in(usher);
	while (!__atomic_load_n(&usher->ending, __ATOMIC_ACQUIRE)) {
		bool called;

		wait_for_news(usher);
		called = hear_calls(usher);
		see_out(usher);
		if (worker->ending)
			continue;
		look_around(usher, called);
		settle(usher);
		if (usher->count)
			continue;
		/* Nobody is left, and nobody wants to come. */
		__atomic_store_n(&worker->ending, true, __ATOMIC_RELAXED);
		ring(usher);
	}
	see_out(usher);
	return NULL;
}

/* Signals are for the worker. */
static int start_thread(struct usher *usher)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&usher->thread, NULL, usher_work, usher);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int usher_start(struct worker *worker, const struct store_entry *first,
		struct usher **started, struct fl_error *error)
{
	static struct usher usher;
	int err = 0, code = 0;

	usher.worker = worker;
	usher.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	usher.calls = store_hear_calls();
	if (usher.home < 0)
		err = -errno;
	else if (usher.calls < 0)
		err = usher.calls;
	if (!err && first)
		code = bring_in(&usher, first, error);
	if (!err && !code)
		err = start_thread(&usher);
	*started = &usher;
	return err ? fl_fail(error, FL_EXIT_ERROR, "cannot begin: %s",
			     strerror(-err)) :
		     code;
}

void usher_end(struct usher *usher)
{
	__atomic_store_n(&usher->ending, true, __ATOMIC_RELEASE);
	pthread_join(usher->thread, NULL);
}
