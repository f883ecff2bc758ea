/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: load, pin, put the programs in place, ask the kernel whether they
 * are, and only then call it attached. What is killed half way has its device
 * record in state CHANGING, and the next command takes it down.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <linux/if_link.h>

#include "engine_private.h"
#include "guard.h"

#define FLOWS_DEFAULT 65536

/* One attempt at one mode. */
struct attempt {
	struct netif_link link;
	struct store_entry entry;
	struct fl_device device;
	struct obj *obj;
	struct engine_attach_report *report;
	struct fl_error *error;
	int failed;		/* errno of the attachment itself, positive */
};

static void note(struct engine_attach_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct engine_attach_report *report, const char *format, ...)
{
	const size_t max = sizeof(report->notes) / sizeof(*report->notes);
	va_list args;

	if (report->note_count == max)
		return;
	va_start(args, format);
	vsnprintf(report->notes[report->note_count++],
		  sizeof(*report->notes), format, args);
	va_end(args);
}

static int write_state(struct attempt *a)
{
	return obj_map_write(obj_map_fd(a->obj, OBJ_DEVICE), 0, &a->device);
}

static __u64 table_bytes(__u32 flows)
{
	return (__u64)obj_slots(flows) *
	       (sizeof(struct fl_flow) + sizeof(struct fl_flow_more));
}

static int load(struct attempt *a)
{
	char why[160] = "";
	int err = obj_load(&a->device, &a->obj, why, sizeof(why));

	if (!err)
		return 0;
	if (err == -EPERM)
		return fl_fail(a->error, FL_EXIT_PERMISSION,
			       "the kernel does not let us load BPF programs: "
			       "run as root (CAP_BPF and CAP_NET_ADMIN)");
	if (err == -ENOMEM)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "no memory for %u flows (%zu MiB): try a "
			       "smaller --flows", a->device.flows,
			       (size_t)(table_bytes(a->device.flows) >> 20));
	return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
		       "this kernel refuses the BPF programs: %s%s%s",
		       strerror(-err), *why ? ": " : "", why);
}

/* First generation, with the guards only. */
static int first_rules(struct attempt *a)
{
	static struct fl_rule guards[FL_GUARDS_MAX];
	static struct compile_rule rules[FL_GUARDS_MAX];
	size_t count = guard_rules(&a->device, guards);
	struct fl_action exempt = { .flags = FL_ACT_EXEMPT };
	struct engine *engine;
	int code = engine_open_entry(&a->entry, &engine, a->error);

	if (code)
		return code;
	for (size_t i = 0; i < count; i++)
		rules[i] = (struct compile_rule){
			&guards[i], FL_CAND(FL_ID_EXEMPT, 0, 0) };
	engine->actions[FL_ID_EXEMPT] = exempt;
	code = engine_switch(engine, rules, count, NULL, 0, a->error);
	engine_close(engine);
	return code;
}

static const char *mode_name(enum fl_mode mode)
{
	return mode == FL_MODE_NATIVE ? "native XDP" : "generic XDP";
}

static int xdp_failure(struct attempt *a, int err)
{
	const __u32 *ids = a->link.xdp_prog_id;
	__u32 id = ids[NETIF_XDP_DRIVER] ? ids[NETIF_XDP_DRIVER] :
		   ids[NETIF_XDP_GENERIC] ? ids[NETIF_XDP_GENERIC] :
					    ids[NETIF_XDP_HARDWARE];
	char name[16];

	a->failed = -err;
	if (err == -EBUSY || err == -EEXIST) {
		obj_prog_name(id, name, sizeof(name));
		return fl_fail(a->error, FL_EXIT_BUSY,
			       "%s has an XDP program of someone else's: %s "
			       "(id %u); try --mode tc", a->link.name,
			       *name ? name : "name unknown", id);
	}
	if (err == -ERANGE)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s: MTU %u is too large for %s in this driver",
			       a->link.name, a->link.mtu,
			       mode_name((enum fl_mode)a->device.mode));
	return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
		       "%s: the driver%s%s does not take %s: %s%s%s",
		       a->link.name, *a->link.driver ? " " : "",
		       a->link.driver, mode_name((enum fl_mode)a->device.mode),
		       strerror(-err), *netif_extack() ? ": " : "",
		       netif_extack());
}

static int attach_xdp(struct attempt *a)
{
	__u32 flags = a->device.mode == FL_MODE_NATIVE ? XDP_FLAGS_DRV_MODE :
							 XDP_FLAGS_SKB_MODE;
	int err, fd = obj_attach_xdp(a->obj, a->link.ifindex, flags);

	if (fd < 0)
		return xdp_failure(a, fd);
	err = obj_pin_fd(fd, a->entry.path, obj_link_names[OBJ_XDP]);
	close(fd);
	return err ? fl_fail(a->error, FL_EXIT_ERROR, "cannot pin: %s",
			     strerror(-err)) : 0;
}

static int attach_tcx(struct attempt *a, enum fl_side side)
{
	enum obj_prog prog = side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT;
	int err, fd = netif_tcx_attach(a->link.ifindex, side,
				       obj_prog_fd(a->obj, prog));

	if (fd < 0)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "%s: cannot attach by tcx: %s", a->link.name,
			       strerror(-fd));
	err = obj_pin_fd(fd, a->entry.path, obj_link_names[prog]);
	close(fd);
	return err ? fl_fail(a->error, FL_EXIT_ERROR, "cannot pin: %s",
			     strerror(-err)) : 0;
}

static int tc_failure(struct attempt *a, int err)
{
	return fl_fail(a->error, err == -EPERM ? FL_EXIT_PERMISSION :
		       err == -EOPNOTSUPP || err == -ENOENT ?
						 FL_EXIT_UNSUPPORTED :
						 FL_EXIT_ERROR,
		       "%s: cannot attach to tc (clsact, cls_bpf): %s%s%s",
		       a->link.name, strerror(-err),
		       *netif_extack() ? ": " : "", netif_extack());
}

static int attach_filter(struct attempt *a, enum fl_side side)
{
	enum obj_prog prog = side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT;
	int behind = 0;
	int err = netif_filter_priority(a->link.ifindex, side,
					&a->device.tc_priority[side],
					&behind);

	/* Recorded before it is there, so that it will be found. */
	if (!err)
		err = write_state(a);
	if (!err)
		err = netif_filter_add(a->link.ifindex, side,
				       a->device.tc_priority[side],
				       a->device.tc_handle,
				       obj_prog_fd(a->obj, prog),
				       ENGINE_TC_NAME);
	if (err)
		return tc_failure(a, err);
	if (behind)
		note(a->report, "other tc filters on the %s side have "
		     "priority 1 and run before ours: what they decide, we "
		     "do not see", side == FL_IN ? "in" : "out");
	return 0;
}

static int add_clsact(struct attempt *a)
{
	int err = netif_clsact_exists(a->link.ifindex);

	if (err == -EEXIST)
		return fl_fail(a->error, FL_EXIT_BUSY,
			       "%s has an ingress qdisc, which takes the place "
			       "of clsact: \"tc qdisc del dev %s ingress\" "
			       "removes it and its filters", a->link.name,
			       a->link.name);
	if (err < 0)
		return tc_failure(a, err);
	if (err > 0)
		return 0;
	a->device.clsact_created = 1;
	err = write_state(a);
	if (!err)
		err = netif_clsact_add(a->link.ifindex);
	return err && err != -EEXIST ? tc_failure(a, err) : 0;
}

/* A tcx program that gives a verdict keeps clsact filters from running. */
static enum fl_tc_kind choose_tc(struct attempt *a)
{
	int in = netif_tcx_count(a->link.ifindex, FL_IN);
	int out = netif_tcx_count(a->link.ifindex, FL_OUT);

	if (in > 0 || out > 0) {
		note(a->report, "tc by tcx links, because %s has tcx programs "
		     "(%d in, %d out) that clsact filters would run behind",
		     a->link.name, in > 0 ? in : 0, out > 0 ? out : 0);
		return FL_TC_TCX;
	}
	return FL_TC_CLSACT;
}

static int attach_tc(struct attempt *a)
{
	int first = a->device.mode == FL_MODE_TC ? FL_IN : FL_OUT;
	int code = a->device.tc_kind == FL_TC_CLSACT ? add_clsact(a) : 0;

	for (int side = first; side <= FL_OUT && !code; side++)
		code = a->device.tc_kind == FL_TC_CLSACT ?
			       attach_filter(a, (enum fl_side)side) :
			       attach_tcx(a, (enum fl_side)side);
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
		err = write_state(a);
	if (!err)
		err = netif_offloads_clear(a->link.name,
					   a->device.offloads_off);
	if (!err)
		err = netif_gso_max_segs_set(a->link.ifindex, 1);
	if (!err)
		err = write_state(a);
	if (err)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s: cannot turn the offloads off: %s",
			       a->link.name, strerror(-err));
	note(a->report, "--exact: one packet per buffer; connections that "
	     "are open already may send larger ones for a while");
	return 0;
}

/* The kernel's word, not ours. */
static int verify(struct attempt *a)
{
	char why[128];

	engine_check(&a->entry, &a->device, why, sizeof(why));
	return *why ? fl_fail(a->error, FL_EXIT_ERROR, "attached, but %s", why) :
		      0;
}

static int attempt_steps(struct attempt *a, bool exact)
{
	int code = load(a);

	if (code)
		return code;
	code = -obj_pin(a->obj, a->entry.path);
	if (!code)
		code = -write_state(a);
	if (code)
		return fl_fail(a->error, FL_EXIT_ERROR, "cannot pin at %s: %s",
			       a->entry.path, strerror(code));
	code = first_rules(a);
	if (!code && a->device.mode != FL_MODE_TC)
		code = attach_xdp(a);
	if (!code)
		code = attach_tc(a);
	if (!code && exact)
		code = clear_offloads(a);
	if (!code)
		code = verify(a);
	if (code)
		return code;
	a->device.state = FL_DEVICE_ATTACHED;
	code = -write_state(a);
	return code ? fl_fail(a->error, FL_EXIT_ERROR, "cannot write: %s",
			      strerror(code)) : 0;
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
		engine_teardown(&a->entry, leftovers, sizeof(leftovers));
	return code;
}

/* A program of someone else's is not a reason to go elsewhere unasked. */
static int attempt_auto(struct attempt *a, bool exact)
{
	int code;

	if (a->device.layer3) {
		note(a->report, "tc at both ends: %s has no link header, "
		     "which XDP needs", a->link.name);
		return attempt_mode(a, FL_MODE_TC, exact);
	}
	code = attempt_mode(a, FL_MODE_NATIVE, exact);
	if (code != FL_EXIT_UNSUPPORTED || !a->failed)
		return code;
	note(a->report, "tc ingress, because native XDP is not to be had: %s",
	     a->error->text);
	*a->error->text = 0;
	return attempt_mode(a, FL_MODE_TC, exact);
}

static int prepare_device(struct attempt *a,
			  const struct engine_attach_options *options)
{
	struct fl_device *d = &a->device;
	int layer = netif_link_layer(&a->link);

	if (layer < 0)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s: link type %u is neither Ethernet nor plain "
			       "IP", a->link.name, a->link.arphrd_type);
	d->layer3 = layer == 3;
	if (d->layer3 && options->mode != FL_MODE_AUTO &&
	    options->mode != FL_MODE_TC)
		return fl_fail(a->error, FL_EXIT_UNSUPPORTED,
			       "%s has no link header, which XDP needs: use "
			       "--mode tc", a->link.name);
	d->abi_version = FL_ABI_VERSION;
	d->state = FL_DEVICE_CHANGING;
	d->ifindex = a->link.ifindex;
	d->netns_cookie = a->entry.netns_cookie;
	memcpy(d->name, a->link.name, sizeof(d->name));
	d->tc_handle = ENGINE_TC_HANDLE;
	d->flows = options->flows ? options->flows : FLOWS_DEFAULT;
	d->seed = options->seed;
	d->epoch_ns = engine_real_ns();
	d->no_guards = options->no_guards;
	guard_add_port(d, guard_ssh_port());
	if (!options->seeded &&
	    getrandom(&d->seed, sizeof(d->seed), 0) < 0)
		return fl_fail(a->error, FL_EXIT_ERROR, "no random seed: %s",
			       strerror(errno));
	d->tc_kind = choose_tc(a);
	return 0;
}

static void fill_report(const struct attempt *a)
{
	struct engine_attach_report *r = a->report;
	const struct fl_device *d = &a->device;

	memcpy(r->device.name, a->link.name, sizeof(r->device.name));
	r->device.ifindex = d->ifindex;
	r->device.mode = (enum fl_mode)d->mode;
	r->device.tc_kind = (enum fl_tc_kind)d->tc_kind;
	r->device.seed = d->seed;
	r->device.flows_max = d->flows;
	r->device.epoch_ns = d->epoch_ns;
	r->device.time_ns = engine_real_ns();
	r->device.exact = d->exact;
	memcpy(r->device.guard_ports, d->guard_ports,
	       sizeof(r->device.guard_ports));
	snprintf(r->pins, sizeof(r->pins), "%.127s",
		 store_plain(a->entry.path));
	r->table_bytes = table_bytes(d->flows);
}

static int attach_locked(const struct engine_attach_options *options,
			 struct attempt *a)
{
	int code, err;

	engine_sweep();
	err = netif_link_get(options->device, &a->link);
	if (err == -ENODEV)
		return fl_fail(a->error, FL_EXIT_ERROR,
			       "no network device \"%.40s\" here",
			       options->device);
	if (err)
		return fl_fail(a->error, FL_EXIT_ERROR, "%.40s: %s",
			       options->device, strerror(-err));
	err = engine_find(&a->link, &a->entry);
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

int engine_attach(const struct engine_attach_options *options,
		  struct engine_attach_report *report, struct fl_error *error)
{
	struct attempt a = { .report = report, .error = error };
	int lock, code;

	memset(report, 0, sizeof(*report));
	code = engine_lock(&lock, error);
	if (code)
		return code;
	code = attach_locked(options, &a);
	if (code)
		store_retire();
	close(lock);
	return code;
}
