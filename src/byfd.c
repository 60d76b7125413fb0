/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a name in a directory that belongs to somebody else may be given to another file
 * at any time, so what this run has made gets no attributes by its name.  What cannot be
 * opened for reading, such as a device or a directory without rights, has an O_PATH
 * descriptor.
 *
 * That one is opened by the name after all, without following a symlink, and compared with
 * what was made.  In place of that somebody could have put no more than what he may move
 * there, or link: one of the same type and number, and if it is no directory, one with no
 * other name, as that would be left of a link to a file of somebody else.  Owners are not
 * compared: many a file system has owners of its own.
 *
 * Calls on O_PATH descriptors came late to Linux, and one for ACLs has not come yet: there
 * the descriptor's entry in /proc serves, and where that is not mounted a directory can
 * be opened once more.
 */
#include <config.h>

#include "byfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "retry.h"

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

/* fd's directory, opened for reading; -1 and errno, that of before if it is none */
static int reopen(int fd)
{
	int err = errno;
	int again = RETRY(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (again < 0)
		errno = err;
	return again;
}

/* Was it for want of /proc that a call with a name there failed? */
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

void byfd_drop_acl(int fd)
{
	static const char acl[] = "system.posix_acl_access";
	char self[SELF_MAX];
	int again, r = RETRY(fremovexattr(fd, acl));

	/* Most have none; one that stays is seen in the mode. */
	if (r == 0 || errno != EBADF)
		return;
	self_path(fd, self);
	r = RETRY(removexattr(self, acl));
	if (no_proc(r) && (again = reopen(fd)) >= 0) {
		(void)RETRY(fremovexattr(again, acl));
		close(again);
	}
}
