/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A cache that is cold at first: which parts of which files have been read.  A part is a block
 * of a file, by its number, or the inode.
 */
#ifndef SLOWFS_COLD_H
#define SLOWFS_COLD_H

#include <stdint.h>
#include <sys/types.h>

#define INODE_PART UINT64_MAX

/*
 * Returns true if the part is not in the cache: then the caller reads it, and calls
 * cache_has().  If another thread is at it waits for that one.
 */
int cache_misses(ino_t ino, uint64_t part);

/* The part is in the cache from now on. */
void cache_has(ino_t ino, uint64_t part);

/* Nothing is in the cache. */
void cache_drop(void);

/* How often cache_misses() has returned true. */
unsigned long cache_missed(void);
void reset_cache_missed(void);

#endif
