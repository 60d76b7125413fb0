/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sys - every system call of a copy that can fail.
 *
 * All return what the call returns, or -errno.  EINTR is handled here and
 * never comes back.  Thread-safe.
 */
#ifndef CF_SYS_H
#define CF_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#ifdef CF_FAULT_INJECTION
/*
 * Called before each system call with its name.  0: go on; an errno: the call
 * fails with it; -1: a transfer is cut to half of its length.  For tests only;
 * NULL when unused.
 */
extern int (*cf_fault)(const char *call);
#endif

/* Descriptors: always close-on-exec and never 0, 1 or 2. */
int cf_openat(int dir, const char *name, int flags, mode_t mode);
int cf_dup(int fd);
/* Open the file of fd once more, for reading, with a position of its own.  Needs /proc. */
int cf_reopen(int fd);
int cf_close(int fd);
int cf_eventfd(void);
int cf_eventfd_raise(int fd);
int cf_eventfd_lower(int fd);	/* -EAGAIN: it is not raised */

/* Sleeps until fd is readable (0) or a signal handler has run (-EINTR). */
int cf_wait_readable(int fd);

/* Clear O_NONBLOCK.  Returns true if it was set. */
bool cf_unblock(int fd);

/*
 * Data.  A transfer may be short; copies and reads return 0 at the end.  All but cf_write(),
 * which is for streams, clear O_NONBLOCK after an EAGAIN, and try once more.
 */
ssize_t cf_pread(int fd, void *buf, size_t len, off_t at);
/* Returns 0 if fd can be read, or -errno.  Nothing is taken from it. */
int cf_try_read(int fd);
ssize_t cf_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t cf_write(int fd, const void *buf, size_t len);
ssize_t cf_copy_range(int src, int dst, off_t at, size_t len);
/* Does what cf_copy_range() does, at the offsets of both descriptors, which it moves. */
ssize_t cf_copy_next(int src, int dst, size_t len);
int cf_clone(int src, int dst);
off_t cf_seek(int fd, off_t at, int whence);
int cf_truncate(int fd, off_t size);
int cf_fsync(int fd);

/*
 * Lock the open file fd for this library's use, among all processes; it must be open
 * for writing.  Returns 0; -EAGAIN: another open file has that lock; or another
 * -errno: there is no such lock here.
 */
int cf_lock(int fd);
void cf_unlock(int fd);

/* Returns the calling thread's umask or -errno, by three calls; without /proc, by a thread. */
int cf_umask(void);

/* Names */
int cf_fstat(int fd, struct stat *ret);
/* cf_fstat() with what a server or another layer says now, not what the kernel remembers */
int cf_fstat_fresh(int fd, struct stat *ret);
/* Returns the device that fd is on, without asking a server; 0 if it is not known. */
uint64_t cf_device(int fd);
/* The inode number of dir/name, without asking a server if it is known.  0 or -errno. */
int cf_inode(int dir, const char *name, uint64_t *ret);
/* Returns f_type of statfs(2), from 0 to 2^32 - 1, or -errno. */
int64_t cf_fs_type(int fd);
int cf_statat(int dir, const char *name, struct stat *ret);
int cf_lstatat(int dir, const char *name, struct stat *ret);
int cf_unlinkat(int dir, const char *name);
int cf_renameat(int dir, const char *from, const char *to);
/* Rename, unless to exists: -EEXIST; -EINVAL where the file system cannot promise that. */
int cf_rename_new(int dir, const char *from, const char *to);
int cf_linkat(int dir, const char *from, const char *to);
/* Give the file fd a name.  Needs /proc, unless cf_can_link_fd() has said otherwise. */
int cf_link_fd(int fd, int dir, const char *name);
/* Returns true if cf_link_fd() can be expected to name fd. */
bool cf_can_link_fd(int fd);
int cf_symlinkat(const char *target, int dir, const char *name);
ssize_t cf_readlink_fd(int fd, char *buf, size_t size);

/* An entry of a directory, as getdents64(2) has it */
struct cf_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t len;		/* of the entry, in bytes */
	uint8_t type;
	char name[];
};

/* Fill buf with the next entries of the directory fd.  Returns bytes, 0 at the end. */
ssize_t cf_getdents(int fd, void *buf, size_t size);

/* Returns true if no process has that pid, in the namespace of this one. */
bool cf_process_is_gone(pid_t pid);

/*
 * Attributes of an open file.  With path, fd may be an O_PATH descriptor (of a
 * symlink, a device, ...).  Where the kernel has no call for such a one its entry in
 * /proc is used; without /proc, -EOPNOTSUPP, unless fd is a directory.
 */
int cf_chown(int fd, bool path, uid_t uid, gid_t gid);
int cf_chmod(int fd, bool path, mode_t mode);
int cf_utimens(int fd, bool path, const struct timespec times[2]);
ssize_t cf_listxattr(int fd, bool path, char *list, size_t size);
ssize_t cf_getxattr(int fd, bool path, const char *name, void *value, size_t size);
int cf_setxattr(int fd, bool path, const char *name, const void *value, size_t size);
int cf_removexattr(int fd, bool path, const char *name);

/* cf_getxattr() of the directory that dir/entry is in */
ssize_t cf_getxattr_dir(int dir, const char *entry, const char *attr, void *value, size_t size);

/* The name of fd in /proc, for calls that take only names. */
#define CF_FD_PATH_MAX 32
void cf_fd_path(int fd, char path[static CF_FD_PATH_MAX]);

/* Returns true if r says that a file system does not do this, or not in this way. */
bool cf_sys_refused(int r);

/* Returns how many of these calls the calling thread has made since it last called this. */
unsigned int cf_sys_calls(void);

/* For calls made by libattr: 0, or the -errno to fail with. */
int cf_sys_fault(const char *call);

#endif
