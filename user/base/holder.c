/* SPDX-License-Identifier: GPL-2.0-only */
#include "holder.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *word, *waits;
} holders[FL_HOLDERS] = {
	[FL_HOLDER_NONE] = { "none", "" },
#define HOLDER(id, name, word, waits) [FL_HOLDER_##id] = { word, waits },
#include <faultline/holders.def>
#undef HOLDER
};

const char *holder_word(enum fl_holder holder)
{
	return holders[holder < FL_HOLDERS ? holder : FL_HOLDER_NONE].word;
}

const char *holder_waits(enum fl_holder holder)
{
	return holders[holder < FL_HOLDERS ? holder : FL_HOLDER_NONE].waits;
}

int holder_parse(const char *word, enum fl_holder *holder)
{
	for (int i = FL_HOLDER_NONE + 1; i < FL_HOLDERS; i++) {
		if (strcmp(word, holders[i].word))
			continue;
		*holder = (enum fl_holder)i;
		return 0;
	}
	return -EINVAL;
}
