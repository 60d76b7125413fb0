/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a table of the type numbers of statfs(2).  A type that is not in it is OTHER, of
 * which nothing is assumed.
 *
 * Each thread remembers the last few file systems, but not for ever: a device number may
 * come to mean another one.
 */
#include <config.h>

#include "fs.h"

#include <stddef.h>
#include <stdint.h>

#include "fibhash.h"
#include "sys.h"

/* A thread remembers 2^SEEN_BITS file systems, and asks one again after TRUST uses. */
#define SEEN_BITS 3
#define TRUST 256

#define NFS_MAGIC 0x00006969
#define TMPFS_MAGIC 0x01021994
#define RAMFS_MAGIC 0x858458f6
#define HUGETLBFS_MAGIC 0x958458f6
#define ZFS_MAGIC 0x2fc12fc1

/* From <linux/magic.h> and the file systems themselves */
static const struct type {
	uint32_t magic;
	enum cf_fs kind;
	bool owners;			/* see cf_fs_has_owners() */
} types[] = {
	{ 0x0000ef53, CF_FS_PLAIN, .owners = true },	/* ext2, ext3, ext4 */
	{ 0x58465342, CF_FS_PLAIN, .owners = true },	/* xfs */
	{ 0x9123683e, CF_FS_PLAIN, .owners = true },	/* btrfs */
	{ TMPFS_MAGIC, CF_FS_PLAIN, .owners = true },
	{ RAMFS_MAGIC, CF_FS_PLAIN, .owners = true },
	{ 0xf2f52010, CF_FS_PLAIN, .owners = true },	/* f2fs */
	{ 0xca451a4e, CF_FS_PLAIN, .owners = true },	/* bcachefs */
	{ HUGETLBFS_MAGIC, CF_FS_PLAIN },
	{ ZFS_MAGIC, CF_FS_PLAIN },
	{ 0x00004d44, CF_FS_PLAIN },	/* vfat */
	{ 0x2011bab0, CF_FS_PLAIN },	/* exfat */
	{ 0x7366746e, CF_FS_PLAIN },	/* ntfs3 */
	{ 0x3153464a, CF_FS_PLAIN },	/* jfs */
	{ 0x52654973, CF_FS_PLAIN },	/* reiserfs */
	{ 0x00003434, CF_FS_PLAIN },	/* nilfs2 */
	{ 0x0000482b, CF_FS_PLAIN },	/* hfsplus */
	{ 0x15013346, CF_FS_PLAIN },	/* udf */
	{ 0x00009660, CF_FS_PLAIN },	/* iso9660 */
	{ 0x73717368, CF_FS_PLAIN },	/* squashfs */
	{ 0xe0f5e1e2, CF_FS_PLAIN },	/* erofs */

	{ 0x00009fa0, CF_FS_PSEUDO },	/* proc */
	{ 0x62656572, CF_FS_PSEUDO },	/* sysfs */
	{ 0x64626720, CF_FS_PSEUDO },	/* debugfs */
	{ 0x74726163, CF_FS_PSEUDO },	/* tracefs */
	{ 0x0027e0eb, CF_FS_PSEUDO },	/* cgroup */
	{ 0x63677270, CF_FS_PSEUDO },	/* cgroup2 */
	{ 0x62656570, CF_FS_PSEUDO },	/* configfs */
	{ 0x73636673, CF_FS_PSEUDO },	/* securityfs */
	{ 0xde5e81e4, CF_FS_PSEUDO },	/* efivarfs */
	{ 0xcafe4a11, CF_FS_PSEUDO },	/* bpf */
	{ 0x6165676c, CF_FS_PSEUDO },	/* pstore */
	{ 0xf97cff8c, CF_FS_PSEUDO },	/* selinuxfs */
	{ 0x43415d53, CF_FS_PSEUDO },	/* smackfs */
	{ 0x5a3c69f0, CF_FS_PSEUDO },	/* apparmorfs */
	{ 0x42494e4d, CF_FS_PSEUDO },	/* binfmt_misc */
	{ 0x07655821, CF_FS_PSEUDO },	/* resctrl */
	{ 0x6c6f6f70, CF_FS_PSEUDO },	/* binder */
	{ 0x67596969, CF_FS_PSEUDO },	/* rpc_pipefs */
	{ 0x6e667364, CF_FS_PSEUDO },	/* nfsd */
	{ 0xabba1974, CF_FS_PSEUDO },	/* xenfs */
	{ 0x00009fa1, CF_FS_PSEUDO },	/* openprom */
	{ 0x00009fa2, CF_FS_PSEUDO },	/* usbfs */
	{ 0x6e736673, CF_FS_PSEUDO },	/* nsfs */
	{ 0x19800202, CF_FS_PSEUDO },	/* mqueue */

	{ 0x65735546, CF_FS_FUSE },

	{ NFS_MAGIC,  CF_FS_REMOTE },
	{ 0xff534d42, CF_FS_REMOTE },	/* cifs */
	{ 0xfe534d42, CF_FS_REMOTE },	/* smb2, smb3 */
	{ 0x0000517b, CF_FS_REMOTE },	/* smbfs */
	{ 0x0000564c, CF_FS_REMOTE },	/* ncp */
	{ 0x73757245, CF_FS_REMOTE },	/* coda */
	{ 0x5346414f, CF_FS_REMOTE },	/* afs (openafs) */
	{ 0x6b414653, CF_FS_REMOTE },	/* afs (the kernel's) */
	{ 0x00c36400, CF_FS_REMOTE },	/* ceph */
	{ 0x01021997, CF_FS_REMOTE },	/* 9p */
	{ 0x0bd00bd0, CF_FS_REMOTE },	/* lustre */
	{ 0x01161970, CF_FS_REMOTE },	/* gfs2 */
	{ 0x7461636f, CF_FS_REMOTE },	/* ocfs2 */
	{ 0x20030528, CF_FS_REMOTE },	/* orangefs */
};

/* Returns the row of a type, or NULL. */
static const struct type *find(int64_t type)
{
	for (size_t i = 0; type >= 0 && i < sizeof types / sizeof *types; i++)
		if (types[i].magic == type)
			return &types[i];
	return NULL;
}

static enum cf_fs kind_of_type(int64_t type)
{
	const struct type *t = find(type);

	return t ? t->kind : CF_FS_OTHER;
}

enum cf_fs cf_fs_of(int fd)
{
	return kind_of_type(cf_fs_type(fd));
}

enum cf_fs cf_fs_known(int fd, dev_t dev)
{
	static _Thread_local struct {
		dev_t dev;
		enum cf_fs kind;
		unsigned int left;	/* uses until it is asked again */
	} seen[1 << SEEN_BITS];
	unsigned int i = cf_hash(dev, SEEN_BITS);

	if (seen[i].left && seen[i].dev == dev)
		seen[i].left--;
	else {
		seen[i].dev = dev;
		seen[i].kind = cf_fs_of(fd);
		seen[i].left = TRUST;
	}
	return seen[i].kind;
}

enum cf_fs_memory cf_fs_memory(int fd)
{
	int64_t type = cf_fs_type(fd);

	if (type == TMPFS_MAGIC || type == RAMFS_MAGIC || type == HUGETLBFS_MAGIC)
		return CF_MEMORY_ALONE;
	if (type == ZFS_MAGIC || kind_of_type(type) == CF_FS_OTHER)
		return CF_MEMORY_OTHER;
	return CF_MEMORY_PAGES;
}

bool cf_fs_keeps_numbers(int fd)
{
	int64_t type = cf_fs_type(fd);

	/* The number is part of what the server tells of a file. */
	return kind_of_type(type) == CF_FS_PLAIN || type == NFS_MAGIC;
}

bool cf_fs_has_owners(int fd)
{
	const struct type *t = find(cf_fs_type(fd));

	return t && t->owners;
}

int cf_fs_is_nfs(int fd)
{
	int64_t type = cf_fs_type(fd);

	return type < 0 ? (int)type : type == NFS_MAGIC;
}
