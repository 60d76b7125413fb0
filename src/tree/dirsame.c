/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: file systems that are known to number a directory once and for all are in a table.
 * Others may number it anew when it is looked up again: FUSE servers, overlayfs whose layers are
 * on several file systems, SMB.  And to open a directory may mount something on it (autofs).
 */
#include <config.h>

#include "tree/dirsame.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

#include "base/retry.h"

/* From <linux/magic.h> and the file systems themselves */
static const uint32_t stable[] = {
	0x0000ef53,	/* ext2, ext3, ext4 */
	0x58465342,	/* xfs */
	0x9123683e,	/* btrfs */
	0x01021994,	/* tmpfs */
	0xf2f52010,	/* f2fs */
	0xca451a4e,	/* bcachefs */
	0x2fc12fc1,	/* zfs */
	0x00006969,	/* NFS, whose server numbers them */
};

static bool has_stable_numbers(int fd)
{
	struct statfs st;

	if (RETRY(fstatfs(fd, &st)) < 0)
		return false;
	for (size_t i = 0; i < sizeof stable / sizeof *stable; i++)
		if (stable[i] == (uint32_t)st.f_type)
			return true;
	return false;
}

/* Returns true if another file system is mounted on the directory fd, whose stat is *st. */
static bool is_mount(int fd, const struct stat *st)
{
	struct stat up;

	return RETRY(fstatat(fd, "..", &up, 0)) == 0 && up.st_dev != st->st_dev;
}

bool dirsame_may_be(int fd, const struct stat *opened, dev_t dev)
{
	return (opened->st_dev != dev && is_mount(fd, opened)) || !has_stable_numbers(fd);
}
