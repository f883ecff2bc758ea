/* SPDX-License-Identifier: GPL-2.0-only */
#include "ways_probe.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "holder.h"

#define WAIT_NS 1000000000ull
#define PAUSE_NS 200000
#define TRIES 3 /* a machine that is busy may lose one */

/* Addresses of documentation (RFC 5737), port "discard". */
#define FROM 0xc0000201
#define TO 0xc0000202
#define PORT 9

struct frame {
	struct ethhdr link;
	struct iphdr ip;
	struct udphdr udp;
	__u8 payload[FL_PROBE_BYTES - ETH_HLEN - sizeof(struct iphdr) -
		     sizeof(struct udphdr)];
} __attribute__((packed));
_Static_assert(sizeof(struct frame) == FL_PROBE_BYTES, "as control has it");

static __u16 header_sum(struct iphdr ip)
{
	const __u8 *bytes = (const __u8 *)&ip;
	__u32 sum = 0;

	for (size_t i = 0; i < sizeof(ip); i += 2)
		sum += (__u32)bytes[i] << 8 | bytes[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return htons((__u16) ~(sum + (sum >> 16)));
}

/* For the device itself, so that its type is that of a packet for this host. */
static void build(struct frame *frame, const struct netif_link *link,
		  __u64 mark)
{
	memset(frame, 0, sizeof(*frame));
	memcpy(frame->link.h_dest, link->address, ETH_ALEN);
	frame->link.h_proto = htons(ETH_P_IP);
	frame->ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(frame->ip) / 4,
		.tot_len = htons(sizeof(*frame) - ETH_HLEN),
		.ttl = 1,
		.protocol = IPPROTO_UDP,
		.saddr = htonl(FROM),
		.daddr = htonl(TO),
	};
	frame->ip.check = header_sum(frame->ip);
	frame->udp.source = frame->udp.dest = htons(PORT);
	frame->udp.len = htons(sizeof(*frame) - ETH_HLEN - sizeof(frame->ip));
	/* Nobody else's packet looks like this one. */
	memcpy(frame->payload, &mark, sizeof(mark));
}

static bool is_back(const struct fl_control *control, __u32 side, __u32 before)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	__u64 until = clock_now_ns() + WAIT_NS;

	do {
		if (__atomic_load_n(&control->probes[side], __ATOMIC_ACQUIRE) !=
		    before)
			return true;
		nanosleep(&pause, NULL);
	} while (clock_now_ns() < until);
	return false;
}

/* Negative errno; -ETIMEDOUT: it did not come back. */
static int probe_side(struct device *dev, int prog, __u32 side,
		      const struct frame *frame)
{
	struct fl_control *control = dev->control;
	int err = -ETIMEDOUT;

	for (int i = 0; i < TRIES && err; i++) {
		__u32 before = __atomic_load_n(&control->probes[side],
					       __ATOMIC_ACQUIRE);

		err = obj_run_probe(prog, dev->record.ifindex, side, frame,
				    sizeof(*frame));
		if (!err && !is_back(control, side, before))
			err = -ETIMEDOUT;
	}
	return err;
}

static int fail(const struct device *dev, __u32 side, int err,
		struct fl_error *error)
{
	if (err != -ETIMEDOUT && err != -EBUSY)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%s: cannot send a packet through engine %s: %s",
			       dev->record.name, holder_word_of(&dev->record),
			       strerror(-err));
	return fl_fail(error, FL_EXIT_UNSUPPORTED,
		       "%s: %s packets cannot be delayed: one that engine %s "
		       "held on trial did not come back whole; a program or "
		       "filter of somebody else may have dropped it",
		       dev->record.name,
		       side == FL_IN ? "incoming" : "outgoing",
		       holder_word_of(&dev->record));
}

static int probe(struct device *dev, __u32 wanted, const struct frame *frame,
		 struct fl_error *error)
{
	struct fl_control *control = dev->control;
	char why[160] = "";
	int prog = obj_load_probe(&dev->record, dev->map, why, sizeof(why));
	int code = 0;

	if (prog < 0)
		return fail(dev, FL_OUT, prog, error);
	memcpy(control->probe, frame, sizeof(control->probe));
	__atomic_store_n(&control->probing, 1, __ATOMIC_SEQ_CST);
	for (__u32 side = 0; side < FL_SIDES && !code; side++) {
		int err = wanted & 1u << side ?
				  probe_side(dev, prog, side, frame) :
				  0;

		code = err ? fail(dev, side, err, error) : 0;
	}
	__atomic_store_n(&control->probing, 0, __ATOMIC_RELEASE);
	close(prog);
	return code;
}

int ways_probe(struct device *dev, __u32 directions, struct fl_error *error)
{
	__u32 wanted = directions & ~dev->record.probed;
	struct netif_link link;
	struct frame frame;
	int code;

	if (!wanted || netif_link_get_index(dev->record.ifindex, &link) ||
	    !(link.flags & IFF_UP))
		return 0;
	build(&frame, &link, dev->record.seed ^ clock_now_ns());
	code = probe(dev, wanted, &frame, error);
	if (code)
		return code;
	dev->record.probed |= wanted;
	(void)device_write_record(dev);
	return 0;
}
