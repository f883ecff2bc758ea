/* SPDX-License-Identifier: GPL-2.0-only */
/* What reading a capture comes to, beside 0 at its end and enum fl_exit. */
#pragma once

enum capture_code {
	CAPTURE_MORE = -1,    /* a packet */
	CAPTURE_BLOCK = -2,   /* something else of a pcapng */
	CAPTURE_SECTION = -3, /* the same, and a new section begins with it */
};
