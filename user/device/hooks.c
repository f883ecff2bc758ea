/* SPDX-License-Identifier: GPL-2.0-only */
#include "hooks.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>

#include "health.h"
#include "kernel/pins.h"
#include "place.h"
#include "report.h"
#include "tc_filter.h"

int hooks_write_record(struct attempt *a)
{
	if (a->obj)
		return obj_map_write(obj_map_fd(a->obj, OBJ_DEVICE), 0,
				     &a->device);
	return pins_write(&a->entry, OBJ_DEVICE, &a->device);
}

/* A descriptor to close, or -errno. */
static int program_fd(const struct attempt *a, enum obj_prog prog)
{
	int fd;

	if (!a->obj)
		return store_get(a->entry.path, obj_prog_names[prog]);
	fd = dup(obj_prog_fd(a->obj, prog));
	return fd < 0 ? -errno : fd;
}

static const char *xdp_name(enum fl_mode mode)
{
	return mode == FL_MODE_NATIVE ? "native XDP" : "generic XDP";
}

static int xdp_failure(struct attempt *a, int err)
{
	const __u32 *ids = a->link.xdp_prog_id;
	__u32 id = ids[NETIF_XDP_DRIVER]  ? ids[NETIF_XDP_DRIVER] :
		   ids[NETIF_XDP_GENERIC] ? ids[NETIF_XDP_GENERIC] :
					    ids[NETIF_XDP_HARDWARE];
	char name[16];

	a->failed = -err;
	(void)netif_link_driver(&a->link);
	if (err == -EBUSY || err == -EEXIST) {
		obj_prog_name(id, name, sizeof(name));
		return fl_fail(a->error, FL_EXIT_BUSY,
			       "%s already has another XDP program: %s (id "
			       "%u); try --mode tc",
			       a->link.name, *name ? name : "name unknown", id);
	}
	if (err == -ERANGE)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s: MTU %u is too large for %s in this "
			       "driver",
			       a->link.name, a->link.mtu,
			       xdp_name((enum fl_mode)a->device.mode));
	return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
		       "%s: the driver%s%s does not support %s: %s%s%s",
		       a->link.name, *a->link.driver ? " " : "", a->link.driver,
		       xdp_name((enum fl_mode)a->device.mode), strerror(-err),
		       *netif_extack() ? ": " : "", netif_extack());
}

int hooks_attach_xdp(struct attempt *a)
{
	__u32 flags = a->device.mode == FL_MODE_NATIVE ? XDP_FLAGS_DRV_MODE :
							 XDP_FLAGS_SKB_MODE;
	int err, fd = obj_attach_xdp(a->obj, a->link.ifindex, flags);

	if (fd < 0)
		return xdp_failure(a, fd);
	err = obj_pin_fd(fd, a->entry.path, obj_link_names[OBJ_XDP]);
	close(fd);
	return err ? fl_fail(a->error, FL_EXIT_ERROR, "cannot pin: %s",
			     strerror(-err)) :
		     0;
}

static int attach_tcx(struct attempt *a, enum fl_side side)
{
	enum obj_prog prog = side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT;
	int err, fd, program = program_fd(a, prog);

	fd = program < 0 ? program :
			   netif_tcx_attach(a->link.ifindex, side, program);
	if (program >= 0)
		close(program);
	if (fd < 0)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "%s: cannot attach by tcx: %s", a->link.name,
			       strerror(-fd));
	err = obj_pin_fd(fd, a->entry.path, obj_link_names[prog]);
	close(fd);
	return err ? fl_fail(a->error, FL_EXIT_ERROR, "cannot pin: %s",
			     strerror(-err)) :
		     0;
}

static int tc_failure(struct attempt *a, int err)
{
	return fl_fail(a->error,
		       err == -EPERM ? FL_EXIT_PERMISSION :
		       err == -EOPNOTSUPP || err == -ENOENT ?
				       FL_EXIT_UNSUPPORTED :
				       FL_EXIT_ERROR,
		       "%s: cannot attach to tc (clsact, cls_bpf): %s%s%s",
		       a->link.name, strerror(-err),
		       *netif_extack() ? ": " : "", netif_extack());
}

static int attach_filter(struct attempt *a, enum fl_side side)
{
	int program = program_fd(a, side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT);
	int behind = 0;
	int err = netif_filter_priority(a->link.ifindex, side,
					&a->device.tc_priority[side], &behind);

	/* Recorded before it is there, so that it will be found. */
	if (!err)
		err = hooks_write_record(a);
	if (!err)
		err = netif_filter_add(a->link.ifindex, side,
				       a->device.tc_priority[side],
				       a->device.tc_handle, program,
				       TC_FILTER_NAME);
	if (program >= 0)
		close(program);
	if (err)
		return tc_failure(a, err);
	if (behind)
		report_note(a->report,
			    "other tc filters on the %s side have priority 1 "
			    "and run first: packets that they decide never "
			    "reach faultline",
			    side == FL_IN ? "in" : "out");
	return 0;
}

static int add_clsact(struct attempt *a)
{
	int err = netif_clsact_exists(a->link.ifindex);

	if (err == -EEXIST)
		return fl_fail(a->error, FL_EXIT_BUSY,
			       "%s has an ingress qdisc, which takes the place "
			       "of clsact: \"tc qdisc del dev %s ingress\" "
			       "removes it and its filters",
			       a->link.name, a->link.name);
	if (err < 0)
		return tc_failure(a, err);
	if (err > 0)
		return 0;
	a->device.clsact_created = 1;
	report_note(a->report,
		    "the kernel empties the transmit queues of %s when its "
		    "clsact qdisc is made, and again at \"detach\": packets in "
		    "them are lost; Linux 6.6 and later need no clsact",
		    a->link.name);
	err = hooks_write_record(a);
	if (!err)
		err = netif_clsact_add(a->link.ifindex);
	return err && err != -EEXIST ? tc_failure(a, err) : 0;
}

int hooks_choose_tc(struct attempt *a)
{
	int in = netif_tcx_count(a->link.ifindex, FL_IN);
	int out = in < 0 ? in : netif_tcx_count(a->link.ifindex, FL_OUT);
	int clsact = netif_clsact_exists(a->link.ifindex);

	if (fl_is_transient(out) || fl_is_transient(clsact))
		return tc_failure(a, fl_is_transient(out) ? out : clsact);
	a->device.tc_kind = FL_TC_TCX;
	if (out < 0 || (!in && !out && clsact > 0))
		a->device.tc_kind = FL_TC_CLSACT;
	else if (in || out)
		report_note(a->report,
			    "runs before the other tcx programs on %s (%d in, "
			    "%d out)",
			    a->link.name, in, out);
	return 0;
}

bool hooks_are_gone(const struct store_entry *entry,
		    const struct fl_device *record)
{
	if (place_has_link(entry))
		return false;
	for (int side = 0; side < FL_SIDES; side++)
		if (tc_filter_is_ours(entry, record, (enum fl_side)side))
			return false;
	return true;
}

static int attach_side(struct attempt *a, enum fl_side side)
{
	return a->device.tc_kind == FL_TC_CLSACT ? attach_filter(a, side) :
						   attach_tcx(a, side);
}

/* A command that was killed may have got as far as attaching it. */
static bool late_is_there(struct attempt *a)
{
	char why[128];

	a->device.late = 1;
	if (a->device.tc_kind == FL_TC_CLSACT && !a->device.tc_priority[FL_IN])
		return false;
	health_check_programs(&a->entry, &a->device, why, sizeof(why));
	return !*why;
}

int hooks_attach_late(struct device *dev, struct fl_error *error)
{
	struct device_attach_report report = { .note_count = 0 };
	struct attempt a = {
		.entry = dev->entry,
		.device = dev->record,
		.report = &report,
		.error = error,
	};
	int err, code = 0;

	if (dev->record.late || dev->record.mode == FL_MODE_TC)
		return 0;
	err = netif_link_get_index(a.device.ifindex, &a.link);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%s: %s", a.device.name,
			       strerror(-err));
	if (!late_is_there(&a)) {
		a.device.late = 0;
		code = attach_side(&a, FL_IN);
		a.device.late = 1;
	}
	if (code)
		return code;
	dev->record = a.device;
	err = hooks_write_record(&a);
	return err ? tc_failure(&a, err) : 0;
}

int hooks_attach_tc(struct attempt *a)
{
	int first = a->device.mode == FL_MODE_TC ? FL_IN : FL_OUT;
	int code = a->device.tc_kind == FL_TC_CLSACT ? add_clsact(a) : 0;

	for (int side = first; side <= FL_OUT && !code; side++)
		code = attach_side(a, (enum fl_side)side);
	return code;
}
