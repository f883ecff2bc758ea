/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps, programs and links by their descriptors, and how large maps are. */
#include "obj.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "store.h"

__u32 obj_slots(__u32 flows)
{
	__u32 slots = FL_FLOW_WAYS;

	while (slots < flows * FL_SLOTS_PER_FLOW)
		slots *= 2;
	return slots;
}

struct fl_sizes obj_sizes(const struct fl_device *device)
{
	return fl_sizes_of(FL_RULES_MAX, obj_slots(device->flows));
}

int obj_pin_fd(int fd, const char *path, const char *name)
{
	char pin[STORE_PATH_LEN];

	store_pin(path, name, pin, sizeof(pin));
	return bpf_obj_pin(fd, pin) ? -errno : 0;
}

int obj_prog_id(int fd, __u32 *id)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*id = info.id;
	return 0;
}

int obj_map_id(int fd, __u32 *id)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*id = info.id;
	return 0;
}

int obj_link_info(int fd, __u32 *ifindex, __u32 *prog_id)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*ifindex = info.xdp.ifindex; /* tcx has it at the same place */
	*prog_id = info.prog_id;
	return 0;
}

/* As the kernel lays out an array: elements of whole words, in pages. */
static size_t mapped_length(size_t value_size, size_t entries)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t length = (value_size + 7) / 8 * 8 * entries;

	return (length + page - 1) / page * page;
}

int obj_map_mmap(int fd, size_t value_size, size_t entries, int writable,
		 void **address)
{
	int protection = PROT_READ | (writable ? PROT_WRITE : 0);

	*address = mmap(NULL, mapped_length(value_size, entries), protection,
			MAP_SHARED, fd, 0);
	if (*address != MAP_FAILED)
		return 0;
	*address = NULL;
	return -errno;
}

int obj_map_reserve(size_t value_size, size_t entries, void **address)
{
	*address = mmap(NULL, mapped_length(value_size, entries), PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (*address != MAP_FAILED)
		return 0;
	*address = NULL;
	return -errno;
}

int obj_map_part(int fd, size_t value_size, size_t first, size_t count,
		 void *address)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t stride = (value_size + 7) / 8 * 8;
	size_t from = first * stride / page * page;
	size_t to = (first + count) * stride;

	return mmap((char *)address + from, to - from, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, (off_t)from) == MAP_FAILED ?
		       -errno :
		       0;
}

int obj_map_window(int fd, size_t value_size, size_t entries, size_t first,
		   size_t count, void **address)
{
	int err = obj_map_reserve(value_size, entries, address);

	return err ? err : obj_map_part(fd, value_size, first, count, *address);
}

void obj_map_munmap(void *address, size_t value_size, size_t entries)
{
	if (address)
		munmap(address, mapped_length(value_size, entries));
}

int obj_map_read(int fd, __u32 index, void *value)
{
	return bpf_map_lookup_elem(fd, &index, value) ? -errno : 0;
}

int obj_map_write(int fd, __u32 index, const void *value)
{
	return bpf_map_update_elem(fd, &index, value, BPF_ANY) ? -errno : 0;
}

int obj_ticks(int prog_fd, struct fl_clock *now)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = now,
		    .ctx_size_in = sizeof(*now));

	return bpf_prog_test_run_opts(prog_fd, &options) ? -errno : 0;
}

int obj_run_probe(int prog_fd, __u32 ifindex, __u32 side, const void *frame,
		  size_t size)
{
	struct __sk_buff skb = { .mark = side, .ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = (__u32)size, .ctx_in = &skb,
		    .ctx_size_in = sizeof(skb));

	if (bpf_prog_test_run_opts(prog_fd, &options))
		return -errno;
	/* HOLD_TAKEN and HOLD_CLONED. */
	return options.retval <= 1 ? 0 : -EBUSY;
}

void obj_prog_name(__u32 id, char *name, size_t size)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	*name = 0;
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &length))
		snprintf(name, size, "%s", info.name);
	close(fd);
}
