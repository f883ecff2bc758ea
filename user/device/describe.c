/* SPDX-License-Identifier: GPL-2.0-only */
#include "describe.h"

#include <string.h>

#include "base/clock.h"

void describe_device(const struct fl_device *record, const char name[16],
		     struct sample_device *device)
{
	memset(device, 0, sizeof(*device));
	memcpy(device->name, name, sizeof(device->name));
	device->ifindex = record->ifindex;
	device->mode = (enum fl_mode)record->mode;
	device->tc_kind = (enum fl_tc_kind)record->tc_kind;
	device->holder = (enum fl_holder)record->holder;
	device->seed = record->seed;
	device->flows_max = record->flows;
	device->epoch_ns = record->epoch_ns;
	device->time_ns = clock_real_ns();
	device->exact = record->exact;
	memcpy(device->guard_ports, record->guard_ports,
	       sizeof(device->guard_ports));
}
