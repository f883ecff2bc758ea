/* SPDX-License-Identifier: GPL-2.0-only */
#include "generation.h"

#include <stdbool.h>

#include "open.h"

__u32 generation_next(__u32 generation)
{
	return generation >= FL_GEN_LAST ? 1 + (generation & 1) :
					   generation + 1;
}

/* A slot that is being written is waited for. */
static int forget_side(struct device *dev, enum obj_map map, __u32 current)
{
	struct fl_flow *flows;
	int err = obj_map_mmap(dev->map[map], sizeof(*flows), dev->sizes.slots,
			       1, (void **)&flows);

	for (__u32 i = 0; !err && i < dev->sizes.slots; i++) {
		__u32 word = __atomic_load_n(&flows[i].word, __ATOMIC_ACQUIRE);

		while (FL_WORD_GENERATION(word) != FL_GEN_EMPTY &&
		       FL_WORD_GENERATION(word) != current &&
		       (FL_WORD_GENERATION(word) == FL_GEN_BUSY ||
			!__atomic_compare_exchange_n(
				&flows[i].word, &word,
				FL_WORD(FL_GEN_STALE, word), false,
				__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)))
			word = __atomic_load_n(&flows[i].word,
					       __ATOMIC_ACQUIRE);
	}
	if (!err)
		obj_map_munmap(flows, sizeof(*flows), dev->sizes.slots);
	return err;
}

/* The numbers of generations begin anew: no flow may be left with candidates of
 * another than @current. */
static int forget_generations(struct device *dev, __u32 current)
{
	int err = forget_side(dev, OBJ_FLOWS, current);

	return err ? err : forget_side(dev, OBJ_FLOWS_OUT, current);
}

/* When the numbers begin anew, programs that run write the last one still: once
 * more after they have ended. */
int generation_switch(struct device *dev, __u32 generation)
{
	bool anew = generation < dev->control->generation;
	int err = anew ? forget_generations(dev, dev->control->generation) : 0;

	if (err)
		return err;
	__atomic_store_n(&dev->control->generation, generation,
			 __ATOMIC_SEQ_CST);
	if (anew)
		err = obj_wait_programs();
	return anew && !err ? forget_generations(dev, generation) : err;
}
