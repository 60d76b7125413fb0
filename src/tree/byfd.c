/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a name in a directory that belongs to somebody else may be given to another file
 * at any time, so what this run has made gets no attributes by its name.  What cannot be
 * opened for reading, such as a device or a directory without rights, has an O_PATH
 * descriptor.
 *
 * The O_PATH descriptor is opened by the name, without following a symlink.  What was opened
 * is then compared with what was made: the type, a device's number, and that only a
 * directory has more than one name.  A user who may change the directory can still have put
 * a file of the same kind there, but only one that is theirs to move: a hard link to
 * somebody else's file would be a second name.  Owners are not compared, since many file
 * systems have their own.
 *
 * Linux has calls on O_PATH descriptors only since 5.8 and 6.6, and none for ACLs yet.
 * Otherwise the descriptor's entry in /proc is used; where that is not mounted a directory
 * can be opened once more.
 */
#include <config.h>

#include "tree/byfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/relaxed.h"
#include "base/retry.h"
#include "tree/dir.h"

/* Room for the name of a descriptor in /proc */
#define SELF_MAX 32

static void self_path(int fd, char path[static SELF_MAX])
{
	snprintf(path, SELF_MAX, "/proc/self/fd/%d", fd);
}

int byfd_open(int dir, const char *name, mode_t type, dev_t dev, struct stat *ret)
{
	int fd = RETRY(openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	struct stat st;

	if (fd < 0)
		return -1;
	int err = RETRY(fstat(fd, &st)) < 0 ? errno : 0;
	bool numbered = S_ISCHR(type) || S_ISBLK(type);
	if (!err && ((st.st_mode & S_IFMT) != type || (numbered && st.st_rdev != dev) ||
		     (!S_ISDIR(type) && st.st_nlink > 1)))
		err = ESTALE;
	if (err) {
		close(fd);
		errno = err;
		return -1;
	}
	if (ret)
		*ret = st;
	return fd;
}

/*
 * Open the directory fd once more, for reading.  Returns a descriptor, or -1 with errno as
 * it was before: for example if fd is no directory.
 */
static int reopen(int fd)
{
	int err = errno;
	int again = RETRY(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (again < 0)
		errno = err;
	return again;
}

/* Returns true if r, of a call with a name in /proc, says that /proc is missing. */
static bool no_proc(int r)
{
	return r < 0 && (errno == ENOENT || errno == ENOTDIR);
}

int byfd_chmod(int fd, mode_t mode)
{
	char self[SELF_MAX];
	int again, r = RETRY(fchmod(fd, mode));

	if (r == 0 || errno != EBADF)
		return r;
	r = RETRY(syscall(NR_FCHMODAT2, fd, "", mode, AT_EMPTY_PATH));
	/* There are sandboxes that refuse with EPERM what they do not know. */
	if (r == 0 || (errno != ENOSYS && errno != EPERM))
		return r;
	self_path(fd, self);
	r = RETRY(chmod(self, mode));
	if (no_proc(r) && (again = reopen(fd)) >= 0) {
		r = RETRY(fchmod(again, mode));
		close(again);
	}
	return r;
}

int byfd_utimens(int fd, const struct timespec times[2])
{
	char self[SELF_MAX];
	int again, r = RETRY(futimens(fd, times));

	if (r == 0 || errno != EBADF)
		return r;
	/* Linux 5.8 */
	r = RETRY(utimensat(fd, "", times, AT_EMPTY_PATH));
	if (r == 0 || errno != EINVAL)
		return r;
	self_path(fd, self);
	r = RETRY(utimensat(AT_FDCWD, self, times, 0));
	if (no_proc(r) && (again = reopen(fd)) >= 0) {
		r = RETRY(futimens(again, times));
		close(again);
	}
	return r;
}

void dir_let_owner_write(struct dir *d)
{
	struct stat st;

	if (!relaxed_get(d->write_protected))
		return;
	relaxed_set(d->write_protected, false);
	/* If that fails, so does what is going to be done. */
	if (RETRY(fstat(dir_dst_fd(d), &st)) == 0)
		(void)byfd_chmod(dir_dst_fd(d), (st.st_mode & 07777) | S_IWUSR);
}

void byfd_drop_acl(int fd)
{
	static const char acl[] = "system.posix_acl_access";
	char self[SELF_MAX];
	int again, r = RETRY(fremovexattr(fd, acl));

	/* Most files have none.  Whether one has stayed can be seen in the mode. */
	if (r == 0 || errno != EBADF)
		return;
	self_path(fd, self);
	r = RETRY(removexattr(self, acl));
	if (no_proc(r) && (again = reopen(fd)) >= 0) {
		(void)RETRY(fremovexattr(again, acl));
		close(again);
	}
}
