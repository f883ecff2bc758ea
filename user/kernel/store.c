/* SPDX-License-Identifier: GPL-2.0-only */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <bpf/bpf.h>

#include "mounts.h"

#define RUN_DEFAULT "/run/faultline"

/* Absolute: whoever works in the mounts of another process has another current
 * directory. */
static const char *store_run(void)
{
	static char path[PATH_MAX + PATH_MAX];
	const char *run = getenv("FAULTLINE_RUN");
	char here[PATH_MAX];

	if (!run || !*run)
		return RUN_DEFAULT;
	if (*run == '/' || (!*path && !getcwd(here, sizeof(here))))
		return run;
	if (!*path)
		snprintf(path, sizeof(path), "%s/%s", here, run);
	return path;
}

/* As it is reached from here; @inside begins with a slash, or is "". */
static void store_path(const char *inside, char *path, size_t size)
{
	snprintf(path, size, "%s%s%s", mounts_root(), store_run(), inside);
}

/* 1, 0, or a negative errno. */
static int is_bpffs(const char *path)
{
	struct statfs fs;

	if (!statfs(path, &fs))
		return (unsigned long)fs.f_type == BPF_FS_MAGIC;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

int store_exists(void)
{
	char path[STORE_PATH_LEN];

	store_path("/bpf", path, sizeof(path));
	return mounts_owner() < 0 ? mounts_owner() : is_bpffs(path);
}

/* Must be a directory, no link, and only this user may write to it: -EPERM when
 * it is root's, or else -ENOTDIR. */
static int check_private(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    !(st.st_mode & 077))
		return 0;
	return geteuid() && !st.st_uid ? -EPERM : -ENOTDIR;
}

static int store_mount(void)
{
	char path[STORE_PATH_LEN];
	int err;

	if (mkdir(store_run(), 0700) && errno != EEXIST)
		return -errno;
	err = check_private(store_run());
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/bpf", store_run());
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	err = is_bpffs(path);
	if (err)
		return err < 0 ? err : 0;
	return mount("faultline", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     "mode=0700") ?
		       -errno :
		       0;
}

static int store_unmount(void)
{
	char path[STORE_PATH_LEN];

	snprintf(path, sizeof(path), "%s/bpf", store_run());
	return umount2(path, UMOUNT_NOFOLLOW) || rmdir(path) ? -errno : 0;
}

/* What is wrong with the directory, and what is right. */
static int fail_private(struct fl_error *error)
{
	char path[STORE_PATH_LEN];
	unsigned int uid = geteuid();
	struct stat is;

	store_path("", path, sizeof(path));
	if (lstat(path, &is) || !S_ISDIR(is.st_mode))
		return fl_fail(
			error, FL_EXIT_PERMISSION,
			"%s is not a directory: it must be one of uid %u "
			"with mode 0700; remove it",
			store_run(), uid);
	return fl_fail(error, FL_EXIT_PERMISSION,
		       "%s is of uid %u with mode %04o: it must be of uid %u "
		       "with mode 0700 (%s %s)",
		       store_run(), is.st_uid, is.st_mode & 07777, uid,
		       is.st_uid == uid ? "chmod 700" : "remove it, or chown",
		       store_run());
}

/* 1 where all is there: to look takes less privilege than to mount. */
static int is_prepared(void)
{
	char path[STORE_PATH_LEN];

	(void)store_run(); /* while we are where we were started */
	store_path("", path, sizeof(path));
	return check_private(path) ? 0 : store_exists();
}

int store_prepare(struct fl_error *error)
{
	int err = is_prepared();

	if (!err)
		err = mounts_work(store_mount);
	if (!err)
		err = store_exists();
	if (err > 0)
		return 0;
	if (err == -ENOTDIR)
		return fail_private(error);
	if (err == -EPERM || err == -EACCES)
		return fl_fail(error, FL_EXIT_PERMISSION,
			       "cannot mount a bpffs at %s/bpf: %s",
			       store_run(),
			       geteuid() ? "run as root (CAP_SYS_ADMIN)" :
					   "this needs CAP_SYS_ADMIN");
	if (err == -ENODEV)
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "this kernel has no bpffs (CONFIG_BPF_SYSCALL)");
	return fl_fail(error, FL_EXIT_ERROR,
		       "cannot mount a bpffs at %s/bpf: %s", store_run(),
		       strerror(err ? -err : ENOENT));
}

void store_retire(void)
{
	struct store_entry *list;
	size_t count;

	if (store_entries(&list, &count))
		return;
	free(list);
	/* It may be busy, or not ours to unmount. Empty, it does no harm. */
	if (!count && store_exists() > 0)
		(void)mounts_work(store_unmount);
}

int store_open_lock(void)
{
	char path[STORE_PATH_LEN];
	int fd;

	store_path("/lock", path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* It can be taken even so, which detach has a use for. */
	if (fd < 0 && errno == EROFS)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

bool store_has_lock(int lock)
{
	char path[STORE_PATH_LEN];
	struct stat ours, there;

	store_path("/lock", path, sizeof(path));
	return !fstat(lock, &ours) && !stat(path, &there) &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* A byte of the lock file: such a lock goes with the last process that has it,
 * and has nothing to do with that on the file. */
static struct flock holder_lock(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_len = 1 };
}

int store_lock_holder(void)
{
	struct flock lock = holder_lock();
	int err, fd = store_open_lock();

	if (fd < 0 || !fcntl(fd, F_OFD_SETLK, &lock))
		return fd;
	err = errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	close(fd);
	return err;
}

bool store_has_holder(void)
{
	struct flock lock = holder_lock();
	int fd = store_open_lock();
	bool has = fd >= 0 && !fcntl(fd, F_OFD_GETLK, &lock) &&
		   lock.l_type != F_UNLCK;

	if (fd >= 0)
		close(fd);
	return has;
}

/* By its times, which nobody else changes. */
int store_call_holder(void)
{
	int err, fd = store_open_lock();

	if (fd < 0)
		return fd;
	err = futimens(fd, NULL) ? -errno : 0;
	close(fd);
	return err;
}

int store_hear_calls(void)
{
	char path[STORE_PATH_LEN];
	int err, fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -errno;
	store_path("/lock", path, sizeof(path));
	if (inotify_add_watch(fd, path, IN_ATTRIB) >= 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

void store_device_dir(__u64 netns_cookie, __u32 ifindex, char *path,
		      size_t size)
{
	char root[STORE_PATH_LEN];

	store_path("/bpf", root, sizeof(root));
	snprintf(path, size, "%s/%" PRIu64 "-%" PRIu32, root,
		 (uint64_t)netns_cookie, (uint32_t)ifindex);
}

const char *store_plain(const char *path)
{
	size_t length = strlen(mounts_root());

	return strncmp(path, mounts_root(), length) ? path : path + length;
}

static int add_entry(struct store_entry **list, size_t *count, const char *root,
		     const char *name)
{
	struct store_entry *grown, entry = { 0 };

	if (sscanf(name, "%llu-%u", (unsigned long long *)&entry.netns_cookie,
		   &entry.ifindex) != 2)
		return 0;
	snprintf(entry.path, sizeof(entry.path), "%.4300s/%.40s", root, name);
	grown = realloc(*list, (*count + 1) * sizeof(**list));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[(*count)++] = entry;
	return 0;
}

/* Half a list must not be taken for all of it. */
static int read_entries(DIR *dir, const char *root, struct store_entry **list,
			size_t *count)
{
	struct dirent *dirent;
	int err = 0;

	errno = 0;
	while (!err && (dirent = readdir(dir))) {
		err = add_entry(list, count, root, dirent->d_name);
		errno = 0;
	}
	return err ? err : -errno;
}

int store_entries(struct store_entry **list, size_t *count)
{
	char root[STORE_PATH_LEN];
	int err;
	DIR *dir;

	*list = NULL;
	*count = 0;
	store_path("/bpf", root, sizeof(root));
	err = store_exists();
	if (err <= 0)
		return err;
	dir = opendir(root);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	err = read_entries(dir, root, list, count);
	closedir(dir);
	if (err) {
		free(*list);
		*list = NULL;
		*count = 0;
	}
	return err;
}

void store_pin(const char *path, const char *name, char *pin, size_t size)
{
	snprintf(pin, size, "%s/%.31s", path, name);
}

int store_get(const char *path, const char *name)
{
	char pin[STORE_PATH_LEN];
	int fd;

	if (mounts_owner() < 0)
		return mounts_owner();
	store_pin(path, name, pin, sizeof(pin));
	fd = bpf_obj_get(pin);
	return fd < 0 ? -errno : fd;
}

int store_let_go(const char *path, const char *name)
{
	char pin[STORE_PATH_LEN];
	int err, fd;

	store_pin(path, name, pin, sizeof(pin));
	fd = bpf_obj_get(pin);
	if (fd < 0)
		return fl_is_transient(-errno) ? -errno : 0;
	err = bpf_link_detach(fd) ? -errno : 0;
	close(fd);
	return fl_is_transient(err) ? err : 0;
}

static int remove_pin(const char *path, const char *name)
{
	char pin[STORE_PATH_LEN];
	int err;

	err = store_let_go(path, name);
	if (err)
		return err;
	store_pin(path, name, pin, sizeof(pin));
	return unlink(pin) && errno != ENOENT ? -errno : 0;
}

int store_remove_dir(const char *path, const char *last)
{
	struct dirent *dirent;
	DIR *dir = opendir(path);
	int err = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	errno = 0;
	while (!err && (dirent = readdir(dir))) {
		if (dirent->d_name[0] != '.' && strcmp(dirent->d_name, last))
			err = remove_pin(path, dirent->d_name);
		errno = 0;
	}
	if (!err)
		err = -errno;
	closedir(dir);
	if (!err)
		err = remove_pin(path, last);
	return !err && rmdir(path) && errno != ENOENT ? -errno : err;
}
