/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Parent of @pid, 0 if there is none or it is unknown; a negative errno when
 * that could not be looked at. */
pid_t proc_parent(pid_t pid);

/* The name of @pid's command, printable. 0 or a negative errno. */
int proc_name(pid_t pid, char *name, size_t size);
