/* SPDX-License-Identifier: GPL-2.0-only */
/* The vectors of match fields, by the functions as compiled for the host. */
#include "model/model.c"
#include "vectors/vec_match.h"

static bool run_host(struct vec_match *vec, const struct pkt *pkt)
{
	(void)pkt;
	vec_match_do(vec);
	return true;
}

/* Without any, every packet is met. */
static void no_conditions(void)
{
	struct vec_match vec = { .got = 0 };

	vec_match_do(&vec);
	tap_is_u64(vec.got, 1, "a rule without conditions takes a packet");
}

int main(void)
{
	vec_match_run("host", run_host);
	no_conditions();
	return tap_done();
}
