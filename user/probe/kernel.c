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

/* Whether there is a way to its devices, if it is there. */
static int report_tun(struct probe_report *report, struct part *part)
{
	if (part->presence < LOADABLE ||
	    !faccessat(AT_FDCWD, "/dev/net/tun", R_OK | W_OK, AT_EACCESS)) {
		report_part(report, part);
		return part->presence >= LOADABLE;
	}
	if (errno != ENOENT) {
		probe_add(report, part->what, PROBE_WARN,
			  "/dev/net/tun: %s: engine hold cannot be used",
			  strerror(errno));
		probe_fix(report, "chmod 666 /dev/net/tun, or run as root");
		return 0;
	}
	probe_add(report, part->what, PROBE_WARN,
		  "no /dev/net/tun: engine hold cannot be used");
	probe_fix(report, "mkdir -p /dev/net && mknod /dev/net/tun c 10 200");
	return 0;
}

/* What attach would choose. Tried only if that loads no module. */
static void report_holder(struct probe_report *report, enum presence fq,
			  enum presence veth, int tun)
{
	char why[96] = "";
	int found = fq >= LOADABLE && veth >= LOADABLE;

	if (fq == PRESENT && veth == PRESENT)
		found = !probe_try_fq(why, sizeof(why));
	if (found) {
		probe_add(report, "delay engine", PROBE_OK,
			  "fq: sch_fq holds packets");
	} else if (fq == UNKNOWN || veth == UNKNOWN || *why) {
		probe_add(report, "delay engine", PROBE_WARN,
			  "unknown until attach tries it%s%s", *why ? ": " : "",
			  why);
		probe_fix(report, "run as root, on the host");
	} else if (tun) {
		probe_add(report, "delay engine", PROBE_OK,
			  "hold: a process holds packets, because this "
			  "kernel has no %s",
			  fq < LOADABLE ? "sch_fq" : "veth devices");
	} else {
		probe_add(report, "delay engine", PROBE_WARN,
			  "none: no rule can hold packets");
		probe_fix(report, "use a kernel with CONFIG_VETH and "
				  "CONFIG_NET_SCH_FQ, or with CONFIG_TUN");
	}
}

void probe_kernel_parts(struct probe_report *report)
{
	enum { FQ = 2, VETH, TUN };
	struct part parts[] = {
		{ "clsact", "sch_ingress", "clsact_init",
		  "CONFIG_NET_SCH_INGRESS", PROBE_BAD, "egress", UNKNOWN },
		{ "cls_bpf", "cls_bpf", "cls_bpf_classify",
		  "CONFIG_NET_CLS_BPF", PROBE_BAD, "egress", UNKNOWN },
		[FQ] = { "sch_fq", "sch_fq", "fq_enqueue", "CONFIG_NET_SCH_FQ",
			 PROBE_WARN, "delay by engine fq", UNKNOWN },
		[VETH] = { "veth", "veth", "veth_setup", "CONFIG_VETH",
			   PROBE_WARN, "delay by engine fq", UNKNOWN },
		[TUN] = { "tun", "tun", "tun_chr_open", "CONFIG_TUN",
			  PROBE_WARN, "delay by engine hold", UNKNOWN },
	};
	size_t count = sizeof(parts) / sizeof(parts[0]);
	size_t i;

	find_parts(parts, count);
	for (i = 0; i < TUN; i++)
		report_part(report, &parts[i]);
	report_holder(report, parts[FQ].presence, parts[VETH].presence,
		      report_tun(report, &parts[TUN]));
}
