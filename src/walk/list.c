/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: names are taken from one buffer, which is filled anew when it has no whole name any
 * more; so memory does not grow with the list, but with its longest name, which is limited.
 * Before each read(2) the loop is turned until there is something to read: what writes the list
 * may take its time, and meanwhile copies that have ended are reaped, progress is shown and
 * signals are acted upon.
 */
#include <config.h>

#include "walk/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/stop.h"
#include "xalloc.h"

/* Bytes of the buffer at first, and at most: no name in use comes near that. */
#define ROOM (64 * 1024)
#define MOST_ROOM (1024 * 1024)

void list_begin(struct list *l, struct loop *loop, int fd, bool null)
{
	*l = (struct list){
		.loop = loop, .fd = fd, .end = null ? '\0' : '\n',
		.buf = xmalloc(ROOM + 1), .room = ROOM,
	};
}

void list_end(struct list *l)
{
	free(l->buf);
	close(l->fd);
}

/* Move what has not been taken to the front of the buffer, which grows if it is full. */
static void make_room(struct list *l)
{
	memmove(l->buf, l->buf + l->at, l->used - l->at);
	l->used -= l->at;
	l->searched -= l->at;
	l->at = 0;
	if (l->used == l->room && l->room < MOST_ROOM) {
		l->room *= 2;
		l->buf = xrealloc(l->buf, l->room + 1);
	}
}

/* Read more.  Returns LIST_NAME if there is more, or the end has come. */
static enum list_result fill(struct list *l)
{
	make_room(l);
	for (;;) {
		if (!loop_turn_or(l->loop, l->fd)) {
			if (stop_now())
				return LIST_STOPPED;
			continue;
		}
		ssize_t n = read(l->fd, l->buf + l->used, l->room - l->used);
		if (n >= 0) {
			l->used += n;
			l->all_read = n == 0;
			return LIST_NAME;
		}
		/* Another process may have read what was there. */
		if (errno != EINTR && errno != EAGAIN)
			return LIST_ERROR;
	}
}

/*
 * Find the end of the next name, and read until there is one; *ret is where it is.  If the name is
 * too long, it is passed over, and *ret_long is set.
 */
static enum list_result find_end(struct list *l, size_t *ret, bool *ret_long)
{
	*ret_long = false;
	for (;;) {
		char *end = memchr(l->buf + l->searched, l->end, l->used - l->searched);

		if (end || l->all_read) {
			*ret = end ? (size_t)(end - l->buf) : l->used;
			return !end && l->at == l->used && !*ret_long ? LIST_END : LIST_NAME;
		}
		l->searched = l->used;
		if (l->used - l->at >= MOST_ROOM) {
			/* Its beginning is kept, for the complaint. */
			*ret_long = true;
			l->used = l->searched = l->at + ROOM;
		}
		enum list_result r = fill(l);
		if (r != LIST_NAME)
			return r;
	}
}

enum list_result list_next(struct list *l, char **ret)
{
	enum list_result r;
	bool too_long;
	size_t end;

	do {
		r = find_end(l, &end, &too_long);
		if (r != LIST_NAME)
			return r;
		l->buf[end] = '\0';
		*ret = l->buf + l->at;
		l->at = end < l->used ? end + 1 : end;
		l->searched = l->at;
	} while (*ret == l->buf + end);
	return too_long || *ret + strlen(*ret) != l->buf + end ? LIST_BAD : LIST_NAME;
}
