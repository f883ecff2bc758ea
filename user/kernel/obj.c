/* SPDX-License-Identifier: GPL-2.0-only */
#include "obj.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <bpf/bpf.h>

#include "obj_skel.h"
#include "store.h"

bool obj_has_tails(int map_fd)
{
	__u32 id, last = FL_TAILS - 1;

	return !bpf_map_lookup_elem(map_fd, &last, &id);
}

void obj_free(struct obj *obj)
{
	if (!obj)
		return;
	for (int i = 0; i < OBJ_PARTS; i++)
		if (obj->part[i] != obj->maps)
			faultline_bpf__destroy(obj->part[i]);
	faultline_bpf__destroy(obj->maps);
	free(obj);
}

int obj_map_fd(const struct obj *obj, enum obj_map map)
{
	return bpf_map__fd(obj_find_map(obj->maps, map));
}

int obj_prog_fd(const struct obj *obj, enum obj_prog prog)
{
	const struct bpf_program *program;

	/* Generic XDP gets buffers that the short way cannot count. */
	if (prog == OBJ_XDP && obj->generic)
		prog = OBJ_WHOLE;
	program = obj_find_program(obj->part[obj_part_of(prog)], prog,
				   obj->with_xdp);
	return program ? bpf_program__fd(program) : -ENOENT;
}

int obj_pin(const struct obj *obj, const char *path)
{
	int err = 0;

	if (mkdir(path, 0700))
		return -errno;
	for (int map = 0; map < OBJ_MAPS && !err; map++)
		err = obj_pin_fd(obj_map_fd(obj, (enum obj_map)map), path,
				 obj_map_names[map]);
	for (int prog = 0; prog < OBJ_PROGS && !err; prog++) {
		int fd = obj_prog_fd(obj, (enum obj_prog)prog);

		if (fd >= 0)
			err = obj_pin_fd(fd, path, obj_prog_names[prog]);
	}
	return err;
}

int obj_attach_xdp(const struct obj *obj, __u32 ifindex, __u32 flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	int fd = bpf_link_create(obj_prog_fd(obj, OBJ_XDP), (int)ifindex,
				 BPF_XDP, &options);

	return fd < 0 ? -errno : fd;
}

int obj_replay(const struct obj *obj, enum fl_side side,
	       const struct obj_head *head, struct obj_replayed *replayed)
{
	struct faultline_bpf *s = obj->maps;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = head->data,
		    .data_size_in = head->length, .data_out = replayed->frame,
		    .data_size_out = (__u32)replayed->room);
	const struct bpf_program *program = side == FL_IN ?
						    s->progs.faultline_in :
						    s->progs.faultline_out;

	s->bss->replayed = (struct fl_replayed){
		.now_ns = replayed->now_ns,
		.departure_ns = replayed->now_ns,
		.copy_ns = replayed->now_ns,
		.fate = FL_REASON_PASSED,
		.wire_length = head->wire_length,
		.captured = head->captured,
	};
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options))
		return -errno;
	replayed->departure_ns = s->bss->replayed.departure_ns;
	replayed->copy_ns = s->bss->replayed.copy_ns;
	replayed->fate = s->bss->replayed.fate;
	replayed->id = s->bss->replayed.id;
	replayed->flip = s->bss->replayed.flip;
	replayed->length = options.data_size_out;
	return 0;
}
