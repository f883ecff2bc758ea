/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hold process gives up for good. */
#pragma once

/* From here on neither this process nor its children can run other programs,
 * load any into the kernel, mount, trace or become somebody else. 0 or -errno;
 * -EINVAL from a kernel without seccomp filters, which is no reason to stop. */
int seal_process(void);
