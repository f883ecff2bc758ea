/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting the programs in their places, for device_attach.c. */
#pragma once

#include "private.h"

/* One attempt at one mode. */
struct attempt {
	struct netif_link link;
	struct store_entry entry;
	struct fl_device device;
	struct obj *obj; /* NULL: attached already, and pinned */
	struct device_attach_report *report;
	struct fl_error *error;
	int failed; /* errno of the attachment itself, positive */
};

/* Adds a remark for the user. */
void device_note(struct device_attach_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes the device record where the next command will look for it. */
int attach_write_record(struct attempt *a);

/* Filters where there is a clsact qdisc already; otherwise tcx, if the kernel
 * has it: making and deleting that qdisc empties the device's transmit queues
 * (qdisc_graft() deactivates all of them), also of what is not ours. tcx too
 * where others use it: a tcx program that gives a verdict keeps filters from
 * running. */
enum fl_tc_kind device_choose_tc(struct attempt *a);

/* FL_EXIT_*, with the error filled in; what was put up stays. */
int device_attach_xdp(struct attempt *a);
int device_attach_tc(struct attempt *a);

/* ---- looking for them later --------------------------------------------- */

/* Kernel's id of a pinned program, or 0. */
__u32 device_pinned_id(const struct store_entry *entry, enum obj_prog prog);

/* Whether a filter with our handle and this program is there. */
bool device_has_filter(__u32 ifindex, enum fl_side side, __u32 priority,
		       __u32 prog_id);

/* The one that attach put there. */
bool device_filter_is_ours(const struct store_entry *entry,
			   const struct fl_device *device, enum fl_side side);

/* Of a pinned link; *@ifindex is 0 when its device has gone. */
int device_link_state(const struct store_entry *entry, enum obj_prog prog,
		      __u32 *ifindex, __u32 *prog_id);

/* As health_check(), of the programs on the device itself only. */
void health_check_programs(const struct store_entry *entry,
			   const struct fl_device *device, char *why,
			   size_t size);

/* ---- taking them down --------------------------------------------------- */

/* Adds "WHAT: error" to what could not be put back. */
void device_leftover(char *leftovers, size_t size, const char *what, int err);
