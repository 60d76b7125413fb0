/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: one macro, CALL (call.h), makes each call.  Nothing else in the library touches
 * errno.
 */
#include <config.h>

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "call.h"
#include "relaxed.h"
#include "thread.h"

/* From <linux/fs.h>, which a libc without kernel headers lacks */
#ifndef FICLONE
#define FICLONE _IOW(0x94, 9, int)
#endif

/* From <linux/stat.h>: AT_STATX_FORCE_SYNC, AT_STATX_DONT_SYNC, STATX_BASIC_STATS */
#define FORCE_SYNC 0x2000
#define DONT_SYNC 0x4000
#define BASIC_STATS 0x7ff

#ifdef CF_FAULT_INJECTION
int (*cf_fault)(const char *call);

int cf_call_fault(const char *call, size_t *len)
{
	int err = cf_fault ? cf_fault(call) : 0;

	if (err == -1) {
		if (len && *len > 1)
			*len /= 2;
		return 0;
	}
	if (err)
		errno = err;
	return err;
}
#endif

_Thread_local unsigned int cf_calls;

unsigned int cf_sys_calls(void)
{
	static _Thread_local unsigned int told;
	unsigned int n = cf_calls - told;

	told = cf_calls;
	return n;
}

bool cf_sys_refused(int r)
{
	return r == -EPERM || r == -EACCES || r == -EINVAL || r == -EOPNOTSUPP || r == -ENOSYS;
}

int cf_sys_fault(const char *call)
{
	return (int)CALL(call, 0);
}

void cf_fd_path(int fd, char path[static CF_FD_PATH_MAX])
{
	snprintf(path, CF_FD_PATH_MAX, "/proc/self/fd/%d", fd);
}

/* A program that closed its standard streams must not find a copy there. */
static int above_stdio(int fd)
{
	if (fd < 0 || fd > 2)
		return fd;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	/* EINVAL: the limit is 3 or less. */
	int err = errno == EINVAL ? EMFILE : errno;
	close(fd);
	return high < 0 ? -err : high;
}

int cf_openat(int dir, const char *name, int flags, mode_t mode)
{
	return above_stdio(CALL("openat",
				openat(dir, name, flags | O_CLOEXEC | O_NOCTTY, mode)));
}

int cf_close(int fd)
{
	int r = close(fd) ? -errno : 0;

	cf_calls++;
	/* Linux has closed it even then. */
	if (r == -EINTR)
		r = 0;
	if (!r && cf_call_fault("close", NULL) && errno != EINTR)
		r = -errno;
	return r;
}

int cf_dup(int fd)
{
	int r = CALL("dup", fcntl(fd, F_DUPFD_CLOEXEC, 3));

	/* Beyond a limit of 3 or less there is no descriptor at all. */
	return r == -EINVAL ? -EMFILE : r;
}

int cf_reopen(int fd)
{
	char path[CF_FD_PATH_MAX];

	cf_fd_path(fd, path);
	return cf_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0);
}

bool cf_unblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	cf_calls++;
	if (flags < 0 || !(flags & O_NONBLOCK))
		return false;
	cf_calls++;
	return fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

/*
 * A transfer that fails with EAGAIN is tried once more, without O_NONBLOCK, which was
 * given only so that open(2) could not hang.  Some file systems heed it for regular files,
 * too, where the data is not in memory.
 */
#define TRANSFER(src, dst, expr) ({						\
	ssize_t n_ = (expr);							\
	if (n_ == -EAGAIN) {							\
		cf_unblock(src);						\
		cf_unblock(dst);						\
		n_ = (expr);							\
	}									\
	n_;									\
})

int cf_eventfd(void)
{
	return above_stdio(CALL("eventfd", eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
}

int cf_eventfd_raise(int fd)
{
	static const uint64_t one = 1;

	ssize_t n;

	/* No fault is injected, here and below: an eventfd of ours has none. */
	do
		n = write(fd, &one, sizeof one);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int cf_eventfd_lower(int fd)
{
	uint64_t count;
	ssize_t n;

	do
		n = read(fd, &count, sizeof count);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int cf_wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* poll(2) is never restarted after a handler, SA_RESTART or not. */
	return poll(&p, 1, -1) < 0 ? -errno : 0;
}

ssize_t cf_pread(int fd, void *buf, size_t len, off_t at)
{
	ssize_t n = TRANSFER(fd, fd, CALL_LEN("read", &len, pread(fd, buf, len, at)));

	/* A stream (FUSE may declare one): its own position is the only one. */
	return n == -ESPIPE ?
		       TRANSFER(fd, fd, CALL_LEN("read", &len, read(fd, buf, len))) : n;
}

int cf_try_read(int fd)
{
	char byte;
	ssize_t n = TRANSFER(fd, fd, CALL("read", pread(fd, &byte, 1, 0)));

	/* A stream has no byte that could be read twice. */
	return n < 0 && n != -ESPIPE ? n : 0;
}

ssize_t cf_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	return TRANSFER(fd, fd, CALL_LEN("write", &len, pwrite(fd, buf, len, at)));
}

ssize_t cf_write(int fd, const void *buf, size_t len)
{
	return CALL_LEN("write", &len, write(fd, buf, len));
}

/*
 * Before Linux 5.3 copy_file_range() could lose data (coreutils 9.4 refuses it
 * there as well).
 */
static bool copy_range_trusted(void)
{
	static atomic_int trusted;	/* 0: not known yet, 1: yes, -1: no */
	int t = cf_relaxed_get(trusted);

	if (!t) {
		struct utsname u;
		int major = 0, minor = 0;

		t = uname(&u) == 0 && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
		    (major > 5 || (major == 5 && minor >= 3)) ? 1 : -1;
		cf_relaxed_set(trusted, t);
	}
	return t > 0;
}

ssize_t cf_copy_range(int src, int dst, off_t at, size_t len)
{
	if (!copy_range_trusted())
		return -ENOSYS;
	return TRANSFER(src, dst, CALL_LEN("copy_file_range", &len, ({
		off_t from = at, to = at;
		copy_file_range(src, &from, dst, &to, len, 0);
	})));
}

ssize_t cf_copy_next(int src, int dst, size_t len)
{
	if (!copy_range_trusted())
		return -ENOSYS;
	return TRANSFER(src, dst, CALL_LEN("copy_file_range", &len,
					   copy_file_range(src, NULL, dst, NULL, len, 0)));
}

int cf_clone(int src, int dst)
{
	return TRANSFER(src, dst, CALL("ficlone", ioctl(dst, FICLONE, src)));
}

off_t cf_seek(int fd, off_t at, int whence)
{
	return CALL("lseek", lseek(fd, at, whence));
}

int cf_truncate(int fd, off_t size)
{
	return CALL("ftruncate", ftruncate(fd, size));
}

int cf_fsync(int fd)
{
	return CALL("fsync", fsync(fd));
}

/* The byte that is locked: so far beyond any file that no other program locks it */
#define LOCK_AT ((off_t)0x6370666c6f636b00)

static struct flock lock_of(short type)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = LOCK_AT, .l_len = 1,
	};
}

int cf_lock(int fd)
{
	struct flock lock = lock_of(F_WRLCK), other = lock;
	int r = CALL("fcntl", fcntl(fd, F_OFD_SETLK, &lock));

	if (r != -EAGAIN && r != -EACCES)
		return r;
	/* Where the other lock has gone by now, the next attempt gets this one. */
	if (fcntl(fd, F_OFD_GETLK, &other) == 0 && other.l_type != F_UNLCK &&
	    (other.l_start != LOCK_AT || other.l_len != 1))
		return -EBUSY;
	return -EAGAIN;
}

void cf_unlock(int fd)
{
	struct flock lock = lock_of(F_UNLCK);

	cf_calls++;
	/* If it fails, closing does it. */
	(void)fcntl(fd, F_OFD_SETLK, &lock);
}

/* A thread's function: with an umask of its own, it may set that to learn it. */
static void *umask_of_its_own(void *ret)
{
	*(int *)ret = unshare(CLONE_FS) < 0 ? -errno : (int)umask(0);
	return NULL;
}

/* Without /proc: umask(2) tells only by setting it, which all threads would notice. */
static int ask_for_umask(void)
{
	pthread_t thread;
	int mask = 0;
	int r = cf_thread_start(&thread, umask_of_its_own, &mask);

	/* EAGAIN is what a caller without a free cookie gets. */
	if (r < 0)
		return r == -EAGAIN ? -ENOMEM : r;
	pthread_join(thread, NULL);
	return mask;
}

int cf_umask(void)
{
	char status[4096];
	int fd = cf_openat(AT_FDCWD, "/proc/thread-self/status", O_RDONLY, 0);

	if (fd < 0)
		return ask_for_umask();
	ssize_t n = cf_pread(fd, status, sizeof status - 1, 0);
	cf_close(fd);
	if (n < 0)
		return n;
	status[n] = '\0';
	/* Linux 4.7 */
	const char *line = strstr(status, "\nUmask:");
	return line ? (int)(strtol(line + strlen("\nUmask:"), NULL, 8) & 0777) : ask_for_umask();
}

int cf_fstat(int fd, struct stat *ret)
{
	return CALL("fstat", fstat(fd, ret));
}

int cf_fstat_fresh(int fd, struct stat *ret)
{
	/* A struct statx, which not every libc has: it is not looked at. */
	_Alignas(8) char now[256];

	/* After this what fstat(2) tells is fresh.  Linux 4.11; without, it may not be. */
	(void)CALL("statx", syscall(SYS_statx, fd, "", AT_EMPTY_PATH | FORCE_SYNC,
				    BASIC_STATS, now));
	return cf_fstat(fd, ret);
}

uint64_t cf_device(int fd)
{
	/* A struct statx; the device is in two numbers, of 32 bits each, from byte 136. */
	uint32_t now[64];
	int r = CALL("statx", syscall(SYS_statx, fd, "", AT_EMPTY_PATH | DONT_SYNC, 0, now));
	struct stat st;

	if (r == 0)
		return makedev(now[34], now[35]);
	return cf_fstat(fd, &st) == 0 ? st.st_dev : 0;
}

int cf_inode(int dir, const char *name, uint64_t *ret)
{
	/* A struct statx; the inode number, which 0x100 asks for, is at byte 32. */
	uint64_t now[32];
	struct stat st;
	int r = CALL("statx", syscall(SYS_statx, dir, name, DONT_SYNC, 0x100, now));

	if (r == 0)
		*ret = now[4];
	else if ((r = cf_statat(dir, name, &st)) == 0)
		*ret = st.st_ino;
	return r;
}

int64_t cf_fs_type(int fd)
{
	struct statfs st;
	int r = CALL("fstatfs", fstatfs(fd, &st));

	/* The type has 32 bits, signed or not. */
	return r < 0 ? r : (int64_t)(uint32_t)st.f_type;
}

int cf_statat(int dir, const char *name, struct stat *ret)
{
	return CALL("fstatat", fstatat(dir, name, ret, 0));
}

int cf_lstatat(int dir, const char *name, struct stat *ret)
{
	return CALL("fstatat", fstatat(dir, name, ret, AT_SYMLINK_NOFOLLOW));
}

int cf_unlinkat(int dir, const char *name)
{
	return CALL("unlinkat", unlinkat(dir, name, 0));
}

int cf_renameat(int dir, const char *from, const char *to)
{
	return CALL("renameat", renameat(dir, from, dir, to));
}

int cf_rename_new(int dir, const char *from, const char *to)
{
	/* RENAME_NOREPLACE; not every libc has renameat2(3). */
	return CALL("renameat2", syscall(SYS_renameat2, dir, from, dir, to, 1));
}

int cf_linkat(int dir, const char *from, const char *to)
{
	return CALL("linkat", linkat(dir, from, dir, to, 0));
}

/* This thread may link by AT_EMPTY_PATH, which takes a capability, or Linux 6.10. */
static _Thread_local bool links_fds;

bool cf_can_link_fd(int fd)
{
	char path[CF_FD_PATH_MAX];

	cf_fd_path(fd, path);
	return links_fds || faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int cf_link_fd(int fd, int dir, const char *name)
{
	char path[CF_FD_PATH_MAX];
	int r = CALL("linkat", linkat(fd, "", dir, name, AT_EMPTY_PATH));

	links_fds = r == 0 || (links_fds && r != -ENOENT);
	if (r != -ENOENT)
		return r;
	cf_fd_path(fd, path);
	return CALL("linkat", linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW));
}

int cf_symlinkat(const char *target, int dir, const char *name)
{
	return CALL("symlinkat", symlinkat(target, dir, name));
}

ssize_t cf_readlink_fd(int fd, char *buf, size_t size)
{
	return CALL("readlinkat", readlinkat(fd, "", buf, size));
}

ssize_t cf_getdents(int fd, void *buf, size_t size)
{
	return CALL("getdents64", syscall(SYS_getdents64, fd, buf, size));
}

bool cf_process_is_gone(pid_t pid)
{
	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

int cf_chown(int fd, bool path, uid_t uid, gid_t gid)
{
	return CALL("fchown", path ? fchownat(fd, "", uid, gid, AT_EMPTY_PATH)
				   : fchown(fd, uid, gid));
}

/*
 * A descriptor of fd's file for calls that refuse an O_PATH one: fd itself, if it is not
 * one, or a new one.  Only a directory can be opened again without its name.
 */
static int usable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if (!(flags & O_PATH))
		return fd;
	int r = cf_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0);
	return r == -ENOTDIR ? -EOPNOTSUPP : r;
}

/*
 * A call on fd, which is O_PATH: by_name uses "name", that of fd in /proc; where that is
 * not mounted by_fd is tried, which uses "usable_fd".
 */
#define CALL_PATH(call, fd, by_name, by_fd) ({					\
	char name[CF_FD_PATH_MAX];						\
	cf_fd_path(fd, name);							\
	long p_ = CALL(call, by_name);						\
	if (p_ == -ENOENT || p_ == -ENOTDIR) {					\
		int usable_fd = usable(fd);					\
		p_ = usable_fd < 0 ? usable_fd : CALL(call, by_fd);		\
		if (usable_fd >= 0 && usable_fd != (fd))			\
			cf_close(usable_fd);					\
	}									\
	p_;									\
})

int cf_chmod(int fd, bool path, mode_t mode)
{
	if (!path)
		return CALL("fchmod", fchmod(fd, mode));
	/* Linux 6.6; there are sandboxes that refuse with EPERM what they do not know. */
	int r = CALL("fchmod", syscall(NR_FCHMODAT2, fd, "", mode, AT_EMPTY_PATH));
	if (r == -ENOSYS || r == -EPERM)
		r = CALL_PATH("fchmod", fd, chmod(name, mode), fchmod(usable_fd, mode));
	return r;
}

int cf_utimens(int fd, bool path, const struct timespec times[2])
{
	if (!path)
		return CALL("futimens", futimens(fd, times));
	/* Linux 5.8 */
	int r = CALL("futimens", utimensat(fd, "", times, AT_EMPTY_PATH));
	if (r == -EINVAL)
		r = CALL_PATH("futimens", fd, utimensat(AT_FDCWD, name, times, 0),
			      futimens(usable_fd, times));
	return r;
}

ssize_t cf_listxattr(int fd, bool path, char *list, size_t size)
{
	if (!path)
		return CALL("flistxattr", flistxattr(fd, list, size));
	return CALL_PATH("flistxattr", fd, listxattr(name, list, size),
			 flistxattr(usable_fd, list, size));
}

ssize_t cf_getxattr(int fd, bool path, const char *attr, void *value, size_t size)
{
	if (!path)
		return CALL("fgetxattr", fgetxattr(fd, attr, value, size));
	return CALL_PATH("fgetxattr", fd, getxattr(name, attr, value, size),
			 fgetxattr(usable_fd, attr, value, size));
}

int cf_setxattr(int fd, bool path, const char *attr, const void *value, size_t size)
{
	if (!path)
		return CALL("fsetxattr", fsetxattr(fd, attr, value, size, 0));
	return CALL_PATH("fsetxattr", fd, setxattr(name, attr, value, size, 0),
			 fsetxattr(usable_fd, attr, value, size, 0));
}

int cf_removexattr(int fd, bool path, const char *attr)
{
	if (!path)
		return CALL("fremovexattr", fremovexattr(fd, attr));
	return CALL_PATH("fremovexattr", fd, removexattr(name, attr),
			 fremovexattr(usable_fd, attr));
}

ssize_t cf_getxattr_dir(int dir, const char *entry, const char *attr, void *value, size_t size)
{
	const char *slash = strrchr(entry, '/');
	int len = slash ? (int)(slash + 1 - entry) : 0;
	char path[CF_FD_PATH_MAX + PATH_MAX] = "";

	if (!slash && dir != AT_FDCWD)
		return cf_getxattr(dir, true, attr, value, size);
	if (dir != AT_FDCWD && *entry != '/') {
		cf_fd_path(dir, path);
		strcat(path, "/");
	}
	size_t room = sizeof path - strlen(path);
	if ((size_t)len >= room)
		return -ENAMETOOLONG;
	snprintf(path + strlen(path), room, "%.*s", slash ? len : 1, slash ? entry : ".");
	return CALL("fgetxattr", getxattr(path, attr, value, size));
}
