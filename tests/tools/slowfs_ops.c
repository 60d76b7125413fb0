/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "slowfs_ops.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "slowfs_corrupt.h"
#include "slowfs_disk.h"
#include "slowfs_fault.h"
#include "slowfs_gate.h"

unsigned max_copy;
int rootfd = -1, statsfd = -1, no_xattr, no_case, only_trunc, nonblock, own_ino, new_inodes;
mode_t the_mode = -1;

/* The path in the source; with -i in lower case.  Two of them may be in use at a time. */
static const char *rel(const char *path)
{
	static _Thread_local char lower[2][4096];
	static _Thread_local int which;
	char *to;

	if (!path[1] || !no_case)
		return path[1] ? path + 1 : ".";
	to = lower[which = !which];
	snprintf(to, sizeof lower[0], "%s", path + 1);
	for (char *c = to; *c; c++)
		*c = tolower((unsigned char)*c);
	return to;
}

static size_t cut(size_t len, int quirk)
{
	return quirk == Q_ZERO ? 0 : quirk == Q_SHORT && len > 1 ? len / 2 : len;
}

/* The control file: reading it gives the counts; writing resets them, or drops the cache. */
#define CTL "/.slowfs"
static int is_ctl(const char *p) { return p && !strcmp(p, CTL); }

static mode_t mode_here(mode_t m) { return the_mode == (mode_t)-1 ? m : (m & S_IFMT) | the_mode; }

static int look(const char *p, struct stat *st, struct fuse_file_info *fi)
{
	static atomic_ulong looks;
	int r = fi ? fstat(fi->fh, st) : lstat(rel(p), st);

	if (!r && !S_ISLNK(st->st_mode))
		st->st_mode = mode_here(st->st_mode);
	/* With -n a directory has another inode number each time that it is looked at. */
	if (!r && new_inodes && S_ISDIR(st->st_mode))
		st->st_ino += atomic_fetch_add(&looks, 1) << 32;
	return r;
}

/* as FAT: what is so already may be set, else it is no business of the user's */
static int refuse_mode(mode_t m)
{
	errno = EPERM;
	return the_mode == (mode_t)-1 || (m & 07777) == the_mode ? 0 : -1;
}

static int s_getattr(const char *p, struct stat *st, struct fuse_file_info *fi)
{
	if (is_ctl(p)) {
		*st = (struct stat){ .st_mode = S_IFREG | 0666, .st_nlink = 1 };
		return 0;
	}
	if (implied) {
		implied = 0;
		if (look(p, st, fi))
			return -errno;
		disk_made(st->st_ino);
		return 0;
	}
	DO(getattr, p, (disk_look(rel(p)), look(p, st, fi)));
}

static int s_readlink(const char *p, char *b, size_t n)
{
	int r = enter(OP_readlink, p, 0, NULL);
	ssize_t l;
	if (r) { errno = -r; return leave(OP_readlink, -1); }
	disk_look(rel(p));
	l = readlink(rel(p), b, n - 1);
	if (l >= 0)
		b[l] = 0;
	return leave(OP_readlink, l < 0 ? -1 : 0);
}

static int s_mknod(const char *p, mode_t m, dev_t d)
{
	DO(mknod, p, mknod(rel(p), mode_here(m), d));
}

static int s_mkdir(const char *p, mode_t m) { DO(mkdir, p, mkdir(rel(p), mode_here(m))); }
static int s_unlink(const char *p) { DO(unlink, p, unlink(rel(p))); }
static int s_rmdir(const char *p) { DO(rmdir, p, rmdir(rel(p))); }
static int s_symlink(const char *t, const char *p) { DO(symlink, p, symlink(t, rel(p))); }
static int s_link(const char *a, const char *b) { DO(link, b, link(rel(a), rel(b))); }

static int s_rename(const char *a, const char *b, unsigned f)
{
	DO(rename, a, renameat2(AT_FDCWD, rel(a), AT_FDCWD, rel(b), f));
}

static int s_chmod(const char *p, mode_t m, struct fuse_file_info *fi)
{
	DO(chmod, p, refuse_mode(m) ? -1 : fi ? fchmod(fi->fh, m) : chmod(rel(p), m));
}

static int s_chown(const char *p, uid_t u, gid_t g, struct fuse_file_info *fi)
{
	DO(chown, p, fi ? fchown(fi->fh, u, g) : lchown(rel(p), u, g));
}

static int s_truncate(const char *p, off_t n, struct fuse_file_info *fi)
{
	if (is_ctl(p))
		return 0;
	if (only_trunc)
		return -EPERM;
	DO(truncate, p, fi ? ftruncate(fi->fh, n) : truncate(rel(p), n));
}

static int s_utimens(const char *p, const struct timespec t[2], struct fuse_file_info *fi)
{
	DO(utimens, p, fi ? futimens(fi->fh, t) :
			    utimensat(AT_FDCWD, rel(p), t, AT_SYMLINK_NOFOLLOW));
}

static int opened(int fd, struct fuse_file_info *fi)
{
	if (fd >= 0)
		fi->fh = fd;
	return fd < 0 ? -1 : 0;
}

static int s_open(const char *p, struct fuse_file_info *fi)
{
	if (is_ctl(p)) {
		fi->direct_io = 1;
		fi->fh = -1;
		return 0;
	}
	if (only_trunc && (fi->flags & O_ACCMODE) != O_RDONLY && !(fi->flags & O_TRUNC))
		return -EPERM;
	/* each read is to come here */
	fi->direct_io = nonblock;
	/*
	 * The kernel may read through a write-only handle, and applies O_APPEND itself.  With
	 * O_DIRECT the source could refuse libfuse's buffers, which are not aligned.
	 */
	int flags = fi->flags & ~(O_APPEND | O_CREAT | O_EXCL | O_DIRECT);
	DO(open, p, (disk_look(rel(p)), opened(open(rel(p), flags), fi)));
}

static int s_create(const char *p, mode_t m, struct fuse_file_info *fi)
{
	int flags = (fi->flags & ~(O_APPEND | O_DIRECT)) | O_CREAT;
	DO(create, p, opened(open(rel(p), flags, mode_here(m)), fi));
}

static int s_read(const char *p, char *b, size_t n, off_t off, struct fuse_file_info *fi)
{
	int q = 0, r;
	if (is_ctl(p)) {
		char t[4096];
		size_t l = report(t, sizeof t);
		if ((size_t)off >= l)
			return 0;
		n = n < l - off ? n : l - off;
		memcpy(b, t + off, n);
		return n;
	}
	/* the flags as they are now, which fcntl(2) may have changed */
	if (nonblock && fi->flags & O_NONBLOCK)
		return -EAGAIN;
	r = enter(OP_read, p, n, &q);
	if (r) { errno = -r; return leave(OP_read, -1); }
	n = cut(n, q);
	disk_read(fi->fh, off, n);
	ssize_t l = pread(fi->fh, b, n, off);
	off_t bad = l > 0 ? corruption_of(OP_read, p, off, l) : -1;
	if (bad >= 0)
		b[bad - off] ^= 1;
	return leave(OP_read, l);
}

/* -b: store a byte that is not the one which was to be stored.  Returns l, or -1. */
static ssize_t spoil(int fd, off_t at, char byte, ssize_t l)
{
	byte ^= 1;
	return pwrite(fd, &byte, 1, at) == 1 ? l : -1;
}

static int s_write(const char *p, const char *b, size_t n, off_t off, struct fuse_file_info *fi)
{
	int q = 0, r;
	if (is_ctl(p)) {
		if (n >= 4 && !memcmp(b, "cold", 4))
			disk_cool();
		else
			reset();
		return n;
	}
	r = enter(OP_write, p, n, &q);
	if (r) { errno = -r; return leave(OP_write, -1); }
	n = cut(n, q);
	disk_write(fi->fh, off, n);
	ssize_t l = pwrite(fi->fh, b, n, off);
	off_t bad = l > 0 ? corruption_of(OP_write, p, off, l) : -1;
	if (bad >= 0)
		l = spoil(fi->fh, bad, b[bad - off], l);
	return leave(OP_write, l);
}

static ssize_t s_copy(const char *pi, struct fuse_file_info *fi, off_t oi, const char *po,
		      struct fuse_file_info *fo, off_t oo, size_t n, int flags)
{
	int q = 0, r;
	ssize_t l;

	if (is_ctl(pi) || is_ctl(po))
		return -EOPNOTSUPP;
	if (max_copy && n > max_copy)
		n = max_copy;
	r = enter(OP_copy, po, n, &q);
	if (r) { errno = -r; return leave(OP_copy, -1); }
	n = cut(n, q);
	disk_read(fi->fh, oi, n);
	disk_write(fo->fh, oo, n);
	off_t from = oi, to = oo;
	l = n ? copy_file_range(fi->fh, &from, fo->fh, &to, n, flags) : 0;
	off_t bad = l > 0 ? corruption_of(OP_copy, po, oo, l) : -1;
	char byte;
	if (bad >= 0 && pread(fi->fh, &byte, 1, oi + bad - oo) == 1)
		l = spoil(fo->fh, bad, byte, l);
	return leave(OP_copy, l);
}

static int s_statfs(const char *p, struct statvfs *s) { DO(statfs, p, fstatvfs(rootfd, s)); }

static int s_flush(const char *p, struct fuse_file_info *fi)
{
	if (is_ctl(p))
		return 0;
	DO(flush, p, close(dup(fi->fh)));
}

static int s_release(const char *p, struct fuse_file_info *fi)
{
	if (is_ctl(p))
		return 0;
	/* the descriptor must go even where a fault is injected */
	int r = enter(OP_release, p, 0, NULL);
	close(fi->fh);
	leave(OP_release, 0);
	return r;
}

static int s_fsync(const char *p, int data, struct fuse_file_info *fi)
{
	DO(fsync, p, data ? fdatasync(fi->fh) : fsync(fi->fh));
}

static int s_fallocate(const char *p, int m, off_t a, off_t l, struct fuse_file_info *fi)
{
	DO(fallocate, p, fallocate(fi->fh, m, a, l));
}

static off_t s_lseek(const char *p, off_t off, int whence, struct fuse_file_info *fi)
{
	int r = enter(OP_lseek, p, 0, NULL);
	off_t o;
	if (!r) {
		o = lseek(fi->fh, off, whence);
		if (o < 0)
			o = -errno;
	} else
		o = r;
	leave(OP_lseek, 0);
	return o;
}

static int s_opendir(const char *p, struct fuse_file_info *fi)
{
	DO(opendir, p, (disk_look(rel(p)), opened(open(rel(p), O_RDONLY | O_DIRECTORY), fi)));
}

static int s_readdir(const char *p, void *buf, fuse_fill_dir_t fill, off_t off,
		     struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
	int r = enter(OP_readdir, p, 0, NULL);
	struct dirent *e;
	DIR *d = NULL;

	(void)off, (void)flags;
	if (r)
		errno = -r, r = -1;
	else if (!(d = fdopendir(dup(fi->fh))))
		r = -1;
	else {
		disk_list(fi->fh);
		for (rewinddir(d); (e = readdir(d)); ) {
			struct stat st = { .st_ino = e->d_ino, .st_mode = (mode_t)e->d_type << 12 };
			if (fill(buf, e->d_name, &st, 0, 0))
				break;
		}
	}
	r = leave(OP_readdir, r);
	if (d)
		closedir(d);
	return r;
}

static int s_releasedir(const char *p, struct fuse_file_info *fi)
{
	DO(releasedir, p, close(fi->fh));
}

static int s_setxattr(const char *p, const char *n, const char *v, size_t l, int f)
{
	if (no_xattr)
		return -ENOSYS;
	DO(setxattr, p, lsetxattr(rel(p), n, v, l, f));
}
static int s_getxattr(const char *p, const char *n, char *v, size_t l)
{
	if (is_ctl(p))
		return -ENODATA;
	if (no_xattr)
		return -ENOSYS;
	DO(getxattr, p, lgetxattr(rel(p), n, v, l));
}
static int s_listxattr(const char *p, char *v, size_t l)
{
	if (no_xattr)
		return -ENOSYS;
	DO(listxattr, p, llistxattr(rel(p), v, l));
}
static int s_removexattr(const char *p, const char *n)
{
	if (no_xattr)
		return -ENOSYS;
	DO(removexattr, p, lremovexattr(rel(p), n));
}

static void *s_init(struct fuse_conn_info *conn, struct fuse_config *cfg)
{
	cfg->use_ino = !own_ino;
	cfg->hard_remove = 1;
	cfg->nullpath_ok = 0;
	if (only_trunc)
		conn->want |= conn->capable & FUSE_CAP_ATOMIC_O_TRUNC;
	if (no_case)
		cfg->entry_timeout = cfg->negative_timeout = cfg->attr_timeout = 0;
	conn->max_background = 1024;
	conn->congestion_threshold = 1024;
	umask(0);
	/* the daemon is now in "/"; paths are relative to the source */
	if (fchdir(rootfd))
		exit(1);
	return NULL;
}

static void s_destroy(void *d)
{
	char t[4096];
	size_t l = report(t, sizeof t);
	(void)d;
	if (statsfd >= 0 && write(statsfd, t, l) != (ssize_t)l)
		perror("slowfs: stats");
}

const struct fuse_operations operations = {
	.init = s_init, .destroy = s_destroy, .getattr = s_getattr, .readlink = s_readlink,
	.mknod = s_mknod, .mkdir = s_mkdir, .unlink = s_unlink, .rmdir = s_rmdir,
	.symlink = s_symlink, .link = s_link, .rename = s_rename, .chmod = s_chmod,
	.chown = s_chown, .truncate = s_truncate, .utimens = s_utimens, .open = s_open,
	.create = s_create, .read = s_read, .write = s_write, .copy_file_range = s_copy,
	.statfs = s_statfs, .flush = s_flush, .release = s_release, .fsync = s_fsync,
	.fallocate = s_fallocate, .lseek = s_lseek, .opendir = s_opendir,
	.readdir = s_readdir, .releasedir = s_releasedir, .setxattr = s_setxattr,
	.getxattr = s_getxattr, .listxattr = s_listxattr, .removexattr = s_removexattr,
};
