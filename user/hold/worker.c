/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worker: one thread that takes, waits and sends, for all guests. All that
 * it keeps is in its own memory, so when it dies the packets in it are lost,
 * and nothing else.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "leave.h"
#include "release.h"
#include "take.h"
#include "usher.h"

/* How often the programs and the supervisor must hear of us, and how often is
 * enough: they read the line that we write for each packet. */
#define BEAT_NS 15000000ull
#define BEAT_LEAST_NS 500000ull
#define ROOM_STEP 1024u

/* A guest of whom nothing was held for so long needs no beat, and the
 * supervisor few of them. */
#define ASLEEP_NS 20000000ull
#define IDLE_NS 500000000ull

/* With many guests it takes a while to look at all of them. */
#define LOOK_NS 100000ull

/* Before a departure: do not sleep. Between these, by how late the kernel woke
 * us lately; that is 20 us on an idle host, and 100 in a guest whose CPU has to
 * be woken, too. */
#define SPIN_LEAST_NS 50000ull
#define SPIN_MOST_NS 400000ull

#define LEAVE_NS 1000000ull /* while guests leave: look again */
#define TIDY_NS 1000000000ull

#define EVENTS 32
#define FILES 65536
#define PRIORITY (-10)

static volatile sig_atomic_t asked_to_end;

static void note_end(int number)
{
	(void)number;
	asked_to_end = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = note_end };
	sigset_t none;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- heartbeat ---------------------------------------------------------- */

/* What may still be given to us; what is on its way is not in it. */
static __u32 room_now(const struct guest *guest)
{
	__u32 max = guest->dev->record.held_max;

	return guest->units < max ? max - guest->units : 0;
}

static void beat(struct guest *guest, __u64 now_ns)
{
	__u32 room = room_now(guest);
	__u32 change = room > guest->room ? room - guest->room :
					    guest->room - room;

	if (now_ns - guest->beat_ns < BEAT_LEAST_NS && change < ROOM_STEP &&
	    (room > ROOM_STEP || !change))
		return;
	guest->asleep = false;
	guest->beat_ns = now_ns;
	guest->room = room;
	if (guest->units)
		guest->busy_ns = now_ns;
	__atomic_store_n(&guest->control->room, room, __ATOMIC_RELAXED);
	__atomic_store_n(&guest->control->beat_ns, now_ns, __ATOMIC_RELEASE);
}

/* From here on the programs say when the first packet is given to us. */
static void fall_asleep(struct guest *guest)
{
	struct fl_control *control = guest->control;

	guest->asleep = true;
	__atomic_store_n(&control->room, room_now(guest), __ATOMIC_RELAXED);
	__atomic_store_n(&control->given_ns, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&control->beat_ns, FL_BEAT_ASLEEP, __ATOMIC_RELEASE);
}

/* Whatever was held, or had come, lately. */
static void beat_or_sleep(struct guest *guest, __u64 now_ns)
{
	if (guest->units || (__s64)(now_ns - guest->busy_ns) < (__s64)ASLEEP_NS)
		beat(guest, now_ns);
	else if (!guest->asleep)
		fall_asleep(guest);
}

static bool is_to_leave(const struct worker *worker, const struct guest *guest)
{
	return worker->ending || guest->error ||
	       __atomic_load_n(&guest->unwanted, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&guest->control->stop, __ATOMIC_RELAXED);
}

static void look_after_guests(struct worker *worker, __u64 now_ns)
{
	struct guest *next;

	if (now_ns - worker->looked_ns < worker->look_ns)
		return;
	worker->looked_ns = now_ns;
	__atomic_store_n(&worker->shared->beat_ns, now_ns, __ATOMIC_RELAXED);
	if (asked_to_end)
		worker->ending = true;
	for (struct guest *guest = worker->guests; guest; guest = next) {
		next = guest->next;
		if (!guest->leaves && is_to_leave(worker, guest))
			leave_begin(worker, guest, now_ns);
		if (!guest->leaves)
			beat_or_sleep(guest, now_ns);
		else if (leave_is_over(guest, now_ns))
			leave_end(worker, guest);
	}
}

/* ---- arrivals ----------------------------------------------------------- */

static void admit(struct worker *worker, __u64 now_ns)
{
	struct guest *next, *guest = guest_take_over(&worker->arriving);

	for (; guest; guest = next) {
		struct epoll_event event = { .events = EPOLLIN,
					     .data.ptr = guest };

		next = guest->next;
		guest->next = worker->guests;
		worker->guests = guest;
		guest->busy_ns = now_ns;
		worker->look_ns = guest->next ? LOOK_NS : 0;
		for (int side = 0; side < FL_SIDES; side++)
			if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD,
				      guest->tap[side], &event))
				guest->error = -errno;
		guest_enter_name(guest);
	}
}

static void hear_bell(struct worker *worker)
{
	__u64 count;

	while (read(worker->bell, &count, sizeof(count)) > 0)
		;
}

/* ---- waiting ------------------------------------------------------------ */

/*
 * How long a packet, or the time of the next one, may be waited for; less the
 * time that the kernel may take to wake us: that is spent awake.
 */
static __u64 sleep_ns(const struct worker *worker, __u64 now_ns)
{
	__u64 next_ns = wheel_next_ns(&worker->wheel), most_ns = IDLE_NS;

	for (struct guest *guest = worker->guests; guest; guest = guest->next) {
		if (!guest->asleep && most_ns > BEAT_NS)
			most_ns = BEAT_NS;
		if (guest->leaves)
			most_ns = LEAVE_NS;
	}
	if (next_ns <= now_ns + worker->spin_ns)
		return 0;
	next_ns -= now_ns + worker->spin_ns;
	return next_ns < most_ns ? next_ns : most_ns;
}

/* Woken @late_ns after the time: follows the worst of them, and forgets it in
 * some hundred times. */
static void learn_spin(struct worker *worker, __s64 late_ns)
{
	__u64 spin_ns = worker->spin_ns;

	if (late_ns > (__s64)spin_ns)
		spin_ns = (__u64)late_ns;
	else if (late_ns > 0)
		spin_ns -= (spin_ns - (__u64)late_ns) / 128;
	if (spin_ns < SPIN_LEAST_NS)
		spin_ns = SPIN_LEAST_NS;
	worker->spin_ns = spin_ns < SPIN_MOST_NS ? spin_ns : SPIN_MOST_NS;
}

/* Takes what has come, or comes within that time. Returns how many. */
static __u32 take(struct worker *worker, __u64 wait_ns)
{
	const struct timespec timeout = { .tv_nsec = (long)wait_ns };
	struct epoll_event events[EVENTS];
	int count = epoll_pwait2(worker->epoll, events, EVENTS, &timeout, NULL);
	__u32 sum = 0;

	for (int i = 0; i < count; i++) {
		struct guest *guest = events[i].data.ptr;

		if (!guest) {
			hear_bell(worker);
			continue;
		}
		sum += hold_take(worker, guest);
		guest->busy_ns = clock_now_ns();
		if (guest->asleep && !guest->leaves)
			beat(guest, guest->busy_ns);
	}
	return sum;
}

/* ---- the loop ----------------------------------------------------------- */

/* Gives back what was needed, when for a while nothing has been held. */
static int tidy(struct worker *worker, __u64 now_ns)
{
	if (worker->wheel.count)
		worker->used_ns = now_ns;
	if (!worker->used_ns || now_ns - worker->used_ns < TIDY_NS)
		return 0;
	worker->used_ns = 0;
	memory_trim(&worker->memory);
	wheel_free(&worker->wheel);
	return wheel_init(&worker->wheel, now_ns);
}

static int run(struct worker *worker)
{
	__u64 now_ns = 0, wait_ns = 0;
	int err = 0;

	worker->spin_ns = SPIN_LEAST_NS;
	while (!err && (!worker->ending || worker->guests)) {
		__u64 until_ns = now_ns + wait_ns;
		__u32 moved = take(worker, wait_ns);

		now_ns = clock_now_ns();
		if (wait_ns && !moved)
			learn_spin(worker, (__s64)(now_ns - until_ns));
		admit(worker, now_ns);
		look_after_guests(worker, now_ns);
		moved += hold_release(worker, now_ns);
		wait_ns = moved ? 0 : sleep_ns(worker, now_ns);
		err = tidy(worker, now_ns);
	}
	return err;
}

/* ---- beginning and end -------------------------------------------------- */

/*
 * Ahead of others that want the CPU, or packets are late. Never by a real-time
 * policy, whose throttling stops us for 50 ms. Where the kernel shares the CPU
 * among sessions first, a session of our own must go ahead.
 */
static void go_ahead(void)
{
	int fd;

	setpriority(PRIO_PROCESS, 0, PRIORITY);
	if (setsid() < 0)
		return;
	fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	dprintf(fd, "%d", PRIORITY);
	close(fd);
}

static int set_up(struct worker *worker)
{
	const struct rlimit files = { FILES, FILES };
	struct epoll_event event = { .events = EPOLLIN };

	/* Some 40 for each guest. */
	setrlimit(RLIMIT_NOFILE, &files);
	worker->inbox = malloc(HOLD_INBOX);
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	worker->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!worker->inbox)
		return -ENOMEM;
	if (worker->epoll < 0 || worker->bell < 0 ||
	    epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->bell, &event))
		return -errno;
	return wheel_init(&worker->wheel, clock_now_ns());
}

int hold_work(const struct store_entry *first, struct hold_shared *shared,
	      pid_t parent)
{
	static struct worker worker;
	struct usher *usher = NULL;
	int err, code = 0;

	catch_signals();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return FL_EXIT_ERROR;
	prctl(PR_SET_TIMERSLACK, 1);
	worker.shared = shared;
	err = set_up(&worker);
	if (!err)
		code = usher_start(&worker, first, &usher, &shared->error);
	if (!err && !code) {
		go_ahead();
		err = run(&worker);
		usher_end(usher);
	}
	return err ? fl_fail(&shared->error, FL_EXIT_ERROR,
			     "cannot hold packets: %s", strerror(-err)) :
		     code;
}
