/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: errors are rare, and come with a message that costs more than this: one lock will do. */
#include <config.h>

#include "report/errorkinds.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* The longest example, in bytes */
#define LONGEST 2000

static bool on;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of what follows */
static struct errorkind kinds[ERRORKINDS_MOST];
static unsigned int nkinds;
static uint64_t others;

void errorkinds_begin(void)
{
	on = true;
}

/* Returns that kind, which may be new, or NULL if there is no room. */
static struct errorkind *find_locked(unsigned int op, bool warning, int err)
{
	for (unsigned int i = 0; i < nkinds; i++)
		if (kinds[i].op == op && kinds[i].warning == warning && kinds[i].err == err)
			return &kinds[i];
	if (nkinds == ERRORKINDS_MOST)
		return NULL;
	kinds[nkinds] = (struct errorkind){ .op = op, .warning = warning, .err = err };
	return &kinds[nkinds++];
}

/* Returns message, or as much of it as an example may have, with whole characters of UTF-8. */
static char *example_of(const char *message)
{
	size_t len = strlen(message);

	if (len <= LONGEST)
		return xstrdup(message);
	len = LONGEST;
	while (len && ((unsigned char)message[len] & 0xc0) == 0x80)
		len--;
	return ximemdup0(message, len);
}

void errorkinds_add(unsigned int op, bool warning, int err, const char *message)
{
	if (!on)
		return;
	pthread_mutex_lock(&lock);
	struct errorkind *k = find_locked(op, warning, err);
	if (!k)
		others++;
	else if (k->count++ < ERRORKINDS_EXAMPLES)
		k->examples[k->nexamples++] = example_of(message);
	pthread_mutex_unlock(&lock);
}

static int compare(const void *a, const void *b)
{
	const struct errorkind *x = a, *y = b;

	if (x->warning != y->warning)
		return x->warning ? 1 : -1;
	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

const struct errorkind *errorkinds_sorted(unsigned int *ret_n, uint64_t *ret_others)
{
	qsort(kinds, nkinds, sizeof *kinds, compare);
	*ret_n = nkinds;
	*ret_others = others;
	return kinds;
}
