/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/privilege.h"

#include <linux/capability.h>

#include "privilege.h"
#include "report.h"

static void report_verbs(struct probe_report *report,
			 const struct privileges *row, __u64 held)
{
	__u64 missing = privileges_missing(row->must, held);
	char text[96];

	privileges_print(missing ? missing : row->must, text, sizeof(text));
	if (!missing) {
		probe_add(report, row->verbs, PROBE_OK, "needs %s%s", text,
			  row->must ? "" : ", but access to the pins");
		return;
	}
	probe_add(report, row->verbs, PROBE_WARN, "lacks %s", text);
	probe_fix(report, "run as root, or with these capabilities (setpriv "
			  "--ambient-caps)");
}

static void report_elsewhere(struct probe_report *report, __u64 held)
{
	if (held >> CAP_SYS_ADMIN & 1) {
		probe_add(report, "elsewhere", PROBE_OK,
			  "CAP_SYS_ADMIN mounts the pins and enters other "
			  "network namespaces");
		return;
	}
	probe_add(report, "elsewhere", PROBE_WARN,
		  "no CAP_SYS_ADMIN: this network namespace only, and a bpffs "
		  "must be mounted for the pins");
	probe_fix(report, "as root: mount -t bpf bpf $FAULTLINE_RUN/bpf && "
			  "chown USER $FAULTLINE_RUN/bpf");
}

void probe_privileges(struct probe_report *report)
{
	__u64 held = privileges_held();

	/* The last is the one that says this. */
	for (const struct privileges *row = privileges; row[1].verbs; row++)
		report_verbs(report, row, held);
	report_elsewhere(report, held);
}
