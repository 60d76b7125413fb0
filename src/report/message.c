/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a message is put together by one function, which is called once more under
 * language_plain() if that makes a difference.  So there is no second way to put it.
 */
#include <config.h>

#include "report/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* Returns text, which is freed, and ": STRERROR" if err is not 0. */
static char *add_error(char *text, int err)
{
	if (!err)
		return text;
	char *longer = xasprintf("%s: %s", text, strerror(err));
	free(text);
	return longer;
}

struct message message_twice(char *(*compose)(const void *arg), const void *arg)
{
	struct message m = { .shown = compose(arg) };

	m.plain = m.shown;
	if (!language_is_plain()) {
		locale_t user = language_plain();

		m.plain = compose(arg);
		language_user(user);
	}
	return m;
}

/* ------------------------------------------------------- what is composed */

struct format_and_args {
	int err;
	const struct message_format *format;
	va_list *args;
};

static char *compose_format(const void *arg)
{
	const struct format_and_args *what = arg;
	const struct message_format *f = what->format;
	va_list args;

	va_copy(args, *what->args);
	char *text = xvasprintf(f->many ? translate_n(f->one, f->many, f->n) : translate(f->one),
				args);
	va_end(args);
	return add_error(text, what->err);
}

struct message message_va(int err, const struct message_format *format, va_list args)
{
	va_list copy;

	va_copy(copy, args);
	struct message m = message_twice(compose_format, &(struct format_and_args){
		.err = err, .format = format, .args = &copy,
	});
	va_end(copy);
	return m;
}

struct message message_of(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct message m = message_va(err, &(struct message_format){ .one = format }, args);
	va_end(args);
	return m;
}

struct message *message_new(int err, const char *format, ...)
{
	struct message *m = xmalloc(sizeof *m);
	va_list args;

	va_start(args, format);
	*m = message_va(err, &(struct message_format){ .one = format }, args);
	va_end(args);
	return m;
}

void message_delete(struct message *m)
{
	if (m)
		message_free(m);
	free(m);
}

struct message_and_error {
	const struct message *message;
	int err;
};

static char *compose_error(const void *arg)
{
	const struct message_and_error *what = arg;

	return add_error(xstrdup(message_now(what->message)), what->err);
}

struct message message_with_error(const struct message *m, int err)
{
	return message_twice(compose_error, &(struct message_and_error){ m, err });
}

static char *compose_copy(const void *arg)
{
	return xstrdup(message_now(arg));
}

struct message message_copy(const struct message *m)
{
	return message_twice(compose_copy, m);
}

const char *message_now(const struct message *m)
{
	return language_is_plain() ? m->plain : m->shown;
}

void message_free(struct message *m)
{
	if (m->plain != m->shown)
		free(m->plain);
	free(m->shown);
	*m = (struct message){ .shown = NULL };
}
