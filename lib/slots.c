/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: slots that are given back keep their descriptor and wait on a list.  So a cookie
 * costs neither a system call to make nor one to close its descriptor.
 */
#include <config.h>

#include "slots.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"

/* Descriptors kept for the next burst: as many as a window usually has. */
#define MOST_FREE 128

/* Nobody can find s any more. */
static void destroy(struct cf_slot *s)
{
	/* A thread that found it earlier may still hold its lock: wait for that. */
	pthread_mutex_lock(&s->lock);
	pthread_mutex_unlock(&s->lock);
	cf_close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int enter(struct cf_slots *all, struct cf_slot *s)
{
	if (s->fd >= all->size) {
		int size = s->fd + 64;
		struct cf_slot **by_fd = realloc(all->by_fd, size * sizeof *by_fd);

		if (!by_fd)
			return -ENOMEM;
		memset(by_fd + all->size, 0, (size - all->size) * sizeof *by_fd);
		all->by_fd = by_fd;
		all->size = size;
	}
	all->by_fd[s->fd] = s;
	return 0;
}

static int make(struct cf_slots *all, struct cf_slot **ret)
{
	struct cf_slot *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	s->fd = cf_eventfd();
	int r = s->fd;
	if (r >= 0)
		r = enter(all, s);
	if (r < 0) {
		if (s->fd >= 0)
			cf_close(s->fd);
		free(s);
		return r;
	}
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

int cf_slots_take(struct cf_slots *all, struct cf_slot **ret)
{
	struct cf_slot *s = all->free;

	if (!s)
		return make(all, ret);
	assert(s->state == CF_FREE && !s->lost && !s->held && !s->waiting);
	all->free = s->next_free;
	all->nfree--;
	*ret = s;
	return 0;
}

void cf_slots_give(struct cf_slots *all, struct cf_slot *s)
{
	assert(s->state == CF_FREE && !s->task.lane);
	if (all->nfree < MOST_FREE && !s->lost) {
		s->next_free = all->free;
		all->free = s;
		all->nfree++;
		return;
	}
	all->by_fd[s->fd] = NULL;
	destroy(s);
}

struct cf_slot *cf_slots_find(const struct cf_slots *all, long fd)
{
	return fd > 2 && fd < all->size ? all->by_fd[fd] : NULL;
}

void cf_slots_clear(struct cf_slots *all)
{
	for (int fd = 0; fd < all->size; fd++)
		if (all->by_fd[fd])
			destroy(all->by_fd[fd]);
	free(all->by_fd);
	*all = (struct cf_slots){ 0 };
}

void cf_slots_clear_in_child(struct cf_slots *all)
{
	for (int fd = 0; fd < all->size; fd++) {
		if (!all->by_fd[fd])
			continue;
		cf_close(fd);
		free(all->by_fd[fd]);
	}
	free(all->by_fd);
	*all = (struct cf_slots){ 0 };
}
