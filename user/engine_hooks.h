/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting the programs in their places, for engine_attach.c. */
#pragma once

#include "engine_private.h"

/* One attempt at one mode. */
struct attempt {
	struct netif_link link;
	struct store_entry entry;
	struct fl_device device;
	struct obj *obj;	/* NULL: attached already, and pinned */
	struct engine_attach_report *report;
	struct fl_error *error;
	int failed;		/* errno of the attachment itself, positive */
};

/* Adds a remark for the user. */
void engine_note(struct engine_attach_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes the device record where the next command will look for it. */
int engine_write_state(struct attempt *a);

/* tcx where others use it already: a tcx program that gives a verdict keeps
 * clsact filters from running. */
enum fl_tc_kind engine_choose_tc(struct attempt *a);

/* FL_EXIT_*, with the error filled in; what was put up stays. */
int engine_attach_xdp(struct attempt *a);
int engine_attach_tc(struct attempt *a);
