/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: on NFS an exclusive open(2) takes two round trips, OPEN and SETATTR, since the
 * server may keep the verifier of an exclusive creation in the times of the file.  The client
 * holds the lock of the directory for both, so that they bound the rate at which files can be
 * made in one directory, however many threads make them.  Without O_EXCL it is one round trip.
 *
 * Without O_EXCL open(2) does not tell whether the file was there before.  But in a directory
 * that is new, and that only the copies of one newset make regular files in, each file that
 * was there before has been made by one of these copies.  So the inodes of all of them are
 * kept, from the open to the end of the newset, and the invariant is:
 *
 *	The file that was opened is new if and only if its inode was not in the set.
 *
 * The set has a lock, and a copy looks and enters in one step.  So of two copies that open one
 * file, because their names differ only in case, say, exactly one finds it to be new.  The
 * other one closes it again, without having written to it, and fails with EEXIST, as with
 * O_EXCL.  It does not matter which of them made it.  For the same reason files that are made
 * with O_EXCL here are entered, too.
 *
 * Names of other kinds may be made in the directory.  Symlinks are refused by O_NOFOLLOW, and
 * directories by open(2).  FIFOs and devices are no regular files, and O_NONBLOCK keeps the
 * thread from waiting for them.  A hard link to a file from elsewhere has two names.
 *
 * Should another process break the promise, its files are told by what a new one looks like:
 * empty, with one name, and owned by the one who owns the directory.  (The server may have
 * given both another owner than the caller, but the same.)
 *
 * O_EXCL is used as well
 *
 * - where open(2) failed without it, so that the error is the one that all callers know;
 * - for a mode that does not let the owner write.  A client that does not recognise the file as
 *   new, because the time of the directory on the server is too coarse, would check the mode.
 *
 * An inode number that is used again is known by its file having been removed: a copy that
 * fails forgets its file after that.  In between another copy may fail with EEXIST, wrongly,
 * but none can take a file that is about to be removed for a new one of its own.
 *
 * Memory for an entry is reserved before the file is opened, for afterwards there would be no
 * way back.
 *
 * The set does not grow beyond CF_NEWSET_MOST entries: from then on O_EXCL is used.  While some
 * opens without it are still under way, what is made with it must be entered as before.  After
 * the last of them nothing needs the set any more, and it is freed.
 */
#include <config.h>

#include "newset.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "fibhash.h"
#include "sys.h"

/* Entries of the table that are no inodes */
#define FREE 0
#define GONE 1

/* The first table has 2^FIRST_BITS entries, and each is replaced before it is 3/4 full. */
#define FIRST_BITS 6
#define IS_FULL(used, bits) ((used) >= (3 * ((size_t)1 << (bits))) / 4)

struct cf_newset {
	dev_t dev;		/* of the directory ... */
	uid_t uid;		/* ... and its owner */
	size_t most;		/* see CF_NEWSET_MOST */

	pthread_mutex_t lock;	/* protects the rest */
	uint64_t *inodes;	/* open addressing; or FREE, GONE; NULL: nothing yet */
	unsigned int bits;	/* of the index */
	size_t used;		/* entries that are not FREE */
	size_t reserved;	/* entries for files that are being opened, */
	size_t loose;		/* of these: without O_EXCL */
	bool full;		/* no more are opened without it */
};

struct cf_newset *cf_newset_new(const struct stat *dir, size_t most)
{
	struct cf_newset *n = malloc(sizeof *n);

	if (n)
		*n = (struct cf_newset){
			.dev = dir->st_dev, .uid = dir->st_uid, .most = most,
			.lock = PTHREAD_MUTEX_INITIALIZER,
		};
	return n;
}

void cf_newset_free(struct cf_newset *n)
{
	if (!n)
		return;
	assert(!n->reserved);
	pthread_mutex_destroy(&n->lock);
	free(n->inodes);
	free(n);
}

/* ---------------------------------------------------------------- the set */

/* Returns the place of inode in a table that is not full; or a free one, where it belongs. */
static uint64_t *find(uint64_t *table, unsigned int bits, uint64_t inode)
{
	size_t i = cf_hash(inode, bits), mask = ((size_t)1 << bits) - 1;

	while (table[i] != FREE && table[i] != inode)
		i = (i + 1) & mask;
	return &table[i];
}

/* Have a table with room for more entries.  Returns false if there is no memory. */
static bool grow_locked(struct cf_newset *n)
{
	size_t size = n->inodes ? (size_t)1 << n->bits : 0;
	unsigned int bits = n->inodes ? n->bits + 1 : FIRST_BITS;
	uint64_t *table = calloc((size_t)1 << bits, sizeof *table);

	if (!table)
		return false;
	n->used = 0;
	for (size_t i = 0; i < size; i++) {
		if (n->inodes[i] == FREE || n->inodes[i] == GONE)
			continue;
		*find(table, bits, n->inodes[i]) = n->inodes[i];
		n->used++;
	}
	free(n->inodes);
	n->inodes = table;
	n->bits = bits;
	return true;
}

/* Returns true if the set is not needed any more. */
static bool is_over_locked(const struct cf_newset *n)
{
	return n->full && !n->loose;
}

static void free_if_over_locked(struct cf_newset *n)
{
	if (!is_over_locked(n))
		return;
	free(n->inodes);
	n->inodes = NULL;
	n->used = 0;
}

/* Have room for one more entry.  *loose: it is for a file that is opened without O_EXCL. */
static bool reserve(struct cf_newset *n, bool *loose)
{
	bool ok = true;

	pthread_mutex_lock(&n->lock);
	n->full |= n->used + n->reserved >= n->most;
	free_if_over_locked(n);
	while (ok && !is_over_locked(n) &&
	       (!n->inodes || IS_FULL(n->used + n->reserved, n->bits)))
		ok = grow_locked(n);
	*loose = !n->full;
	n->reserved += ok;
	n->loose += ok && *loose;
	pthread_mutex_unlock(&n->lock);
	return ok;
}

static bool enter_locked(struct cf_newset *n, uint64_t inode)
{
	uint64_t *entry = find(n->inodes, n->bits, inode);
	bool is_new = *entry == FREE;

	n->used += is_new;
	*entry = inode;
	return is_new;
}

/*
 * Enter inode where one was reserved; 0: none.  Returns true if it was not there already.
 * Where there is no set any more O_EXCL has seen to that.
 */
static bool enter(struct cf_newset *n, uint64_t inode, bool loose)
{
	bool is_new = inode;

	pthread_mutex_lock(&n->lock);
	assert(n->reserved > 0 && n->loose >= loose);
	if (inode && !is_over_locked(n))
		is_new = enter_locked(n, inode);
	n->reserved--;
	n->loose -= loose;
	free_if_over_locked(n);
	pthread_mutex_unlock(&n->lock);
	return is_new;
}

void cf_newset_forget(struct cf_newset *n, const struct stat *st)
{
	pthread_mutex_lock(&n->lock);
	if (n->inodes) {
		uint64_t *entry = find(n->inodes, n->bits, st->st_ino);

		if (*entry != FREE)
			*entry = GONE;
	}
	pthread_mutex_unlock(&n->lock);
}

/* --------------------------------------------------------------- the files */

int cf_newset_open(struct cf_newset *n, int dir, const char *name, int access, mode_t mode,
		   bool *loose)
{
	const int flags = access | O_CREAT | O_NOFOLLOW;
	const mode_t needed = access == O_RDWR ? S_IRUSR | S_IWUSR : S_IWUSR;
	int fd = -EACCES;

	if (!reserve(n, loose))
		return -ENOMEM;
	if (*loose && (mode & needed) == needed)
		fd = cf_openat(dir, name, flags | O_NONBLOCK, mode);
	if (fd < 0)
		fd = cf_openat(dir, name, flags | O_EXCL, mode);
	if (fd < 0)
		(void)enter(n, 0, *loose);
	return fd;
}

/* Returns true if a file that was made in n a moment ago looks like this. */
static bool looks_new(const struct cf_newset *n, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size == 0 && st->st_nlink == 1 &&
	       st->st_dev == n->dev && st->st_uid == n->uid && st->st_ino != FREE &&
	       st->st_ino != GONE;
}

bool cf_newset_enter(struct cf_newset *n, const struct stat *st, bool loose)
{
	return enter(n, st && looks_new(n, st) ? st->st_ino : 0, loose);
}
