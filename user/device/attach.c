/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: load, pin, put the programs in place, ask the kernel whether they
 * are, and only then call it attached. What is killed half way has its device
 * record in state CHANGING, and the next command takes it down.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "ways.h"
#include "hooks.h"
#include "load.h"
#include "stage.h"
#include "compile/guard.h"
#include "probe/probe.h"

#define FLOWS_DEFAULT 65536

/* Packets held at once, by default: what an eighth of the memory has room for
 * at so many bytes each, between these. */
#define HELD_BYTES 2304
#define HELD_MIN 16384
#define HELD_MAX_FQ 1000000
#define HELD_MAX_HOLD 131072

int device_try(struct fl_error *error)
{
	static const struct fl_device devices[] = {
		{ .mode = FL_MODE_NATIVE,
		  .holder = FL_HOLDER_PROCESS,
		  .flows = 64 },
		{ .mode = FL_MODE_TC, .holder = FL_HOLDER_FQ, .flows = 64 },
	};
	int code = 0;

	for (int i = 0; i < 2 && !code; i++) {
		struct obj *obj = NULL;

		code = load_programs(&devices[i], &obj, error);
		obj_free(obj);
	}
	return code;
}

/* First generation, with the guards only. */
static int first_rules(struct attempt *a)
{
	static struct fl_rule guards[FL_GUARDS_MAX];
	static struct compile_rule rules[FL_GUARDS_MAX];
	size_t count = guard_rules(&a->device, guards);
	struct fl_action exempt = { .flags = FL_ACT_EXEMPT };
	struct device *holder;
	int code = device_open_entry(&a->entry, &holder, a->error);

	if (code)
		return code;
	for (size_t i = 0; i < count; i++)
		rules[i] = (struct compile_rule){ &guards[i],
						  FL_CAND(FL_ID_EXEMPT, 0, 0) };
	holder->actions[FL_ID_EXEMPT] = exempt;
	code = stage_switch(holder, rules, count, NULL, 0, a->error);
	device_close(holder);
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
		err = attach_write_record(a);
	if (!err)
		err = netif_offloads_clear(a->link.name,
					   a->device.offloads_off);
	if (!err)
		err = netif_gso_max_segs_set(a->link.ifindex, 1);
	if (!err)
		err = attach_write_record(a);
	if (err)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s: cannot turn the offloads off: %s",
			       a->link.name, strerror(-err));
	device_note(a->report,
		    "--exact: one packet per buffer; connections "
		    "that are open already may send larger ones for a while");
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
		code = -attach_write_record(a);
	if (code)
		return fl_fail(a->error, FL_EXIT_ERROR, "cannot pin at %s: %s",
			       a->entry.path, strerror(code));
	code = first_rules(a);
	if (!code && a->device.mode != FL_MODE_TC)
		code = device_attach_xdp(a);
	if (!code)
		code = device_attach_tc(a);
	if (!code && exact)
		code = clear_offloads(a);
	if (!code)
		code = verify(a);
	if (code)
		return code;
	a->device.state = FL_DEVICE_ATTACHED;
	code = -attach_write_record(a);
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
		device_teardown(&a->entry, leftovers, sizeof(leftovers));
	return code;
}

/* A program of someone else's is not a reason to go elsewhere unasked. */
static int attempt_auto(struct attempt *a, bool exact)
{
	int code;

	if (a->device.layer3) {
		device_note(a->report,
			    "tc at both ends: %s has no link "
			    "header, which XDP needs",
			    a->link.name);
		return attempt_mode(a, FL_MODE_TC, exact);
	}
	code = attempt_mode(a, FL_MODE_NATIVE, exact);
	if (code != FL_EXIT_UNSUPPORTED || !a->failed)
		return code;
	device_note(a->report,
		    "tc ingress, because native XDP is not to be "
		    "had: %s",
		    a->error->text);
	*a->error->text = 0;
	return attempt_mode(a, FL_MODE_TC, exact);
}

static __u32 default_held(enum fl_holder holder)
{
	__u64 held = 0,
	      max = holder == FL_HOLDER_FQ ? HELD_MAX_FQ : HELD_MAX_HOLD;
	struct sysinfo info;

	if (!sysinfo(&info))
		held = (__u64)info.totalram * info.mem_unit / 8 / HELD_BYTES;
	return (__u32)(held < HELD_MIN ? HELD_MIN : held > max ? max : held);
}

static void note_holder(struct attempt *a, bool asked, const char *why_not)
{
	switch (a->device.holder) {
	case FL_HOLDER_FQ:
		device_note(a->report,
			    "rules that delay: by sch_fq, the fq "
			    "engine, %s",
			    asked ? "as you asked" :
				    "because this kernel has it");
		break;
	case FL_HOLDER_PROCESS:
		device_note(a->report,
			    "rules that delay: by a process, the "
			    "hold engine, %s%s",
			    asked ? "as you asked" : "because ",
			    asked ? "" : why_not);
		break;
	default:
		device_note(a->report, "no rule can delay packets: %s",
			    why_not);
	}
}

/* sch_fq before a process of ours: it is in the kernel, and faster. */
static int choose_holder(struct attempt *a,
			 const struct device_attach_options *options)
{
	enum fl_holder holder = options->holder ? options->holder :
						  FL_HOLDER_FQ;
	char no_fq[160], why[160];
	int err = probe_holder(holder, why, sizeof(why));

	if (err && options->holder)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED, "--engine %s: %s",
			       probe_holder_name(holder), why);
	memcpy(no_fq, why, sizeof(no_fq));
	if (err) {
		holder = FL_HOLDER_PROCESS;
		err = probe_holder(holder, why, sizeof(why));
	}
	if (err)
		holder = FL_HOLDER_NONE;
	a->device.holder = holder;
	if (holder)
		a->device.held_max = options->held ? options->held :
						     default_held(holder);
	note_holder(a, options->holder, err ? why : no_fq);
	if (a->link.mtu > ways_mtu_max(holder))
		device_note(a->report,
			    "MTU %u: the %s engine takes at most "
			    "%u, so that rules that delay are refused",
			    a->link.mtu, probe_holder_name(holder),
			    ways_mtu_max(holder));
	return 0;
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
	d->tc_handle = DEVICE_TC_HANDLE;
	d->flows = options->flows ? options->flows : FLOWS_DEFAULT;
	d->seed = options->seed;
	d->epoch_ns = clock_real_ns();
	d->no_guards = options->no_guards;
	guard_add_port(d, guard_ssh_port());
	if (!options->seeded && getrandom(&d->seed, sizeof(d->seed), 0) < 0)
		return fl_fail(a->error, FL_EXIT_ERROR, "no random seed: %s",
			       strerror(errno));
	d->tc_kind = device_choose_tc(a);
	return choose_holder(a, options);
}

static void fill_report(const struct attempt *a)
{
	struct device_attach_report *r = a->report;
	const struct fl_device *d = &a->device;

	memcpy(r->device.name, a->link.name, sizeof(r->device.name));
	r->device.ifindex = d->ifindex;
	r->device.mode = (enum fl_mode)d->mode;
	r->device.tc_kind = (enum fl_tc_kind)d->tc_kind;
	r->device.holder = (enum fl_holder)d->holder;
	r->device.seed = d->seed;
	r->device.flows_max = d->flows;
	r->device.epoch_ns = d->epoch_ns;
	r->device.time_ns = clock_real_ns();
	r->device.exact = d->exact;
	memcpy(r->device.guard_ports, d->guard_ports,
	       sizeof(r->device.guard_ports));
	snprintf(r->pins, sizeof(r->pins), "%.127s",
		 store_plain(a->entry.path));
	r->table_bytes = load_table_bytes(d->flows);
	r->held_max = d->held_max;
}

static int attach_locked(const struct device_attach_options *options,
			 struct attempt *a)
{
	int code, err;

	device_sweep();
	err = netif_link_get(options->device, &a->link);
	if (err == -ENODEV)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "no network device \"%.40s\" here",
			       options->device);
	if (err)
		return fl_fail(a->error, FL_EXIT_ERROR, "%.40s: %s",
			       options->device, strerror(-err));
	err = device_find(&a->link, &a->entry);
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
	if (!code)
		fill_report(a);
	return code;
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
