/* SPDX-License-Identifier: GPL-2.0-only */
#include "ids.h"

#define WORDS (FL_IDS / 64)

void ids_put(struct fl_ids *ids, __u16 id)
{
	ids->words[id / 64] |= 1ull << (id % 64);
}

bool ids_have(const struct fl_ids *ids, __u16 id)
{
	return ids->words[id / 64] >> (id % 64) & 1;
}

bool ids_any(const struct fl_ids *ids)
{
	for (int i = 0; i < WORDS; i++)
		if (ids->words[i])
			return true;
	return false;
}
