/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * place - where a copy happens: the directory that it writes to, and the two
 * file systems.  Thread-safe.
 */
#ifndef CF_PLACE_H
#define CF_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* The bits of dir that stand for its file system */
#define CF_PLACE_FS UINT64_C(0xffff)

struct cf_place {
	uint64_t dir;	/* equal for copies into one directory, if they name it in one way */
	uint64_t pair;	/* of file systems: source's, destination's; never 0 */
};

/* In pair: the source is on a disk that says of itself that it has an arm. */
#define CF_PAIR_SEEKS 2

/* Returns true if two directories, each as in cf_place.dir, may be on one file system. */
static inline bool cf_place_same_fs(uint64_t a, uint64_t b)
{
	return !((a ^ b) & CF_PLACE_FS);
}

/* Returns the place of a copy with the names that copyfileat() is given. */
struct cf_place cf_place_of(int src_dir, const char *src, int dst_dir, const char *dst);

/*
 * Returns the place of a copy between two open files.  Their directories are not known: the
 * file system stands for them.
 */
struct cf_place cf_place_of_files(int src, int dst);

#endif
