/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message - what is said of something, in the user's language for people, and in English for
 * programs and for files.  Thread-safe.
 */
#ifndef PCP_MESSAGE_H
#define PCP_MESSAGE_H

#include <stdarg.h>
#include <stdint.h>

/* Both on the heap; one and the same text, if the user's language is English */
struct message {
	char *shown, *plain;
};

/* How a text is looked up */
struct message_format {
	const char *one;		/* or the only form */
	const char *many;		/* NULL: there is one form */
	uintmax_t n;			/* the number that decides */
};

/*
 * Returns the message of that format, which is translated, and ": STRERROR" if err is not 0.  The
 * arguments must not be in any language, as names and numbers are.
 */
struct message message_of(int err, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));
struct message message_va(int err, const struct message_format *format, va_list args);

/*
 * Returns what compose() puts together, on the heap.  It is called for each of both languages,
 * and translates by itself.
 */
struct message message_twice(char *(*compose)(const void *arg), const void *arg);

/* As message_of(), on the heap, for message_delete() */
struct message *message_new(int err, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));
void message_delete(struct message *m);

/* Returns m, and ": STRERROR" if err is not 0. */
struct message message_with_error(const struct message *m, int err);

/* Returns the text of m in the language that this thread speaks now. */
const char *message_now(const struct message *m);

struct message message_copy(const struct message *m);
void message_free(struct message *m);

#endif
