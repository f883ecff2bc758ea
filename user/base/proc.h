/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <sys/types.h>

/* Parent of @pid, 0 if there is none or it is unknown. */
pid_t proc_parent(pid_t pid);
