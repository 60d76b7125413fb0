/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each thread counts for itself, and tally_sum() adds up what all have counted:
 * threads that share a counter would fight for its cache line at every file.  A thread's
 * numbers outlive it.  No other thread writes them, so that relaxed loads and stores do.
 */
#include <config.h>

#include "base/tally.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/relaxed.h"
#include "xalloc.h"

/* struct tally is read as an array of so many numbers, ... */
#define NUMBERS (sizeof(struct tally) / sizeof(uint64_t))
#define PLACE(member) (offsetof(struct tally, member) / sizeof(uint64_t))

/* ... which it can be, as it has nothing but such numbers, without gaps. */
static_assert(sizeof(struct tally) == NUMBERS * sizeof(uint64_t) &&
	      _Alignof(struct tally) == _Alignof(uint64_t) &&
	      offsetof(struct tally, bytes) == KINDS * OUTCOMES * sizeof(uint64_t) &&
	      offsetof(struct tally, untried) == (NUMBERS - 1) * sizeof(uint64_t),
	      "struct tally is no array of uint64_t");

/* The numbers of one thread */
struct own {
	_Atomic uint64_t numbers[NUMBERS];
	struct own *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct own *_Atomic owns;

/* Returns old + n, where n may be negative (see tally_add()); the sum is 0 at least. */
static uint64_t changed_by(uint64_t old, uint64_t n)
{
	if (n <= INT64_MAX)
		return tally_plus(old, n);
	/* old may be too small, if it was capped by tally_plus(). */
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

static void add(struct own *own, size_t place, uint64_t n)
{
	if (n)
		relaxed_set(own->numbers[place], changed_by(relaxed_get(own->numbers[place]), n));
}

void tally_add(const struct tally *what)
{
	const uint64_t *numbers = (const uint64_t *)what;
	struct own *own = my_own();

	for (size_t i = 0; i < NUMBERS; i++)
		add(own, i, numbers[i]);
}

void tally_entry(enum kind kind, enum outcome outcome, const struct tally_bytes *bytes)
{
	struct own *own = my_own();

	add(own, (size_t)kind * OUTCOMES + outcome, 1);
	add(own, PLACE(bytes), bytes->all);
	add(own, PLACE(bytes_moved), bytes->moved);
	add(own, PLACE(bytes_cloned), bytes->cloned);
	add(own, PLACE(bytes_holes), bytes->holes);
}

void tally_sum(struct tally *ret)
{
	uint64_t *numbers = (uint64_t *)ret;

	*ret = (struct tally){ .bytes = 0 };
	for (const struct own *own = owns; own; own = own->next)
		for (size_t i = 0; i < NUMBERS; i++)
			numbers[i] = tally_plus(numbers[i], relaxed_get(own->numbers[i]));
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
	uint64_t all = tally_of_kind(t, kind);
	const uint64_t *n = t->entries[kind];
	uint64_t not_done = n[OUTCOME_SKIPPED] + n[OUTCOME_ATTRIBUTES] + n[OUTCOME_FAILED];

	assert(not_done <= all);
	return all - not_done;
}

uint64_t tally_files_done(const struct tally *t)
{
	return tally_done(t, KIND_FILE) + tally_done(t, KIND_SYMLINK) +
	       tally_done(t, KIND_SPECIAL);
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
