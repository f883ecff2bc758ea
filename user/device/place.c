/* SPDX-License-Identifier: GPL-2.0-only */
#include "place.h"

#include <errno.h>
#include <unistd.h>

#include "find.h"
#include "kernel/netns.h"
#include "kernel/pins.h"

#define FOUND 1

int place_enter_home(const struct fl_device *record, struct place *place)
{
	__u64 cookie = 0;
	int err = netif_netns_cookie(&cookie);

	place->from = -1;
	if (err || cookie == record->netns_cookie)
		return err;
	place->from = netns_enter(record->netns_cookie);
	return place->from < 0 ? place->from : 0;
}

void place_leave(struct place *place)
{
	if (place->from < 0)
		return;
	netns_leave(place->from);
	close(place->from);
	place->from = -1;
}

/* The same with its index. */
static int find_link(const struct store_entry *entry, __u32 *ifindex)
{
	for (int prog = 0; prog < OBJ_LINKS; prog++) {
		__u32 id;
		int err = pins_link_info(entry, (enum obj_prog)prog, ifindex,
					 &id);

		if (err && err != -ENOENT)
			return err;
		if (!err && *ifindex)
			return 1;
	}
	return 0;
}

int place_has_link(const struct store_entry *entry)
{
	__u32 ifindex;

	return find_link(entry, &ifindex);
}

struct search {
	const struct store_entry *entry;
	__u64 cookie; /* of the namespace in which it is */
};

/* In one namespace: whether the device of a link of ours is here. */
static int look_here(void *data)
{
	struct search *search = data;
	int err, works = 0;

	for (int prog = 0; prog < OBJ_LINKS && !works; prog++) {
		struct netif_link link;
		__u32 ifindex = 0, id;

		err = pins_link_info(search->entry, (enum obj_prog)prog,
				     &ifindex, &id);

		if (err || !ifindex || netif_link_get_index(ifindex, &link))
			continue;
		works = find_works_on(search->entry, &link);
	}
	if (works <= 0)
		return works;
	err = netif_netns_cookie(&search->cookie);
	return err ? err : FOUND;
}

static int enter_moved(const struct store_entry *entry, struct place *place,
		       struct netif_link *link)
{
	struct search search = { .entry = entry };
	int err, found = netns_visit_all(look_here, &search);
	__u32 ifindex = 0;

	/* Its links are on a device that no namespace in reach has. */
	if (found != FOUND)
		return found ? found : -EXDEV;
	place->from = netns_enter(search.cookie);
	if (place->from < 0)
		return place->from;
	err = find_link(entry, &ifindex);
	if (err >= 0)
		err = netif_link_get_index(ifindex, link);
	if (err)
		place_leave(place);
	return err;
}

/* Where it was attached, with @linked: and only if our links are on it. */
static int enter_unmoved(const struct store_entry *entry,
			 const struct fl_device *record, bool linked,
			 struct place *place, struct netif_link *link)
{
	int works, err = place_enter_home(record, place);

	if (err)
		return err == -ENOENT ? -ENODEV : err;
	err = netif_link_get_index(record->ifindex, link);
	if (!err && linked) {
		works = find_works_on(entry, link);
		if (works <= 0)
			err = works ? works : -ENODEV;
	}
	if (err)
		place_leave(place);
	return err;
}

int place_enter_device(const struct store_entry *entry,
		       const struct fl_device *record, struct place *place,
		       struct netif_link *link)
{
	int err, linked = place_has_link(entry);

	if (linked < 0)
		return linked;
	err = enter_unmoved(entry, record, linked, place, link);
	return err == -ENODEV && linked ? enter_moved(entry, place, link) : err;
}
