/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <sys/types.h>

/* Parent of @pid, 0 when there is none or it cannot be told. */
pid_t proc_parent(pid_t pid);
