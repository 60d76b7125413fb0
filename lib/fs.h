/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fs - the kinds of file systems, as far as a copy depends on them.  Thread-safe. */
#ifndef CF_FS_H
#define CF_FS_H

#include <stdbool.h>
#include <sys/types.h>

enum cf_fs {
	CF_FS_PLAIN,	/* keeps files on a disk, or in memory, of its own */
	CF_FS_PSEUDO,	/* the kernel makes the contents up: sizes mean nothing */
	CF_FS_FUSE,	/* a program serves it: anything is possible */
	CF_FS_REMOTE,	/* NFS, SMB: another machine serves it */
	CF_FS_OTHER	/* not known, or a layer over others, such as overlayfs */
};

/* Returns the kind of the file system that fd is on. */
enum cf_fs cf_fs_of(int fd);

/*
 * Does what cf_fs_of() does, and remembers the kind by dev, fd's st_dev: a system call is made
 * only now and then.
 */
enum cf_fs cf_fs_known(int fd, dev_t dev);

/*
 * Returns true if the files that fd's file system has keep their inode numbers, whether they are
 * opened, or looked up again.  On overlayfs a file that is opened for writing may get another
 * one; FUSE and SMB may number it anew when the kernel has forgotten it.
 */
bool cf_fs_keeps_numbers(int fd);

/*
 * Returns true if fd's file system gives a new file its owner and mode by the rules of Linux
 * alone, not by its name, or what a server makes of them; and has no ACLs but those of POSIX.
 */
bool cf_fs_has_owners(int fd);

/* Where the data of a file may be read from, without a look at a disk */
enum cf_fs_memory {
	CF_MEMORY_PAGES,	/* the page cache */
	CF_MEMORY_ALONE,	/* memory, which is all that the file system has */
	CF_MEMORY_OTHER		/* a cache that the kernel tells nothing of: ZFS, a layer */
};

enum cf_fs_memory cf_fs_memory(int fd);

/* Returns 1 if fd is on NFS, 0 if not, and -errno if that cannot be found out. */
int cf_fs_is_nfs(int fd);

#endif
