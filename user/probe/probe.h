/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this host and a device can do, and the fix for each obstacle. Changes
 * nothing and prints nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <faultline/abi.h>

enum probe_state {
	PROBE_OK,
	PROBE_WARN, /* works, with a limitation that @found names */
	PROBE_BAD,  /* attaching would fail */
};

struct probe_result {
	const char *what; /* static, unique within one report */
	enum probe_state state;
	char found[128];
	char fix[160]; /* a command where there is one; "" if OK */
};

#define PROBE_MAX 32 /* enough for either report */

/* What add would say to an impairment, by direction. */
struct probe_outlook {
	bool works[FL_SIDES];
	char why[FL_SIDES][200]; /* "" or why not */
};

/* Both return how many results they stored, at most @max. */
int probe_host(struct probe_result *list, size_t max);

/* @name may be an alternative name. A device that is not there is a result. */
int probe_device(const char *name, struct probe_result *list, size_t max);
