/* SPDX-License-Identifier: GPL-2.0-only */
/* What more than one verb takes. */
#pragma once

/* --flows and --held, of attach and of replay. */
#define FLOWS_MIN 64
#define FLOWS_MAX (4u << 20)
#define HELD_MIN 64
#define HELD_MAX (4u << 20)
