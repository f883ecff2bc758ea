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
#include "find.h"
#include "health.h"
#include "hooks.h"
#include "load.h"
#include "probe/bridge.h"
#include "probe/try.h"
#include "report.h"
#include "kernel/pins.h"
#include "stage.h"
#include "tc_filter.h"
#include "teardown.h"

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

/*
 * The kernel turns offloads off that do not go with XDP (LRO, GRO_HW), and does
 * not turn them on again. What can not be asked has none. Until it is known
 * which, the record has all: we may be killed in the middle.
 */
static int attach_xdp(struct attempt *a)
{
	__u64 before[NETIF_FEATURE_WORDS] = { 0 };
	__u64 after[NETIF_FEATURE_WORDS] = { 0 };
	int code, err = netif_offloads_get(a->link.name, before);

	if (err && err != -EOPNOTSUPP)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "%s: cannot read its offloads: %s", a->link.name,
			       strerror(-err));
	memcpy(a->device.offloads_off, before, sizeof(before));
	err = hooks_write_record(a);
	if (err)
		return fl_fail(a->error, FL_EXIT_ERROR, "cannot write: %s",
			       strerror(-err));
	code = hooks_attach_xdp(a);
	if (code)
		return code;
	/* Unknown is none: the owner may turn off what was on. */
	if (netif_offloads_get(a->link.name, after))
		memcpy(after, before, sizeof(after));
	for (int i = 0; i < NETIF_FEATURE_WORDS; i++)
		a->device.offloads_off[i] = before[i] & ~after[i];
	return 0;
}

static void add_offloads(struct attempt *a, const __u64 *bits)
{
	for (int i = 0; i < NETIF_FEATURE_WORDS; i++)
		a->device.offloads_off[i] |= bits[i];
}

static int clear_offloads(struct attempt *a)
{
	__u64 off[NETIF_FEATURE_WORDS], by_xdp[NETIF_FEATURE_WORDS];
	int err;

	a->device.exact = 1;
	a->device.gso_max_segs = a->link.gso_max_segs;
	memcpy(by_xdp, a->device.offloads_off, sizeof(by_xdp));
	/* All that could go off, in case we are killed in the middle. */
	err = netif_offloads_get(a->link.name, off);
	if (!err) {
		add_offloads(a, off);
		err = hooks_write_record(a);
	}
	if (!err)
		err = netif_offloads_clear(a->link.name, off);
	if (!err) {
		memcpy(a->device.offloads_off, by_xdp, sizeof(by_xdp));
		add_offloads(a, off);
	}
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
	report_note(a->report,
		    "--exact does not reach who builds buffers of several "
		    "packets elsewhere (UDP_SEGMENT, virtual machines, other "
		    "devices): stats counts them as not exact");
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
		code = attach_xdp(a);
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

/* Says so when that does not do, besides why it was to be undone. */
static void undo(struct attempt *a)
{
	char leftovers[200] = "", why[sizeof(a->error->text)];

	if (teardown(&a->entry, NULL, leftovers, sizeof(leftovers)) &&
	    !*leftovers)
		return;
	memcpy(why, a->error->text, sizeof(why));
	a->failed = 0; /* no other mode is tried on top of that */
	fl_fail(a->error, FL_EXIT_ERROR,
		"%.160s; and not all could be undone: %.100s; run detach", why,
		leftovers);
}

static int attempt_mode(struct attempt *a, enum fl_mode mode, bool exact)
{
	int code;

	a->obj = NULL;
	a->failed = 0;
	a->device.mode = mode;
	memset(a->device.offloads_off, 0, sizeof(a->device.offloads_off));
	code = attempt_steps(a, exact);
	obj_free(a->obj);
	if (code)
		undo(a);
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
	int code, layer = netif_link_layer(&a->link);

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
	code = hooks_choose_tc(a);
	if (code)
		return code;
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
	snprintf(r->pins, sizeof(r->pins), "%s", store_plain(a->entry.path));
	r->table_bytes = load_table_bytes(d->flows);
	r->held_max = d->held_max;
}

/* It is attached, well or not; or what was attached has not been undone. */
static int refuse_attached(const struct attempt *a,
			   const struct fl_device *record)
{
	const char *name = a->link.name;
	char why[128];

	if (record->state != FL_DEVICE_ATTACHED)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "%s: what another command left there cannot be "
			       "undone: \"faultline detach %s\" says why",
			       name, name);
	health_check_programs(&a->entry, record, why, sizeof(why));
	return fl_fail(a->error, FL_EXIT_ERROR, "%s is already attached%s%s%s",
		       name, *why ? ", but degraded: " : "", why,
		       *why ? ": detach it first" : "");
}

/* Whether nothing of ours is on the device. What is left of another one that
 * had the same index goes. */
static int check_free(struct attempt *a)
{
	struct fl_device record;
	char leftovers[200] = "";
	int err = find_entry(&a->link, &a->entry);

	if (err == -ENOENT)
		return 0;
	if (!err)
		err = pins_read(&a->entry, OBJ_DEVICE, &record, sizeof(record));
	if (err)
		return device_open_failure(err, &a->entry, a->error);
	if (record.state == FL_DEVICE_ATTACHED &&
	    hooks_are_gone(&a->entry, &record) &&
	    teardown(&a->entry, NULL, leftovers, sizeof(leftovers)))
		return 0;
	return refuse_attached(a, &record);
}

static int attach_locked(const struct device_attach_options *options,
			 struct attempt *a)
{
	int code, err;

	(void)teardown_sweep();
	err = netif_link_get(options->device, &a->link);
	if (err == -ENODEV)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "no device \"%.40s\" in this network namespace",
			       options->device);
	if (err)
		return fl_fail(a->error, FL_EXIT_ERROR, "%.40s: %s",
			       options->device, strerror(-err));
	code = check_free(a);
	if (!code)
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
	device_unlock(lock);
	return code;
}
