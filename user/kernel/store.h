/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where state outlives the process: faultline's own bpffs under /run/faultline
 * (FAULTLINE_RUN names another place), with one directory of pins for each
 * attached device, and the lock. Negative errno throughout.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "base/error.h"

/* The longest path that the kernel takes, with what stands before and after. */
#define STORE_PATH_LEN 4352

/*
 * Makes sure that the bpffs is mounted and that nobody else can write to it. It
 * outlives this process also where `ip netns exec` or unshare(1) has made a
 * mount namespace for it. FL_EXIT_* with @error.
 */
int store_prepare(struct fl_error *error);

/* Whether store_prepare() has been done by anyone since boot: 1, 0, or a
 * negative errno where that cannot be seen. */
int store_exists(void);

/* Unmounts the bpffs if no device is left in it. Call with the lock held. */
void store_retire(void);

/* A descriptor of the lock, which is not taken yet: see lock.h. */
int store_open_lock(void);
/* Whether @lock, which was opened, is still the one that others open. */
bool store_has_lock(int lock);

/* "DIR/NETNS-IFINDEX", the pins of one device. */
void store_device_dir(__u64 netns_cookie, __u32 ifindex, char *path,
		      size_t size);

/* The path as people know it, without /proc/PID/root of another process. */
const char *store_plain(const char *path);

struct store_entry {
	__u64 netns_cookie;
	__u32 ifindex;
	char path[STORE_PATH_LEN];
};

/*
 * For the one process that holds packets. Returns a descriptor that has the
 * lock for as long as any process has it open; -EBUSY.
 */
int store_lock_holder(void);
/* Whether a process has it. */
bool store_has_holder(void);

/* Tells that process to look at the devices. */
int store_call_holder(void);
/* Hears of that: an inotify descriptor, for its reader. */
int store_hear_calls(void);

/* All device directories; the caller frees @list. */
int store_entries(struct store_entry **list, size_t *count);

/* "PATH/NAME". */
void store_pin(const char *path, const char *name, char *pin, size_t size);

/* A descriptor of the pinned object, or -errno. */
int store_get(const char *path, const char *name);

/* Removes the pins, that of the name @last at the end, and the directory;
 * missing ones do not matter. At an error what is left stays. */
int store_remove_dir(const char *path, const char *last);

/*
 * Takes a pinned link off its hook. Without its pin it goes as well, but a
 * moment later: the caller would say that the device is as it was while our
 * program is still there. An error for all that is no link does not matter.
 */
int store_let_go(const char *path, const char *name);
