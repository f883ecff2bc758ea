/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in the files that rules name. Read before the lock is taken: a file
 * may keep us waiting, on a file system that does not answer, say, and nobody
 * else should wait for it.
 */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

#include "base/error.h"
#include "compile/trace.h"

struct contents;

/*
 * Reads the files of @rules, each once, and makes their paths absolute. No more
 * than a device has room for. FL_EXIT_*; free with contents_free().
 */
int contents_read(struct fl_rule *rules, size_t count, struct contents **read,
		  struct fl_error *error);
void contents_free(struct contents *contents);

/* That of a @path which was read. */
const struct trace *contents_trace(const struct contents *contents,
				   const char *path);
const struct fl_table *contents_table(const struct contents *contents,
				      const char *path);
