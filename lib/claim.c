/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: the bytes of two copies mix if both write to one inode, to which two names
 * may lead: hard links, symlinks, names that differ in case only.  So a copy that
 * overwrites a file in place claims its inode first.
 *
 *   in the process	a list of claimed inodes, in one of BUCKETS by its number.
 *   among processes	a lock on one byte of the open file (F_OFD_SETLK), which is
 *			released when the file is closed.  It is not taken on file
 *			systems of another machine, whose lock manager may keep the
 *			copy waiting.  Where it is refused the copy goes on without.
 *
 * A new file may be found and overwritten by another copy as soon as it has its name.
 * A big one is claimed right after it was made.  For a small one the stat that tells its
 * inode would be too expensive.  Instead it is entered in a list of the files that are
 * being made in its directory.  A copy that claims an inode there waits until all files
 * that were in the list before have left it.  A directory may have two names, by a symlink or
 * a mount: so if the inode has changed since this process made its first file, those that are
 * being made in other directories of the file system are awaited as well.  Other processes do
 * not see the list; against them it helps only that a small file is written by one call, right
 * after it was made.
 *
 * No copy waits for ever: it claims only one inode, and while it is in the list of new
 * files it claims none.
 *
 * Each bucket has a lock of its own, held for a few instructions.  Waiting is done in
 * small steps (wait.c).  After fork(2) the child has none of the claims.
 *
 * The directory of a file that is given by a descriptor is not known.  A copy that overwrites
 * such a file does not wait for small new files.
 */
#include <config.h>

#include "claim.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "fibhash.h"
#include "fs.h"
#include "place.h"
#include "sys.h"
#include "wait.h"

#define BUCKET_BITS 6
#define BUCKETS (1 << BUCKET_BITS)

struct bucket {
	pthread_mutex_t lock;		/* protects the rest */
	struct cf_claim *first, *last;
	uint64_t entered;		/* claims that were ever entered */
};

static struct bucket buckets[BUCKETS] = {
	[0 ... BUCKETS - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER },
};

static struct bucket *bucket_of(uint64_t a, uint64_t b)
{
	return &buckets[cf_hash(a * 31 + b, BUCKET_BITS)];
}

static struct bucket *bucket_of_claim(const struct cf_claim *c)
{
	return c->kind == CF_CLAIM_NEW ? bucket_of(c->key[0], 0)
				       : bucket_of(c->key[0], c->key[1]);
}

/* ---------------------------------------------------------------- fork */

static pthread_once_t fork_hooked = PTHREAD_ONCE_INIT;
static atomic_uint forks;		/* fork(2)s that this process has begun */
static time_t first_use;		/* of this module, by this process or an ancestor */

static void fork_prepare(void)
{
	forks++;
}

/* The threads that held locks and claims do not exist in the child. */
static void fork_child(void)
{
	for (int i = 0; i < BUCKETS; i++)
		buckets[i] = (struct bucket){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

static void hook_fork(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	first_use = now.tv_sec;
	/* If there is no memory for the handler, only children that copy are in danger. */
	(void)pthread_atfork(fork_prepare, NULL, fork_child);
}

/* ---------------------------------------------------------------- lists */

static void enter_locked(struct bucket *b, struct cf_claim *c)
{
	c->prev = b->last;
	c->next = NULL;
	*(b->last ? &b->last->next : &b->first) = c;
	b->last = c;
	b->entered++;
}

static void leave_locked(struct bucket *b, struct cf_claim *c)
{
	*(c->prev ? &c->prev->next : &b->first) = c->next;
	*(c->next ? &c->next->prev : &b->last) = c->prev;
}

void cf_claim_new(struct cf_claim *c, uint64_t place)
{
	struct bucket *b = bucket_of(place, 0);

	assert(c->kind == CF_CLAIM_NONE);
	pthread_once(&fork_hooked, hook_fork);
	c->kind = CF_CLAIM_NEW;
	c->locked = false;
	c->key[0] = place;
	pthread_mutex_lock(&b->lock);
	c->key[1] = b->entered;
	enter_locked(b, c);
	pthread_mutex_unlock(&b->lock);
}

/* Put c into the list of inodes.  Returns false if another copy has claimed the same one. */
static bool enter_inode(struct cf_claim *c)
{
	struct bucket *b = bucket_of(c->key[0], c->key[1]);
	struct cf_claim *other;

	pthread_mutex_lock(&b->lock);
	for (other = b->first; other; other = other->next)
		if (other->kind == CF_CLAIM_INODE && other->key[0] == c->key[0] &&
		    other->key[1] == c->key[1])
			break;
	if (!other) {
		c->kind = CF_CLAIM_INODE;
		enter_locked(b, c);
	}
	pthread_mutex_unlock(&b->lock);
	return !other;
}

/* ---------------------------------------------------------------- waiting */

/*
 * Returns true if a file that was entered in b before number is still being made in place, or
 * with anywhere on its file system.
 */
static bool new_before(struct bucket *b, uint64_t place, bool anywhere, uint64_t number)
{
	struct cf_claim *c;

	pthread_mutex_lock(&b->lock);
	for (c = b->first; c; c = c->next)
		if (c->kind == CF_CLAIM_NEW && c->key[1] < number &&
		    (anywhere ? cf_place_same_fs(c->key[0], place) : c->key[0] == place))
			break;
	pthread_mutex_unlock(&b->lock);
	return c;
}

/*
 * Wait until the files of b that are now being made in place, or with anywhere on its file
 * system, are written.  Returns what cf_claim_inode() returns.
 */
static int await_new(struct bucket *b, uint64_t place, bool anywhere,
		     const struct cf_watch *watch)
{
	unsigned int steps = 0;
	uint64_t number;
	int r = 0;

	pthread_mutex_lock(&b->lock);
	number = b->entered;
	pthread_mutex_unlock(&b->lock);
	while (r == 0 && new_before(b, place, anywhere, number))
		r = cf_wait_step(&steps, watch);
	return r < 0 ? r : steps > 0;
}

/*
 * Returns true if this process may have made the inode, by the time of its last change.  The
 * clock of another machine may be wrong, and a file system's is behind by up to a tick.
 */
static bool may_be_ours(int fd, const struct stat *st)
{
	bool own_clock = fd >= 0 && cf_fs_known(fd, st->st_dev) == CF_FS_PLAIN;

	return st->st_ctim.tv_sec >= first_use - (own_clock ? 1 : 3600);
}

/* Wait for all new files that the inode may be.  Returns what cf_claim_inode() returns. */
static int await_all_new(int fd, const struct stat *st, uint64_t place,
			 const struct cf_watch *watch)
{
	int waited = await_new(bucket_of(place, 0), place, false, watch);

	if (waited < 0 || !may_be_ours(fd, st))
		return waited;
	for (int i = 0; i < BUCKETS; i++) {
		int r = await_new(&buckets[i], place, true, watch);

		if (r < 0)
			return r;
		waited |= r;
	}
	return waited;
}

static bool may_lock(int fd, const struct stat *st)
{
	return fd >= 0 && cf_fs_known(fd, st->st_dev) != CF_FS_REMOTE;
}

int cf_claim_inode(struct cf_claim *c, int fd, const struct stat *st, uint64_t place,
		   const struct cf_watch *watch)
{
	unsigned int steps = 0;
	int r = 0, lock = -ENOTSUP;

	assert(c->kind == CF_CLAIM_NONE);
	pthread_once(&fork_hooked, hook_fork);
	*c = (struct cf_claim){
		.key = { st->st_dev, st->st_ino }, .fd = fd, .shared = c->shared, .made = c->made,
	};
	while (r == 0 && !enter_inode(c))
		r = cf_wait_step(&steps, watch);
	if (r < 0)
		return r;
	c->forks = forks;
	if (may_lock(fd, st))
		while (r == 0 && (lock = cf_lock(fd)) == -EAGAIN)
			r = cf_wait_step(&steps, watch);
	c->locked = lock == 0;
	int waited = r < 0 || c->made ? r : await_all_new(fd, st, place, watch);
	if (waited < 0)
		cf_claim_drop(c);
	return waited < 0 ? waited : waited || steps > 0;
}

void cf_claim_drop(struct cf_claim *c)
{
	if (c->kind == CF_CLAIM_NONE)
		return;
	struct bucket *b = bucket_of_claim(c);

	/* close(2) releases the lock, unless others, such as a child of fork(2), have the file. */
	if (c->locked && (c->shared || c->forks != forks))
		cf_unlock(c->fd);
	pthread_mutex_lock(&b->lock);
	leave_locked(b, c);
	pthread_mutex_unlock(&b->lock);
	*c = (struct cf_claim){ .kind = CF_CLAIM_NONE, .shared = c->shared, .made = c->made };
}
