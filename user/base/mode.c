/* SPDX-License-Identifier: GPL-2.0-only */
#include "mode.h"

#include <errno.h>
#include <string.h>

static const char *const names[FL_MODES] = {
	[FL_MODE_AUTO] = "auto",
	[FL_MODE_NATIVE] = "native",
	[FL_MODE_GENERIC] = "generic",
	[FL_MODE_TC] = "tc",
};

const char *mode_name(enum fl_mode mode)
{
	return mode < FL_MODES ? names[mode] : "unknown";
}

int mode_parse(const char *word, enum fl_mode *mode)
{
	for (unsigned int i = 0; i < FL_MODES; i++) {
		if (strcmp(word, names[i]))
			continue;
		*mode = i;
		return 0;
	}
	return -EINVAL;
}
