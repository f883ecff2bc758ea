/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF object: loading, pinning, and the handles of what is pinned. The
 * only room that knows libbpf's skeleton. Negative errno throughout.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "obj_rows.h"

struct obj;

/*
 * Loads the programs that @device's mode needs with its seed, flow table and
 * tc kind, but for the tails. *@why: the verifier's or libbpf's last words on
 * failure, or "".
 */
int obj_load(const struct fl_device *device, struct obj **obj, char *why,
	     size_t why_size);
void obj_free(struct obj *obj);

/* The program that sends a probe (bpf/probe.h), over the maps of @device: a
 * descriptor, which the caller closes. */
int obj_load_probe(const struct fl_device *device, const int map[OBJ_MAPS],
		   char *why, size_t why_size);
/* Runs it on @frame. Negative errno; 0 when the holder has taken the frame. */
int obj_run_probe(int prog_fd, __u32 ifindex, __u32 side, const void *frame,
		  size_t size);

/*
 * Loads the tails of @device over its maps, and puts them into its map
 * "tails": from then on packets go on in them.
 */
int obj_load_tails(const struct fl_device *device, const int map[OBJ_MAPS],
		   char *why, size_t why_size);
/* Whether they are there, by that map. */
bool obj_has_tails(int map_fd);

/*
 * The same with the tails for obj_replay(): only the tc programs, which send
 * nothing out and must not be attached.
 */
int obj_load_replay(const struct fl_device *device, struct obj **obj, char *why,
		    size_t why_size);

/* What the rules do to one frame. */
struct obj_replayed {
	__u64 now_ns; /* the frame's time, set by the caller; never goes back */
	__u64 departure_ns; /* later when it is held */
	__u64 copy_ns;	    /* of the duplicate; FL_NEVER if it is dropped */
	__u64 fate;	    /* see faultline/fate.h */
	__u32 id;	    /* of the rule that holds it */
	struct fl_flip flip;
	__u32 length;
	unsigned char *frame; /* room for a frame of any length */
	size_t room;
};

/* What the program of a side is given. */
struct obj_head {
	const unsigned char *data;
	__u32 length;	   /* of @data, the head of a frame */
	__u32 captured;	   /* bytes of the frame that are known */
	__u32 wire_length; /* bytes that it had on the wire */
};

/* Room in a page beside what the kernel puts there, with cache lines of up to
 * 128 bytes. */
#define OBJ_HEAD_MAX 3584

/* Runs @head through the program of @side. -EINVAL: too short for the kernel,
 * or longer than OBJ_HEAD_MAX. */
int obj_replay(const struct obj *obj, enum fl_side side,
	       const struct obj_head *head, struct obj_replayed *replayed);

int obj_map_fd(const struct obj *obj, enum obj_map map);
/* -ENOENT if the mode does not use the program. */
int obj_prog_fd(const struct obj *obj, enum obj_prog prog);

/* Pins every map and loaded program into the directory @path, making it. */
int obj_pin(const struct obj *obj, const char *path);

/* XDP_FLAGS_* in @flags; returns the link's descriptor. */
int obj_attach_xdp(const struct obj *obj, __u32 ifindex, __u32 flags);

int obj_pin_fd(int fd, const char *path, const char *name);

/* Number of flow slots for @flows, a power of two. */
__u32 obj_slots(__u32 flows);

/* How large the maps of @device are. */
struct fl_sizes obj_sizes(const struct fl_device *device);

/* The kernel's id of a program or a map. */
int obj_prog_id(int fd, __u32 *id);
int obj_map_id(int fd, __u32 *id);

/* Device and program behind a link; *@ifindex is 0 once the device is gone. */
int obj_link_info(int fd, __u32 *ifindex, __u32 *prog_id);

/* Maps the whole of an mmapable array map; *@address is NULL on failure. */
int obj_map_mmap(int fd, size_t value_size, size_t entries, int writable,
		 void **address);
/* Only the addresses, at which nothing can be touched. */
int obj_map_reserve(size_t value_size, size_t entries, void **address);
/* There, for @count entries from @first on. */
int obj_map_part(int fd, size_t value_size, size_t first, size_t count,
		 void *address);
/* The same, and the map there for @count entries from @first on. */
int obj_map_window(int fd, size_t value_size, size_t entries, size_t first,
		   size_t count, void **address);
/* The same sizes again; nothing when @address is NULL. */
void obj_map_munmap(void *address, size_t value_size, size_t entries);

int obj_map_read(int fd, __u32 index, void *value);
int obj_map_write(int fd, __u32 index, const void *value);

/*
 * Returns when every program that was running at the time of the call has
 * ended. What new ones cannot reach may then be written again.
 */
int obj_wait_programs(void);

/*
 * Returns when nobody reads the half of the rulesets any more that was in force
 * before the last switch. Programs may still hold what they have read there.
 * @runs_fd: of map "runs".
 */
int obj_wait_walks(int runs_fd);

/* Whether softirqs can be preempted by one another (PREEMPT_RT). */
bool obj_is_realtime(void);

/* The kernel's jiffies now, by the pinned program OBJ_TICKS. */
int obj_ticks(int prog_fd, struct fl_clock *now);

/* Name of any program by its id, "" without the privilege to see it. */
void obj_prog_name(__u32 id, char *name, size_t size);
