/* SPDX-License-Identifier: GPL-2.0-only */
/* What this host can do for us. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/privilege.h"
#include "kernel.h"
#include "kernel/netif.h"
#include "kernel/support.h"
#include "privilege.h"
#include "report.h"

#define KERNEL_MAJOR 6 /* the oldest version that is tested */
#define KERNEL_MINOR 1

/* Reads the beginning of a small file as a line; 0 or -errno. */
static int read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;
	int err = 0;

	line[0] = '\0';
	if (fd < 0)
		return -errno;
	length = read(fd, line, size - 1);
	if (length < 0)
		err = -errno;
	line[length < 0 ? 0 : length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	close(fd);
	return err;
}

static void probe_version(struct probe_report *report)
{
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) ||
	    sscanf(name.release, "%d.%d", &major, &minor) != 2) {
		probe_add(report, "kernel", PROBE_WARN, "unknown version");
		return;
	}
	if (major > KERNEL_MAJOR ||
	    (major == KERNEL_MAJOR && minor >= KERNEL_MINOR)) {
		probe_add(report, "kernel", PROBE_OK, "%s %s", name.release,
			  name.machine);
		return;
	}
	probe_add(report, "kernel", PROBE_BAD, "%s is too old", name.release);
	probe_fix(report, "use Linux %d.%d or later", KERNEL_MAJOR,
		  KERNEL_MINOR);
}

/* ---- privilege ---------------------------------------------------------- */

/* Capabilities in a user namespace do not help: BPF wants the host's. */
static int is_in_user_namespace(void)
{
	unsigned long inside, outside, length;
	char line[128];

	if (read_line("/proc/self/uid_map", line, sizeof(line)) ||
	    sscanf(line, "%lu %lu %lu", &inside, &outside, &length) != 3)
		return 0;
	return inside || outside || length != 0xffffffff;
}

/* Returns whether BPF can be tried at all. */
static int probe_capabilities(struct probe_report *report)
{
	__u64 missing = privileges_lacking("attach");
	char text[96];

	privileges_print(missing, text, sizeof(text));
	if (missing) {
		probe_add(report, "capabilities", PROBE_BAD, "missing: %s",
			  text);
		probe_fix(report, "run as root, or: setcap "
				  "cap_bpf,cap_perfmon,cap_net_admin+ep "
				  "$(command -v faultline)");
		return 0;
	}
	if (is_in_user_namespace()) {
		probe_add(
			report, "capabilities", PROBE_BAD,
			"only in a user namespace, which BPF does not accept");
		probe_fix(report, "run outside the user namespace "
				  "(not in a rootless container)");
		return 0;
	}
	probe_add(report, "capabilities", PROBE_OK,
		  "those that all verbs need, see below");
	return 1;
}

/* ---- BPF ---------------------------------------------------------------- */

static void probe_jit(struct probe_report *report, int privileged)
{
	char line[16];
	int on = -EPERM;

	/* Network namespaces but the first do not show the switch. */
	if (!read_line("/proc/sys/net/core/bpf_jit_enable", line, sizeof(line)))
		on = atoi(line) != 0;
	else if (privileged)
		on = support_jit();
	if (on == 0) {
		probe_add(report, "bpf jit", PROBE_WARN,
			  "off: every packet will cost several times more");
		probe_fix(report, "sysctl -w net.core.bpf_jit_enable=1");
		return;
	}
	if (on > 0) {
		probe_add(report, "bpf jit", PROBE_OK, "on");
		return;
	}
	probe_add(report, "bpf jit", PROBE_WARN,
		  "unknown: not tried without privilege");
	probe_fix(report, "run as root");
}

static void probe_btf(struct probe_report *report)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK)) {
		probe_add(report, "btf", PROBE_OK, "/sys/kernel/btf/vmlinux");
		return;
	}
	if (access("/sys/kernel", F_OK)) {
		probe_add(report, "btf", PROBE_WARN, "unknown: no /sys here");
		probe_fix(report, "mount -t sysfs sysfs /sys");
		return;
	}
	probe_add(report, "btf", PROBE_WARN,
		  "the kernel does not describe its types");
	probe_fix(report, "use a kernel with CONFIG_DEBUG_INFO_BTF");
}

static void probe_lockdown(struct probe_report *report)
{
	char line[64], *mode, *end;

	if (read_line("/sys/kernel/security/lockdown", line, sizeof(line))) {
		probe_add(report, "lockdown", PROBE_OK, "none visible");
		return;
	}
	mode = strchr(line, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (!end) {
		probe_add(report, "lockdown", PROBE_OK, "unknown: %s", line);
		return;
	}
	*end = '\0';
	if (strcmp(mode + 1, "confidentiality")) {
		probe_add(report, "lockdown", PROBE_OK, "%s", mode + 1);
		return;
	}
	probe_add(report, "lockdown", PROBE_WARN,
		  "confidentiality: BPF programs cannot read kernel memory");
	probe_fix(report, "boot with lockdown=integrity or without lockdown=");
}

static void probe_program_type(struct probe_report *report, const char *what,
			       enum bpf_prog_type type, const char *option,
			       int privileged)
{
	int supported = privileged ? support_programs(type) : -EPERM;

	if (supported > 0) {
		probe_add(report, what, PROBE_OK, "load");
	} else if (supported == 0) {
		probe_add(report, what, PROBE_BAD,
			  "the kernel refuses the smallest program");
		probe_fix(report, "use a kernel with %s", option);
	} else {
		probe_add(report, what, PROBE_WARN,
			  "unknown: not tried without privilege");
		probe_fix(report, "run as root");
	}
}

static void probe_tcx(struct probe_report *report)
{
	int count = netif_tcx_count(1, FL_IN);

	if (count >= 0) {
		probe_add(report, "tcx", PROBE_OK, "present");
	} else if (count == -EOPNOTSUPP) {
		probe_add(report, "tcx", PROBE_OK,
			  "not in this kernel (6.6 or later), not needed");
	} else {
		probe_add(report, "tcx", PROBE_WARN, "unknown: %s",
			  strerror(-count));
		probe_fix(report, "run as root");
	}
}

int probe_host(struct probe_result *list, size_t max)
{
	struct probe_report report = { .list = list, .max = max };
	int privileged;

	probe_version(&report);
	privileged = probe_capabilities(&report);
	probe_privileges(&report);
	probe_jit(&report, privileged);
	probe_btf(&report);
	probe_lockdown(&report);
	probe_program_type(&report, "xdp programs", BPF_PROG_TYPE_XDP,
			   "CONFIG_BPF_SYSCALL", privileged);
	probe_program_type(&report, "tc programs", BPF_PROG_TYPE_SCHED_CLS,
			   "CONFIG_BPF_SYSCALL", privileged);
	probe_tcx(&report);
	probe_kernel_parts(&report);
	return (int)report.count;
}
