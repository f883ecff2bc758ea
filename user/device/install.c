/* SPDX-License-Identifier: GPL-2.0-only */
#include "install.h"

#include <string.h>

#include "blocks.h"
#include "compile/compile.h"
#include "holdings.h"

/* Counters go on for ever; a rule's own begin at what its id had before. */
static int write_base(struct device *dev, __u16 id, bool used)
{
	struct fl_spec *spec = &dev->specs[id];
	int err = 0;

	memset(spec->base, 0, sizeof(spec->base));
	for (__u32 side = 0; side < FL_SIDES && used && !err; side++)
		err = blocks_counters(dev, id, side, &spec->base[side]);
	return err;
}

/* All that is kept of packets that @rule holds, begun anew. */
static int write_timing(struct device *dev, const struct fl_rule *rule,
			__u16 id)
{
	struct fl_line line = { 0 };
	struct fl_timing timing;
	int err = holdings_open(dev);

	compile_timing(rule, &timing);
	if (!err)
		err = obj_map_write(dev->map[OBJ_TIMINGS], id, &timing);
	for (__u32 side = 0; side < FL_SIDES && !err; side++) {
		__u32 at = id * FL_SIDES + side;

		dev->holdings[at].held = 0;
		dev->holding_bases[at] = dev->holdings[at];
		err = obj_map_write(dev->map[OBJ_LINES], at, &line);
	}
	return err;
}

int install_rule(struct device *dev, const struct fl_rule *rule, __u16 id,
		 __u16 handle)
{
	bool used = *dev->specs[id].rule.name;
	struct fl_detail detail;
	struct fl_action action;
	struct fl_chain chain;
	int err = write_base(dev, id, used);

	compile_action(rule, id, &action);
	compile_detail(rule, &detail);
	if (!err)
		err = obj_map_write(dev->map[OBJ_DETAILS], id, &detail);
	dev->actions[handle] = action;
	dev->specs[id].rule = *rule;
	dev->specs[id].handle = handle;
	if (!err && action.flags & (FL_ACT_SCOPE | FL_ACT_CHAIN)) {
		compile_chain(rule, &chain);
		err = obj_map_write(dev->map[OBJ_CHAINS], id, &chain);
	}
	if (!err && action.flags & FL_ACT_HOLD)
		err = write_timing(dev, rule, id);
	return err;
}
