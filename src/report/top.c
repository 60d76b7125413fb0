/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "report/top.h"

#include <stdlib.h>
#include <string.h>

#include "base/locked.h"
#include "xalloc.h"

static void add_locked(struct top *t, const struct top_item *item)
{
	unsigned int at = t->n;

	assert_locked(&t->lock);
	while (at && t->items[at - 1].value < item->value)
		at--;
	if (at == TOP_MOST) {
		free(item->name);
		return;
	}
	if (t->n == TOP_MOST)
		free(t->items[--t->n].name);
	memmove(&t->items[at + 1], &t->items[at], (t->n - at) * sizeof *t->items);
	t->items[at] = *item;
	t->n++;
	if (t->n == TOP_MOST)
		relaxed_set(t->floor, t->items[TOP_MOST - 1].value);
}

void top_add(struct top *t, uint64_t value, uint64_t more, const char *name)
{
	const struct top_item item = { .value = value, .more = more, .name = xstrdup(name) };

	pthread_mutex_lock(&t->lock);
	add_locked(t, &item);
	pthread_mutex_unlock(&t->lock);
}
