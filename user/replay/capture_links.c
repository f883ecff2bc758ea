/* SPDX-License-Identifier: GPL-2.0-only */
#include "capture_links.h"

#include <pcap/pcap.h>

#include "link.h"

static struct sample_link *find(struct sample_capture *facts, __u32 type)
{
	for (size_t i = 0; i < facts->link_count; i++)
		if (facts->links[i].type == type)
			return &facts->links[i];
	return NULL;
}

int capture_links_add(struct sample_capture *facts, __u32 type,
		      const char *file, struct fl_error *error)
{
	struct sample_link *link = find(facts, type);

	if (!link && facts->link_count == SAMPLE_LINKS_MAX)
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "%.200s: more than %d link types", file,
			       SAMPLE_LINKS_MAX);
	if (!link) {
		link = &facts->links[facts->link_count++];
		*link = (struct sample_link){
			.type = type,
			.name = pcap_datalink_val_to_description(
				type == LINKTYPE_RAW ? DLT_RAW : (int)type),
			.is_read = link_is_known(type),
		};
	}
	link->interfaces++;
	facts->interfaces++;
	return 0;
}

void capture_links_count(struct sample_capture *facts, __u32 type)
{
	find(facts, type)->packets++;
}
