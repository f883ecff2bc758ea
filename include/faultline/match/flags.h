/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <linux/in.h>

#include "match.h"

FL_MATCH(flags, TCPFLAGS)
{
	return (packet->tcp_flags & want->mask) == want->value &&
	       packet->proto == IPPROTO_TCP && packet->flags & FL_PARSED_PORTS;
}
