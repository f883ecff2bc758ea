/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps of a struct device: descriptors of all, and pointers to those that
 * maps.def has mapped. Negative errno; what was opened until then is left for
 * maps_close().
 */
#pragma once

#include "kernel/obj.h"

struct device;

/* Before the first of the others. */
void maps_init(struct device *dev);

/* Those that attach pinned in the directory of @dev. */
int maps_open_pins(struct device *dev);

/* Those of @obj, which may be freed before @dev is closed. */
int maps_open_obj(struct device *dev, const struct obj *obj);

void maps_close(struct device *dev);
