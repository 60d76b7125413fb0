/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a directory is known by the descriptor and the path that lead to it,
 * hashed; its file system by one stat.  That would be two calls for each copy,
 * so each thread remembers the last few directories of either side, but not for
 * ever.  A descriptor may come to mean another directory meanwhile; it is rarely
 * one of another file system.  A descriptor of a file often comes to mean a file elsewhere,
 * so files are looked at each time.
 *
 * A wrong answer (two hashes that collide, a directory named in two ways, a
 * mount between the two looks) makes a copy slower, never wrong.
 */
#include <config.h>

#include "place.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "disk.h"
#include "fibhash.h"
#include "sys.h"

/* Directories that a thread remembers on either side, by the hash's upper bits */
#define SEEN_BITS 4
#define SEEN (1 << SEEN_BITS)

/* Copies until a remembered directory is looked at again */
#define TRUST 1024

struct seen {
	uint64_t dir, dev;
	unsigned int left;		/* copies for which dev is to be trusted */
};

/* FNV-1a, mixed once more: only the upper bits are used as an index. */
static uint64_t hash_dir(int fd, const char *path, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ (uint32_t)fd;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)path[i]) * 0x100000001b3ULL;
	return cf_hash_mix(h);
}

/* Returns 0 if the device cannot be told, as when the directory is missing. */
static uint64_t device_of(int fd, const char *path, size_t len)
{
	char dir[PATH_MAX] = ".";
	struct stat st;
	int r;

	/* On NFS fstat(2) would be a round trip: for the time of access, after each READDIR. */
	if (!len && fd >= 0)
		return cf_device(fd);
	if (len >= sizeof dir)
		return 0;
	if (len)
		*(char *)mempcpy(dir, path, len) = '\0';
	r = fstatat(fd, dir, &st, 0);
	return r < 0 ? 0 : st.st_dev;
}

static const struct seen *look(struct seen *table, int fd, const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t len = slash ? (size_t)(slash + 1 - name) : 0;
	uint64_t dir = hash_dir(name[0] == '/' ? AT_FDCWD : fd, name, len);
	struct seen *seen = &table[dir >> (64 - SEEN_BITS)];

	if (seen->left && seen->dir == dir)
		seen->left--;
	else
		*seen = (struct seen){ dir, device_of(fd, name, len), TRUST };
	return seen;
}

static uint64_t pair_of(uint64_t from, uint64_t to)
{
	/* After the second mixing the lowest bits are not needed to tell devices apart. */
	uint64_t pair = cf_hash_mix(cf_hash_mix(from) ^ to) & ~(uint64_t)3;

	return pair | 1 | (cf_disk_seeks(from) ? CF_PAIR_SEEKS : 0);
}

/* Returns cf_place.dir of a directory with that hash, on dev. */
static uint64_t dir_on(uint64_t hash, uint64_t dev)
{
	return (hash & ~CF_PLACE_FS) | (cf_hash_mix(dev) & CF_PLACE_FS);
}

struct cf_place cf_place_of(int src_dir, const char *src, int dst_dir, const char *dst)
{
	static _Thread_local struct seen srcs[SEEN], dsts[SEEN];
	const struct seen *from = look(srcs, src_dir, src), *to = look(dsts, dst_dir, dst);

	return (struct cf_place){
		.dir = dir_on(to->dir, to->dev), .pair = pair_of(from->dev, to->dev),
	};
}

struct cf_place cf_place_of_files(int src, int dst)
{
	uint64_t from = cf_device(src), to = cf_device(dst);

	return (struct cf_place){ .dir = dir_on(cf_hash_mix(to), to), .pair = pair_of(from, to) };
}
