/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list - the names in the file of --files-from, one after the other.  Main thread only. */
#ifndef PCP_LIST_H
#define PCP_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct loop;

struct list {
	struct loop *loop;		/* which is turned while there is nothing to read */
	int fd;
	char end;			/* of each name: a newline or NUL */
	char *buf;
	size_t room;			/* allocated bytes of buf */
	size_t at, used;		/* the next name's beginning; where what was read ends */
	size_t searched;		/* up to here there is no end of that name */
	bool all_read;
};

enum list_result {
	LIST_NAME,
	LIST_BAD,			/* there is one, but it is too long, or has a NUL in it */
	LIST_END,
	LIST_STOPPED,			/* after a signal, as there is nothing without a wait */
	LIST_ERROR			/* errno */
};

/* Read names from fd, which the list closes in the end. */
void list_begin(struct list *l, struct loop *loop, int fd, bool null);
void list_end(struct list *l);

/*
 * Find the next name that is not empty: *ret, which the caller may change, valid until the next
 * call.  Of a name that is bad it is the beginning.
 */
enum list_result list_next(struct list *l, char **ret);

#endif
