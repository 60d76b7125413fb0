/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a file costs three additions to counters that all threads share, and a look whether its
 * name is wanted, which it hardly ever is.  Names are put together by the caller, and only then.
 */
#include <config.h>

#include "report/figures.h"

#include <pthread.h>

#include "base/relaxed.h"
#include "report/top.h"
#include "xalloc.h"

/* Of the second bucket of sizes; each further one has files that are four times as large. */
#define FIRST_SIZE 1024

static struct {
	bool on;			/* set before there are threads */
	_Atomic uint64_t sizes[FIGURES_SIZES], bytes[FIGURES_SIZES];
	_Atomic uint64_t times[FIGURES_TIMES];
	_Atomic uint64_t removed[2][KINDS];	/* deleted, replaced */
	struct top lists[FIGURES_LISTS];
} figures = { .lists = { TOP_INIT, TOP_INIT, TOP_INIT } };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of names */
static const char *names[2][FIGURES_REMOVED];
static _Atomic unsigned int nnames[2];

void figures_begin(void)
{
	figures.on = true;
}

bool figures_are_on(void)
{
	return figures.on;
}

uint64_t figures_size_floor(unsigned int bucket)
{
	return bucket < 2 ? bucket : (uint64_t)FIRST_SIZE << 2 * (bucket - 2);
}

static unsigned int size_bucket(uint64_t bytes)
{
	unsigned int bucket = 0;

	while (bucket < FIGURES_SIZES - 1 && bytes >= figures_size_floor(bucket + 1))
		bucket++;
	return bucket;
}

static unsigned int time_bucket(int64_t ns)
{
	uint64_t us = ns / 1000;
	unsigned int bucket = us > 1 ? 63 - __builtin_clzll(us) : 0;

	return bucket < FIGURES_TIMES ? bucket : FIGURES_TIMES - 1;
}

unsigned int figures_file(uint64_t bytes, int64_t ns)
{
	unsigned int bucket = size_bucket(bytes), wanted = 0;

	relaxed_add(figures.sizes[bucket], 1);
	relaxed_add(figures.bytes[bucket], bytes);
	if (top_wants(&figures.lists[FIGURES_LARGEST], bytes))
		wanted |= 1 << FIGURES_LARGEST;
	if (ns < 0)
		return wanted;
	relaxed_add(figures.times[time_bucket(ns)], 1);
	if (top_wants(&figures.lists[FIGURES_SLOWEST], ns))
		wanted |= 1 << FIGURES_SLOWEST;
	return wanted;
}

void figures_file_name(unsigned int lists, uint64_t bytes, int64_t ns, const char *name)
{
	if (lists & 1 << FIGURES_LARGEST)
		top_add(&figures.lists[FIGURES_LARGEST], bytes, ns < 0 ? 0 : ns, name);
	if (lists & 1 << FIGURES_SLOWEST)
		top_add(&figures.lists[FIGURES_SLOWEST], ns, bytes, name);
}

bool figures_want_dir(uint64_t ns)
{
	return figures.on && top_wants(&figures.lists[FIGURES_DIRS], ns);
}

void figures_dir(uint64_t files, uint64_t ns, const char *name)
{
	top_add(&figures.lists[FIGURES_DIRS], ns, files, name);
}

bool figures_want_removed(void)
{
	return figures.on && (relaxed_get(nnames[false]) < FIGURES_REMOVED ||
			      relaxed_get(nnames[true]) < FIGURES_REMOVED);
}

void figures_removed(enum kind kind, bool replaced, const char *name)
{
	if (!figures.on)
		return;
	relaxed_add(figures.removed[replaced][kind], 1);
	if (!name || relaxed_get(nnames[replaced]) == FIGURES_REMOVED)
		return;
	pthread_mutex_lock(&lock);
	unsigned int n = relaxed_get(nnames[replaced]);
	if (n < FIGURES_REMOVED) {
		names[replaced][n] = xstrdup(name);
		relaxed_set(nnames[replaced], n + 1);
	}
	pthread_mutex_unlock(&lock);
}

void figures_sizes(uint64_t ret_files[static FIGURES_SIZES],
		   uint64_t ret_bytes[static FIGURES_SIZES])
{
	for (int i = 0; i < FIGURES_SIZES; i++) {
		ret_files[i] = relaxed_get(figures.sizes[i]);
		ret_bytes[i] = relaxed_get(figures.bytes[i]);
	}
}

void figures_times(uint64_t ret[static FIGURES_TIMES])
{
	for (int i = 0; i < FIGURES_TIMES; i++)
		ret[i] = relaxed_get(figures.times[i]);
}

const struct top *figures_list(enum figures_list list)
{
	return &figures.lists[list];
}

const char *const *figures_removed_names(bool replaced, unsigned int *ret_n)
{
	*ret_n = relaxed_get(nnames[replaced]);
	return names[replaced];
}

uint64_t figures_removed_count(bool replaced, enum kind kind)
{
	return relaxed_get(figures.removed[replaced][kind]);
}
