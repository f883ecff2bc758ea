/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "arg.h"

/* The TYPEs of fields.def. PRESENT takes no argument: its parse is NULL. */
extern const struct grammar_type type_PRESENT, type_PROTO, type_PREFIX,
	type_PORTS, type_VLAN, type_SHARE, type_DSCP, type_TCPFLAGS,
	type_LENGTH, type_COUNT;
