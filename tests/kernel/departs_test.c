/* SPDX-License-Identifier: GPL-2.0-only */
/* The vectors of departures, by BPF in the kernel. */
#include <unistd.h>

#include <bpf/bpf.h>

#include <faultline/abi.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <vec.skel.h>
#pragma GCC diagnostic pop

#include "vectors/vec_depart.h"

static struct vec_bpf *alone;

static bool run_depart(struct vec_depart *vec, const struct fl_table *tables)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = vec,
		    .ctx_size_in = sizeof(*vec));
	int fd = bpf_program__fd(alone->progs.vec_run_depart);

	memcpy(alone->bss->own_tables, tables, sizeof(alone->bss->own_tables));
	return !bpf_prog_test_run_opts(fd, &options);
}

int main(void)
{
	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	alone = vec_bpf__open_and_load();
	if (tap_ok(alone, "the programs of the vectors load"))
		vec_depart_run("bpf", run_depart);
	vec_bpf__destroy(alone);
	return tap_done();
}
