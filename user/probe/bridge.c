/* SPDX-License-Identifier: GPL-2.0-only */
#include "bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/netif.h"

/* As many as there is room for, and how many more. */
static void print_ports(const struct netif_link *list, size_t count,
			unsigned int bridge, char *ports, size_t size)
{
	size_t used = 0, left = 0;

	snprintf(ports, size, "none");
	for (size_t i = 0; i < count; i++) {
		if (list[i].master_ifindex != bridge)
			continue;
		if (used + sizeof(list[i].name) +
			    sizeof(" and 4294967295 more") >
		    size) {
			left++;
			continue;
		}
		used += (size_t)snprintf(ports + used, size - used, "%s%s",
					 used ? ", " : "", list[i].name);
	}
	if (left)
		snprintf(ports + used, size - used, " and %zu more", left);
}

bool probe_passes_by(const struct netif_link *link, char *ports, size_t size)
{
	struct netif_link *list = NULL;
	size_t count = 0;

	if (strcmp(link->kind, "bridge"))
		return false;
	if (netif_links(&list, &count))
		snprintf(ports, size, "unknown");
	else
		print_ports(list, count, link->ifindex, ports, size);
	free(list);
	return true;
}
