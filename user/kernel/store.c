/* SPDX-License-Identifier: GPL-2.0-only */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/magic.h>

#include <bpf/bpf.h>

#include "base/proc.h"

#define RUN_DEFAULT "/run/faultline"
/* With /proc/PID/root before it, and /bpf/COOKIE-IFINDEX/NAME after it, it fits
 * what paths of pins are kept in. */
#define RUN_MAX 70

static const char *store_run(void)
{
	const char *run = getenv("FAULTLINE_RUN");

	return run && *run ? run : RUN_DEFAULT;
}

/*
 * A command run by `ip netns exec` has a mount namespace of its own. Pins made
 * there would vanish with it, so that the fault, or worse half of it, would end
 * with the command. So the pins are made in the mount namespace of the eldest
 * ancestor: process 1, or the last before it that is in reach. 0: it is the
 * same as this process's.
 */
static pid_t mounts_owner(void)
{
	static pid_t owner = -1;
	struct stat own, there;
	char path[64];

	if (owner >= 0)
		return owner;
	owner = 0;
	if (stat("/proc/self/ns/mnt", &own))
		return 0;
	for (pid_t pid = proc_parent(getpid()); pid > 0;
	     pid = proc_parent(pid)) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
		if (!stat(path, &there))
			owner = there.st_ino == own.st_ino ? 0 : pid;
	}
	return owner;
}

/* Prefix of all paths of the store. */
static const char *store_root(void)
{
	static char root[64];
	pid_t owner = mounts_owner();

	if (owner)
		snprintf(root, sizeof(root), "/proc/%d/root", (int)owner);
	return root;
}

static void store_bpffs(char *path, size_t size)
{
	snprintf(path, size, "%s%s/bpf", store_root(), store_run());
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

bool store_exists(void)
{
	char path[STORE_PATH_LEN];

	store_bpffs(path, sizeof(path));
	return is_bpffs(path);
}

/* Runs @work in that mount namespace, in a child: a process cannot come back
 * from there. */
static int in_owner_mounts(int (*work)(void))
{
	int status, namespace;
	char path[64];
	pid_t child;

	if (!mounts_owner())
		return work();
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)mounts_owner());
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		namespace = open(path, O_RDONLY | O_CLOEXEC);
		if (namespace < 0 || setns(namespace, CLONE_NEWNS))
			_exit(errno & 127);
		_exit(-work() & 127);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* Must be a directory, no link, and only this user may write to it. */
static int check_private(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != geteuid() || st.st_mode & 077)
		return -EPERM;
	return 0;
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
	if (is_bpffs(path))
		return 0;
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

	snprintf(path, sizeof(path), "%s%s", store_root(), store_run());
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

int store_prepare(struct fl_error *error)
{
	int err;

	/* Cut off, it would be another directory. */
	if (strlen(store_run()) > RUN_MAX)
		return fl_fail(error, FL_EXIT_USAGE,
			       "FAULTLINE_RUN is longer than %d characters: "
			       "%.100s...",
			       RUN_MAX, store_run());
	err = in_owner_mounts(store_mount);
	if (!err && !store_exists())
		err = -ENOENT;
	if (!err)
		return 0;
	if (err == -ENOTDIR || (err == -EPERM && geteuid() == 0))
		return fail_private(error);
	if (err == -EPERM || err == -EACCES)
		return fl_fail(error, FL_EXIT_PERMISSION,
			       "cannot mount a bpffs at %s/bpf: run as root "
			       "(CAP_SYS_ADMIN)",
			       store_run());
	if (err == -ENODEV)
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "this kernel has no bpffs (CONFIG_BPF_SYSCALL)");
	return fl_fail(error, FL_EXIT_ERROR,
		       "cannot mount a bpffs at %s/bpf: "
		       "%s",
		       store_run(), strerror(-err));
}

void store_retire(void)
{
	struct store_entry *list;
	size_t count;

	if (store_entries(&list, &count))
		return;
	free(list);
	/* It may be busy, or not ours to unmount. Empty, it does no harm. */
	if (!count && store_exists())
		(void)in_owner_mounts(store_unmount);
}

static int open_lock(void)
{
	char path[STORE_PATH_LEN];
	int fd;

	snprintf(path, sizeof(path), "%s%s/lock", store_root(), store_run());
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

int store_lock(void)
{
	int err, fd = open_lock();

	if (fd < 0)
		return fd;
	while (flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
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
	int err, fd = open_lock();

	if (fd < 0 || !fcntl(fd, F_OFD_SETLK, &lock))
		return fd;
	err = errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	close(fd);
	return err;
}

bool store_has_holder(void)
{
	struct flock lock = holder_lock();
	int fd = open_lock();
	bool has = fd >= 0 && !fcntl(fd, F_OFD_GETLK, &lock) &&
		   lock.l_type != F_UNLCK;

	if (fd >= 0)
		close(fd);
	return has;
}

/* By its times, which nobody else changes. */
int store_call_holder(void)
{
	int err, fd = open_lock();

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
	snprintf(path, sizeof(path), "%s%s/lock", store_root(), store_run());
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

	store_bpffs(root, sizeof(root));
	snprintf(path, size, "%s/%" PRIu64 "-%" PRIu32, root,
		 (uint64_t)netns_cookie, (uint32_t)ifindex);
}

const char *store_plain(const char *path)
{
	size_t length = strlen(store_root());

	return strncmp(path, store_root(), length) ? path : path + length;
}

int store_entries(struct store_entry **list, size_t *count)
{
	char root[STORE_PATH_LEN];
	struct dirent *dirent;
	DIR *dir;

	*list = NULL;
	*count = 0;
	store_bpffs(root, sizeof(root));
	if (!is_bpffs(root))
		return 0;
	dir = opendir(root);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((dirent = readdir(dir))) {
		struct store_entry *grown, entry = { 0 };

		if (sscanf(dirent->d_name, "%llu-%u",
			   (unsigned long long *)&entry.netns_cookie,
			   &entry.ifindex) != 2)
			continue;
		snprintf(entry.path, sizeof(entry.path), "%.100s/%.40s", root,
			 dirent->d_name);
		grown = realloc(*list, (*count + 1) * sizeof(**list));
		if (!grown) {
			closedir(dir);
			return -ENOMEM;
		}
		*list = grown;
		grown[(*count)++] = entry;
	}
	closedir(dir);
	return 0;
}

void store_pin(const char *path, const char *name, char *pin, size_t size)
{
	snprintf(pin, size, "%.127s/%.31s", path, name);
}

int store_get(const char *path, const char *name)
{
	char pin[STORE_PATH_LEN];
	int fd;

	store_pin(path, name, pin, sizeof(pin));
	fd = bpf_obj_get(pin);
	return fd < 0 ? -errno : fd;
}

/*
 * Without its pin a link goes as well, but a moment later: the caller would say
 * that the device is as it was while our program is still there.
 */
static void let_go(const char *pin)
{
	int fd = bpf_obj_get(pin);

	if (fd < 0)
		return;
	(void)bpf_link_detach(fd); /* an error for all that is no link */
	close(fd);
}

int store_remove_dir(const char *path)
{
	struct dirent *dirent;
	DIR *dir = opendir(path);
	int err = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((dirent = readdir(dir))) {
		char pin[STORE_PATH_LEN];

		if (dirent->d_name[0] == '.')
			continue;
		store_pin(path, dirent->d_name, pin, sizeof(pin));
		let_go(pin);
		if (unlink(pin) && errno != ENOENT)
			err = -errno;
	}
	closedir(dir);
	if (rmdir(path) && errno != ENOENT && !err)
		err = -errno;
	return err;
}
