/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table with open addressing.  A thread that waits for a part looks it up again when it
 * wakes, since the table may have grown, or been emptied by cache_drop(): then that thread
 * reads the part itself.
 */
#define _GNU_SOURCE
#include "slowfs_cold.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "slowfs_base.h"

enum state { COLD, COMING, WARM };	/* COLD: the slot is free */
struct slot {
	ino_t ino;
	uint64_t part;
	enum state state;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of all below */
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static struct slot *slots;
static size_t nslots, nused;		/* nslots: a power of 2, or 0 */
static unsigned long missed;

static struct slot *find(ino_t ino, uint64_t part)
{
	uint64_t hash = (ino * 0x9e3779b97f4a7c15 ^ part) * 0xff51afd7ed558ccd;
	size_t i = (hash ^ hash >> 32) & (nslots - 1);

	while (slots[i].state != COLD && (slots[i].ino != ino || slots[i].part != part))
		i = (i + 1) & (nslots - 1);
	return &slots[i];
}

static void grow_locked(void)
{
	struct slot *old = slots;
	size_t nold = nslots;

	nslots = nold ? nold * 2 : 1024;
	slots = calloc(nslots, sizeof *slots);
	if (!slots)
		die("no memory for", "-C");
	for (size_t i = 0; i < nold; i++)
		if (old[i].state != COLD)
			*find(old[i].ino, old[i].part) = old[i];
	free(old);
}

/* Returns the slot of the part, or a free one, which may be filled. */
static struct slot *slot_locked(ino_t ino, uint64_t part)
{
	if (nused >= nslots / 2)
		grow_locked();
	return find(ino, part);
}

static void set_locked(struct slot *s, ino_t ino, uint64_t part, enum state state)
{
	nused += s->state == COLD;
	*s = (struct slot){ .ino = ino, .part = part, .state = state };
}

int cache_misses(ino_t ino, uint64_t part)
{
	struct slot *s;
	int misses;

	pthread_mutex_lock(&lock);
	while ((s = slot_locked(ino, part))->state == COMING)
		pthread_cond_wait(&arrived, &lock);
	misses = s->state == COLD;
	if (misses) {
		set_locked(s, ino, part, COMING);
		missed++;
	}
	pthread_mutex_unlock(&lock);
	return misses;
}

void cache_has(ino_t ino, uint64_t part)
{
	pthread_mutex_lock(&lock);
	set_locked(slot_locked(ino, part), ino, part, WARM);
	pthread_cond_broadcast(&arrived);
	pthread_mutex_unlock(&lock);
}

void cache_drop(void)
{
	pthread_mutex_lock(&lock);
	if (slots)
		memset(slots, 0, nslots * sizeof *slots);
	nused = 0;
	pthread_cond_broadcast(&arrived);
	pthread_mutex_unlock(&lock);
}

unsigned long cache_missed(void)
{
	pthread_mutex_lock(&lock);
	unsigned long n = missed;
	pthread_mutex_unlock(&lock);
	return n;
}

void reset_cache_missed(void)
{
	pthread_mutex_lock(&lock);
	missed = 0;
	pthread_mutex_unlock(&lock);
}
