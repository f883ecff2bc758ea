/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF object: loading, pinning, and the handles of what is pinned. The
 * only room that knows libbpf's skeleton. Negative errno throughout.
 */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

/* Pins in a device's directory, see store.h. */
enum obj_map {
	OBJ_FLOWS,
	OBJ_FLOWS_MORE,
	OBJ_FLOW_EFFECTS,
	OBJ_RULESETS,
	OBJ_ACTIONS,
	OBJ_CHAINS,
	OBJ_TRACES,
	OBJ_CONTROLS,
	OBJ_COUNTS,
	OBJ_TALLIES,
	OBJ_FLOW_TIMES,
	OBJ_TIMINGS,
	OBJ_LINES,
	OBJ_HOLDINGS,
	OBJ_TABLES,
	OBJ_SOCKETS,
	OBJ_SPECS,
	OBJ_DEVICE,
	OBJ_MAPS
};

/* The first three are attached, by links of the same index. OBJ_TICKS is run
 * from user space. Where XDP decides, OBJ_TC_IN serves the tickets. */
enum obj_prog {
	OBJ_XDP,
	OBJ_TC_IN,
	OBJ_TC_OUT,
	OBJ_LINKS,
	OBJ_TICKS = OBJ_LINKS,
	OBJ_BACK_IN,  /* tc ingress of the device to which packets
				 * on their way in come from the holder */
	OBJ_BACK_OUT, /* the same on the way out */
	OBJ_TAKE,     /* XDP of the ways to the hold process */
	OBJ_PROGS
};

extern const char *const obj_map_names[OBJ_MAPS];
extern const char *const obj_prog_names[OBJ_PROGS];
extern const char *const obj_link_names[OBJ_LINKS];

struct obj;

/*
 * Loads the programs that @device's mode needs with its seed, flow table and
 * tc kind. *@why: the verifier's or libbpf's last words on failure, or "".
 */
int obj_load(const struct fl_device *device, struct obj **obj, char *why,
	     size_t why_size);
void obj_free(struct obj *obj);

/*
 * The same for obj_replay(): only the tc programs, which send nothing out and
 * must not be attached.
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
	__u32 length;
	unsigned char *frame; /* room for a frame of any length */
	size_t room;
};

/* Runs @frame through the program of @side. */
int obj_replay(const struct obj *obj, enum fl_side side, const void *frame,
	       __u32 length, struct obj_replayed *replayed);

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

/* The kernel's id of a program by descriptor, 0 if it is unknown. */
__u32 obj_prog_id(int fd);

/* Device and program behind a link; *@ifindex is 0 once the device is gone. */
int obj_link_info(int fd, __u32 *ifindex, __u32 *prog_id);

/* Entries of an array map, and the whole of an mmapable one mapped. */
int obj_map_entries(int fd, __u32 *entries);
int obj_map_mmap(int fd, size_t value_size, size_t entries, int writable,
		 void **address);

int obj_map_read(int fd, __u32 index, void *value);
int obj_map_write(int fd, __u32 index, const void *value);

/*
 * Returns when every program that was running at the time of the call has
 * ended. What new ones cannot reach may then be written again.
 */
int obj_wait_programs(void);

/* The kernel's jiffies now, by the pinned program OBJ_TICKS. */
int obj_ticks(int prog_fd, struct fl_clock *now);

/* Name of any program by its id, "" without the privilege to see it. */
void obj_prog_name(__u32 id, char *name, size_t size);
