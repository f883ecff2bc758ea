/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of the kernel that may be built in, a module, or missing. Using a part
 * would load its module, so this reads what the kernel and its package say
 * about themselves.
 */
#include "kernel.h"
#include "report.h"
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum presence { UNKNOWN, ABSENT, LOADABLE, PRESENT };

struct part {
	const char *what;
	const char *module;
	const char *symbol; /* one of its functions in /proc/kallsyms */
	const char *option; /* in the kernel's configuration */
	enum probe_state absent;
	const char *without; /* what is impossible without it */
	enum presence presence;
};

/* Module names as lsmod prints them: the files may have dashes instead. */
static int names_module(const char *line, const char *module)
{
	const char *base = strrchr(line, '/');
	size_t length = strlen(module);
	size_t i;

	base = base ? base + 1 : line;
	for (i = 0; i < length; i++) {
		if ((base[i] == '-' ? '_' : base[i]) != module[i])
			return 0;
	}
	return base[length] == '.' || base[length] == ' ';
}

/* "ffffffff81ef5d10 t ingress_init\t[sch_ingress]" */
static int names_symbol(const char *line, const char *symbol)
{
	const char *type = strchr(line, ' ');
	size_t length = strlen(symbol);

	return type && strlen(type) > 3 && !strncmp(type + 3, symbol, length) &&
	       strchr(" \t\n.", type[3 + length]);
}

static void scan(const char *path, struct part *parts, size_t count,
		 int symbols, enum presence presence, int *readable)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, i;

	*readable = 0;
	if (!file)
		return;
	while (getline(&line, &size, file) >= 0) {
		*readable = 1;
		/* "path: what it depends on" */
		line[strcspn(line, ":")] = '\0';
		for (i = 0; i < count; i++) {
			if (parts[i].presence < presence &&
			    (symbols ? names_symbol(line, parts[i].symbol) :
				       names_module(line, parts[i].module)))
				parts[i].presence = presence;
		}
	}
	/* What is not known whole says nothing of what is missing. */
	*readable &= !!feof(file);
	free(line);
	fclose(file);
}

static void find_parts(struct part *parts, size_t count)
{
	char path[sizeof(((struct utsname *)0)->release) + 64];
	struct utsname name;
	int symbols, loaded, packaged, ignored;
	size_t i;

	if (uname(&name))
		return;
	scan("/proc/kallsyms", parts, count, 1, PRESENT, &symbols);
	scan("/proc/modules", parts, count, 0, PRESENT, &ignored);
	loaded = access("/proc/modules", F_OK) == 0;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin",
		 name.release);
	scan(path, parts, count, 0, PRESENT, &ignored);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep",
		 name.release);
	scan(path, parts, count, 0, LOADABLE, &packaged);
	/* A container may lack the files of its host's kernel. */
	for (i = 0; i < count; i++) {
		if (parts[i].presence == UNKNOWN &&
		    (packaged || (symbols && !loaded)))
			parts[i].presence = ABSENT;
	}
}

static void report_part(struct probe_report *report, const struct part *part)
{
	switch (part->presence) {
	case PRESENT:
		probe_add(report, part->what, PROBE_OK, "present");
		break;
	case LOADABLE:
		probe_add(report, part->what, PROBE_OK,
			  "module %s, loaded when needed", part->module);
		break;
	case UNKNOWN:
		probe_add(report, part->what, PROBE_WARN,
			  "unknown: the kernel's modules cannot be seen here");
		probe_fix(report, "on the host: modinfo %s", part->module);
		break;
	case ABSENT:
		probe_add(report, part->what, part->absent,
			  "not in this kernel: no %s", part->without);
		probe_fix(report, "use a kernel with %s", part->option);
		break;
	}
}

/* 0, or why its devices cannot be made: a positive errno. */
static int tun_errno(void)
{
	return faccessat(AT_FDCWD, "/dev/net/tun", R_OK | W_OK, AT_EACCESS) ?
		       errno :
		       0;
}

static void report_tun(struct probe_report *report, const struct part *part)
{
	int err = part->presence < LOADABLE ? 0 : tun_errno();

	if (!err) {
		report_part(report, part);
		return;
	}
	probe_add(report, part->what, PROBE_WARN,
		  "/dev/net/tun: %s: engine hold cannot be used",
		  strerror(err));
	probe_fix(report, "%s",
		  err == ENOENT ? "mkdir -p /dev/net && "
				  "mknod /dev/net/tun c 10 200" :
				  "chmod 666 /dev/net/tun, or run as root");
}

enum { CLSACT, CLS_BPF, FQ, VETH, MACVLAN, TUN, PARTS };

/* The first of what engine fq needs that is not there, or NULL. */
static const struct part *absent_of_fq(const struct part parts[])
{
	for (int i = FQ; i <= MACVLAN; i++)
		if (parts[i].presence == ABSENT)
			return &parts[i];
	return NULL;
}

/* Tried only if that loads no module. */
static int try_fq(const struct part parts[], char *why, size_t size)
{
	const struct part *absent = absent_of_fq(parts);

	*why = '\0';
	if (absent) {
		snprintf(why, size, "this kernel has no %s", absent->what);
		return -ENOENT;
	}
	for (int i = FQ; i <= MACVLAN; i++)
		if (parts[i].presence == LOADABLE)
			return 0;
	return probe_try_fq(why, size);
}

static int try_tap(const struct part parts[], char *why, size_t size)
{
	int err = tun_errno();

	if (parts[TUN].presence != LOADABLE)
		return probe_try_tap(why, size);
	if (err)
		snprintf(why, size, "/dev/net/tun: %s", strerror(err));
	return -err;
}

static enum fl_holder find_engine(const struct part parts[], char *why,
				  size_t size)
{
	if (!try_fq(parts, why, size))
		return FL_HOLDER_FQ;
	if (!try_tap(parts, why, size))
		return FL_HOLDER_PROCESS;
	return FL_HOLDER_NONE;
}

/* What attach would choose. */
static void report_engine(struct probe_report *report,
			  const struct part parts[])
{
	const struct part *absent = absent_of_fq(parts);
	char why[96] = "";

	switch (find_engine(parts, why, sizeof(why))) {
	case FL_HOLDER_FQ:
		probe_add(report, "delay engine", PROBE_OK,
			  "fq: sch_fq holds packets");
		break;
	case FL_HOLDER_PROCESS:
		probe_add(report, "delay engine", PROBE_OK,
			  "hold: a process holds packets, because this "
			  "kernel has no %s",
			  absent ? absent->what : "sch_fq");
		break;
	default:
		probe_add(report, "delay engine", PROBE_WARN,
			  "none, no rule can hold packets: %s", why);
		probe_fix(report, "use a kernel with CONFIG_NET_SCH_FQ, "
				  "CONFIG_VETH and CONFIG_MACVLAN, or with "
				  "CONFIG_TUN");
	}
}

static const struct part *known_parts(void)
{
	static struct part parts[PARTS] = {
		[CLSACT] = { "clsact", "sch_ingress", "clsact_init",
			     "CONFIG_NET_SCH_INGRESS", PROBE_BAD, "egress",
			     UNKNOWN },
		[CLS_BPF] = { "cls_bpf", "cls_bpf", "cls_bpf_classify",
			      "CONFIG_NET_CLS_BPF", PROBE_BAD, "egress",
			      UNKNOWN },
		[FQ] = { "sch_fq", "sch_fq", "fq_enqueue", "CONFIG_NET_SCH_FQ",
			 PROBE_WARN, "delay by engine fq", UNKNOWN },
		[VETH] = { "veth", "veth", "veth_setup", "CONFIG_VETH",
			   PROBE_WARN, "delay by engine fq", UNKNOWN },
		[MACVLAN] = { "macvlan", "macvlan", "macvlan_common_newlink",
			      "CONFIG_MACVLAN", PROBE_WARN,
			      "delay by engine fq", UNKNOWN },
		[TUN] = { "tun", "tun", "tun_chr_open", "CONFIG_TUN",
			  PROBE_WARN, "delay by engine hold", UNKNOWN },
	};
	static bool found;

	if (!found)
		find_parts(parts, PARTS);
	found = true;
	return parts;
}

enum fl_holder probe_engine(char *why, size_t size)
{
	return find_engine(known_parts(), why, size);
}

void probe_kernel_parts(struct probe_report *report)
{
	const struct part *parts = known_parts();

	for (size_t i = 0; i < TUN; i++)
		report_part(report, &parts[i]);
	report_tun(report, &parts[TUN]);
	report_engine(report, parts);
}
