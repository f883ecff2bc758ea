/* SPDX-License-Identifier: GPL-2.0-only */
#include "ids.h"

#include <errno.h>

void ids_put(struct fl_ids *ids, __u16 id)
{
	ids->words[id / 64] |= 1ull << (id % 64);
}

bool ids_have(const struct fl_ids *ids, __u16 id)
{
	return ids->words[id / 64] >> (id % 64) & 1;
}

int ids_take(struct fl_ids *taken, struct fl_device *record, __u16 *id)
{
	for (__u32 i = 0; i < FL_RULES_MAX; i++) {
		*id = (__u16)(record->next_id++ % FL_RULES_MAX);
		if (ids_have(taken, *id) || ids_have(&record->resting, *id))
			continue;
		ids_put(taken, *id);
		return 0;
	}
	return -ENOSPC;
}
