/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each thread counts for itself, and who asks adds up: threads that share a
 * counter would fight for its cache line at every file.  A thread's numbers outlive it;
 * nobody else writes them.
 */
#include <config.h>

#include "base/tally.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>

#include "xalloc.h"

/* struct tally as an array of numbers */
#define NUMBERS (sizeof(struct tally) / sizeof(uint64_t))

struct own {
	_Atomic uint64_t numbers[NUMBERS];
	struct own *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct own *_Atomic owns;

static uint64_t changed_by(uint64_t old, uint64_t n)
{
	if (n <= INT64_MAX)
		return tally_plus(old, n);
	/* What was capped cannot be told apart any more. */
	return old < -n ? 0 : old + n;
}

static struct own *my_own(void)
{
	static _Thread_local struct own *mine;

	if (!mine) {
		mine = xzalloc(sizeof *mine);
		pthread_mutex_lock(&lock);
		mine->next = owns;
		owns = mine;
		pthread_mutex_unlock(&lock);
	}
	return mine;
}

void tally_add(const struct tally *what)
{
	const uint64_t *numbers = (const uint64_t *)what;
	struct own *own = my_own();

	for (size_t i = 0; i < NUMBERS; i++)
		if (numbers[i])
			atomic_store_explicit(&own->numbers[i], changed_by(own->numbers[i], numbers[i]),
					      memory_order_relaxed);
}

void tally_sum(struct tally *ret)
{
	uint64_t *numbers = (uint64_t *)ret;

	*ret = (struct tally){ .bytes = 0 };
	for (const struct own *own = owns; own; own = own->next)
		for (size_t i = 0; i < NUMBERS; i++)
			numbers[i] = tally_plus(numbers[i],
						atomic_load_explicit(&own->numbers[i],
								     memory_order_relaxed));
}

uint64_t tally_of_kind(const struct tally *t, enum kind kind)
{
	uint64_t n = 0;

	for (int o = 0; o < OUTCOMES; o++)
		n += t->entries[kind][o];
	return n;
}

uint64_t tally_of_outcome(const struct tally *t, enum outcome outcome)
{
	uint64_t n = 0;

	for (int k = 0; k < KINDS; k++)
		n += t->entries[k][outcome];
	return n;
}

uint64_t tally_done(const struct tally *t, enum kind kind)
{
	return tally_of_kind(t, kind) - t->entries[kind][OUTCOME_SKIPPED] -
	       t->entries[kind][OUTCOME_FAILED];
}

enum kind tally_kind(mode_t type)
{
	switch (type & S_IFMT) {
	case 0:
	case S_IFREG:
		return KIND_FILE;
	case S_IFDIR:
		return KIND_DIR;
	case S_IFLNK:
		return KIND_SYMLINK;
	default:
		return KIND_SPECIAL;
	}
}
