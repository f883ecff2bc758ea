/* SPDX-License-Identifier: GPL-2.0-only */
#include "support.h"

#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

int support_programs(enum bpf_prog_type type)
{
	return libbpf_probe_bpf_prog_type(type, NULL);
}

int support_jit(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int fd, err;

	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "probe", "GPL", code, 2, NULL);
	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return err ? err : info.jited_prog_len != 0;
}
