/* SPDX-License-Identifier: GPL-2.0-only */
#include "holder.h"

#include "base/holder.h"

static const struct holder_ops *const holders[FL_HOLDERS] = {
#define HOLDER(id, name, word, waits) [FL_HOLDER_##id] = &holder_##name,
#include <faultline/holders.def>
#undef HOLDER
};

const struct holder_ops *holder_ops(enum fl_holder holder)
{
	return holder < FL_HOLDERS ? holders[holder] : NULL;
}

const struct holder_ops *holder_of(const struct fl_device *record)
{
	return holder_ops((enum fl_holder)record->holder);
}

bool holder_has_process(const struct fl_device *record)
{
	const struct holder_ops *ops = holder_of(record);

	return ops && ops->start;
}

const char *holder_word_of(const struct fl_device *record)
{
	return holder_word((enum fl_holder)record->holder);
}
