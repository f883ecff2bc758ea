/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting the programs in their places on the device. */
#pragma once

#include "open.h"

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

/* Writes the device record where the next command will look for it. */
int hooks_write_record(struct attempt *a);

/* Filters where there is a clsact qdisc already; otherwise tcx, if the kernel
 * has it: making and deleting that qdisc empties the device's transmit queues
 * (qdisc_graft() deactivates all of them), also of what is not ours. tcx too
 * where others use it: a tcx program that gives a verdict keeps filters from
 * running. FL_EXIT_*, with that in the record. */
int hooks_choose_tc(struct attempt *a);

/* Whether for certain no program of ours is on the device any more. */
bool hooks_are_gone(const struct store_entry *entry,
		    const struct fl_device *record);

/* FL_EXIT_*, with the error filled in; what was put up stays. */
int hooks_attach_xdp(struct attempt *a);
int hooks_attach_tc(struct attempt *a);

/* Attaches the program for tickets at tc ingress, unless it is there. With
 * the lock held. FL_EXIT_*. */
int hooks_attach_late(struct device *dev, struct fl_error *error);
