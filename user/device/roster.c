/* SPDX-License-Identifier: GPL-2.0-only */
#include "roster.h"

#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "open.h"

static const struct fl_spec *spec_of(const struct roster *roster, __u16 id)
{
	return &roster->dev->specs[id];
}

static __u32 hash_name(const char *name)
{
	__u32 hash = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

/* Where the rule @name is, or would be, in the table. One that was dropped
 * stays there. */
static __u16 *find_place(const struct roster *roster, const char *name)
{
	__u32 at = hash_name(name) & roster->mask;

	for (; roster->names[at]; at = (at + 1) & roster->mask)
		if (roster_has(roster, roster->names[at]) &&
		    !strcmp(spec_of(roster, roster->names[at])->rule.name,
			    name))
			break;
	return &roster->names[at];
}

/* Programs that run may still look at what is kept under them, too. */
static void rest_handles(struct roster *roster)
{
	for (__u32 id = FL_ID_FIRST; id < roster->dev->id_end; id++)
		if (ids_have(&roster->dev->record.resting, (__u16)id) &&
		    roster->ids[id] == ROSTER_FREE)
			roster->handles[spec_of(roster, (__u16)id)->handle] =
				ROSTER_DROPPED;
}

struct roster *roster_new(const struct device *dev, size_t room)
{
	__u32 count, size = 1;
	const struct fl_position *active = device_active_rules(dev, &count);
	struct roster *roster = malloc(sizeof(*roster));

	if (!roster)
		return NULL;
	while (size < 2 * (count + room) + 1)
		size *= 2;
	*roster = (struct roster){
		.dev = dev,
		.ids = calloc(FL_IDS, sizeof(*roster->ids)),
		.handles = calloc(FL_HANDLES, sizeof(*roster->handles)),
		.names = calloc(size, sizeof(*roster->names)),
		.mask = size - 1,
	};
	if (!roster->ids || !roster->handles || !roster->names) {
		roster_free(roster);
		return NULL;
	}
	for (__u32 i = 0; i < count; i++)
		roster_add(roster, active[i].id);
	rest_handles(roster);
	return roster;
}

void roster_free(struct roster *roster)
{
	if (!roster)
		return;
	free(roster->ids);
	free(roster->handles);
	free(roster->names);
	free(roster);
}

bool roster_has(const struct roster *roster, __u16 id)
{
	return roster->ids[id] == ROSTER_PRESENT;
}

__u16 roster_find(const struct roster *roster, const char *name)
{
	return *find_place(roster, name);
}

void roster_drop(struct roster *roster, __u16 id)
{
	if (!roster_has(roster, id))
		return;
	roster->handles[spec_of(roster, id)->handle] = ROSTER_DROPPED;
	roster->ids[id] = ROSTER_DROPPED;
	roster->count--;
}

/* From @first to @end - 1, beginning with @first + *@next. */
static __u16 take_between(const struct roster *roster,
			  const struct fl_ids *resting, __u32 first, __u32 end,
			  __u32 *next)
{
	for (__u32 i = first; i < end; i++) {
		__u16 id = (__u16)(first + *next % (end - first));

		*next = (*next + 1) % (end - first);
		if (roster->ids[id] == ROSTER_FREE && !ids_have(resting, id))
			return id;
	}
	return 0;
}

__u16 roster_take_id(struct roster *roster, struct fl_device *record,
		     bool holds)
{
	if (holds)
		return take_between(roster, &record->resting, FL_ID_FIRST,
				    FL_HOLD_IDS, &record->next_hold_id);
	return take_between(roster, &record->resting, FL_HOLD_IDS,
			    roster->dev->id_end, &record->next_id);
}

__u16 roster_take_handle(struct roster *roster, struct fl_device *record)
{
	enum roster_use most = ROSTER_FREE;

	for (__u32 i = 0;; i++) {
		__u32 handle = record->next_handle;

		record->next_handle = (handle + 1) % FL_HANDLES;
		if (i == FL_HANDLES)
			most = ROSTER_DROPPED;
		if (roster->handles[handle] <= most)
			return (__u16)handle;
	}
}

void roster_add(struct roster *roster, __u16 id)
{
	const struct fl_spec *spec = spec_of(roster, id);

	*find_place(roster, spec->rule.name) = id;
	roster->handles[spec->handle] = ROSTER_PRESENT;
	roster->ids[id] = ROSTER_PRESENT;
	roster->count++;
}
