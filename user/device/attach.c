/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: load, pin, put the programs in place, ask the kernel whether they
 * are, and only then call it attached. What is killed half way has its device
 * record in state CHANGING, and the next command takes it down.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/ssh.h"
#include "choose.h"
#include "compile/guard.h"
#include "describe.h"
#include "detach.h"
#include "find.h"
#include "health.h"
#include "hooks.h"
#include "load.h"
#include "probe/bridge.h"
#include "probe/try.h"
#include "report.h"
#include "stage.h"
#include "tc_filter.h"

#define FLOWS_DEFAULT 65536

/* Every holder once, and both modes. */
int device_try(struct fl_error *error)
{
	int code = 0;

	for (__u32 i = FL_HOLDER_NONE + 1; i < FL_HOLDERS && !code; i++) {
		const struct fl_device device = {
			.mode = i & 1 ? FL_MODE_TC : FL_MODE_NATIVE,
			.holder = i,
			.flows = 64,
		};

		code = load_try(&device, error);
	}
	return code;
}
_Static_assert(FL_HOLDERS - FL_HOLDER_NONE > 2, "two, for both modes");

/* First generation, with the guards only. */
static int first_rules(struct attempt *a)
{
	static struct fl_rule guards[FL_GUARDS_MAX];
	static struct compile_rule rules[FL_GUARDS_MAX];
	size_t count = guard_rules(&a->device, guards);
	struct device *dev;
	int code = device_open_entry(&a->entry, &dev, a->error);

	if (code)
		return code;
	for (size_t i = 0; i < count; i++)
		rules[i] = (struct compile_rule){ &guards[i],
						  FL_CAND(FL_HANDLE_EXEMPT, 0),
						  FL_ID_EXEMPT };
	compile_pass(&dev->actions[FL_HANDLE_EXEMPT], FL_ID_EXEMPT);
	compile_pass(&dev->actions[FL_HANDLE_UNMATCHED], FL_ID_UNMATCHED);
	code = stage_switch(dev, rules, count, a->error);
	device_close(dev);
	return code;
}

static int clear_offloads(struct attempt *a)
{
	int err;

	a->device.exact = 1;
	a->device.gso_max_segs = a->link.gso_max_segs;
	/* All that could go off, in case we are killed in the middle. */
	err = netif_offloads_get(a->link.name, a->device.offloads_off);
	if (!err)
		err = hooks_write_record(a);
	if (!err)
		err = netif_offloads_clear(a->link.name,
					   a->device.offloads_off);
	if (!err)
		err = netif_gso_max_segs_set(a->link.ifindex, 1);
	if (!err)
		err = hooks_write_record(a);
	if (err)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s: cannot turn the offloads off: %s",
			       a->link.name, strerror(-err));
	report_note(a->report, "--exact: one packet per buffer; open "
			       "connections may send larger ones for a while");
	return 0;
}

/* The kernel's word, not ours. */
static int verify(struct attempt *a)
{
	char why[128];

	health_check(&a->entry, &a->device, why, sizeof(why));
	if (!*why)
		return 0;
	return fl_fail(a->error, FL_EXIT_ERROR, "attached, but %s", why);
}

static int attempt_steps(struct attempt *a, bool exact)
{
	int code = load_programs(&a->device, &a->obj, a->error);

	if (code)
		return code;
	code = -obj_pin(a->obj, a->entry.path);
	if (!code)
		code = -hooks_write_record(a);
	if (code)
		return fl_fail(a->error, FL_EXIT_ERROR, "cannot pin at %s: %s",
			       a->entry.path, strerror(code));
	code = first_rules(a);
	if (!code && a->device.mode != FL_MODE_TC)
		code = hooks_attach_xdp(a);
	if (!code)
		code = hooks_attach_tc(a);
	if (!code && exact)
		code = clear_offloads(a);
	if (!code)
		code = verify(a);
	if (code)
		return code;
	a->device.state = FL_DEVICE_ATTACHED;
	code = -hooks_write_record(a);
	return code ? fl_fail(a->error, FL_EXIT_ERROR, "cannot write: %s",
			      strerror(code)) :
		      0;
}

static int attempt_mode(struct attempt *a, enum fl_mode mode, bool exact)
{
	char leftovers[200];
	int code;

	a->obj = NULL;
	a->failed = 0;
	a->device.mode = mode;
	code = attempt_steps(a, exact);
	obj_free(a->obj);
	if (code)
		detach_teardown(&a->entry, leftovers, sizeof(leftovers));
	return code;
}

/* A program of someone else's is not a reason to go elsewhere unasked. */
static int attempt_auto(struct attempt *a, bool exact)
{
	int code;

	if (a->device.layer3) {
		report_note(a->report,
			    "both directions are handled by tc: %s has no link "
			    "header, which XDP needs",
			    a->link.name);
		return attempt_mode(a, FL_MODE_TC, exact);
	}
	(void)netif_link_driver(&a->link);
	if (!probe_has_tickets(&a->link)) {
		report_note(a->report,
			    "incoming packets are handled by tc: before Linux "
			    "6.15 the driver of %s gives XDP no room for "
			    "metadata",
			    a->link.name);
		return attempt_mode(a, FL_MODE_TC, exact);
	}
	code = attempt_mode(a, FL_MODE_NATIVE, exact);
	if (code != FL_EXIT_UNSUPPORTED || !a->failed)
		return code;
	report_note(a->report,
		    "incoming packets are handled by tc, because native XDP is "
		    "not available: %s",
		    a->error->text);
	*a->error->text = 0;
	return attempt_mode(a, FL_MODE_TC, exact);
}

static int prepare_device(struct attempt *a,
			  const struct device_attach_options *options)
{
	struct fl_device *d = &a->device;
	int layer = netif_link_layer(&a->link);

	if (layer < 0)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s: link type %u is neither Ethernet nor plain "
			       "IP",
			       a->link.name, a->link.arphrd_type);
	d->layer3 = layer == 3;
	d->loopback = netif_is_loopback(&a->link);
	if (d->layer3 && options->mode != FL_MODE_AUTO &&
	    options->mode != FL_MODE_TC)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s has no link header, which XDP needs: use "
			       "--mode tc",
			       a->link.name);
	d->abi_version = FL_ABI_VERSION;
	d->state = FL_DEVICE_CHANGING;
	d->ifindex = a->link.ifindex;
	d->netns_cookie = a->entry.netns_cookie;
	memcpy(d->name, a->link.name, sizeof(d->name));
	d->tc_handle = TC_FILTER_HANDLE;
	d->flows = options->flows ? options->flows : FLOWS_DEFAULT;
	d->seed = options->seed;
	d->epoch_ns = clock_real_ns();
	d->no_guards = options->no_guards;
	guard_add_port(d, ssh_port());
	if (!options->seeded && getrandom(&d->seed, sizeof(d->seed), 0) < 0)
		return fl_fail(a->error, FL_EXIT_ERROR, "no random seed: %s",
			       strerror(errno));
	d->tc_kind = hooks_choose_tc(a);
	return choose_holder(d, options, a->link.mtu, a->report, a->error);
}

static void note_bridge(const struct attempt *a)
{
	char ports[100];

	if (probe_passes_by(&a->link, ports, sizeof(ports)))
		report_note(a->report,
			    "traffic between the ports of %s passes it by: %s; "
			    "attach to a port for that",
			    a->link.name, ports);
}

static void fill_report(const struct attempt *a)
{
	struct device_attach_report *r = a->report;
	const struct fl_device *d = &a->device;

	describe_device(d, a->link.name, &r->device);
	snprintf(r->pins, sizeof(r->pins), "%.127s",
		 store_plain(a->entry.path));
	r->table_bytes = load_table_bytes(d->flows);
	r->held_max = d->held_max;
}

static int attach_locked(const struct device_attach_options *options,
			 struct attempt *a)
{
	int code, err;

	detach_sweep();
	err = netif_link_get(options->device, &a->link);
	if (err == -ENODEV)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "no device \"%.40s\" in this network namespace",
			       options->device);
	if (err)
		return fl_fail(a->error, FL_EXIT_ERROR, "%.40s: %s",
			       options->device, strerror(-err));
	err = find_entry(&a->link, &a->entry);
	if (!err)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "%s is already attached", a->link.name);
	if (err != -ENOENT)
		return fl_fail(a->error, FL_EXIT_PERMISSION, "%s: %s",
			       a->entry.path, strerror(-err));
	code = prepare_device(a, options);
	if (code)
		return code;
	code = options->mode == FL_MODE_AUTO ?
		       attempt_auto(a, options->exact) :
		       attempt_mode(a, options->mode, options->exact);
	if (code)
		return code;
	note_bridge(a);
	fill_report(a);
	return 0;
}

int device_attach(const struct device_attach_options *options,
		  struct device_attach_report *report, struct fl_error *error)
{
	struct attempt a = { .report = report, .error = error };
	int lock, code;

	memset(report, 0, sizeof(*report));
	code = device_lock(&lock, error);
	if (code)
		return code;
	code = attach_locked(options, &a);
	if (code)
		store_retire();
	close(lock);
	return code;
}
