/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of a list, however they lie in its buffer: src/walk/list.c */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "tap.h"
#include "walk/list.h"

static struct loop loop;
static int ticks;

static void on_ready(void *arg, void *entry)
{
	(void)arg;
	(void)entry;
}

static bool on_look(void *arg)
{
	(void)arg;
	return false;
}

static void on_tick(void *arg)
{
	(void)arg;
	ticks++;
}

/* What is written to the list, by a thread: a pipe does not hold all of it */
struct text {
	int fd;
	const char *bytes;
	size_t len, step;		/* so many bytes at a time */
	long pause;			/* nanoseconds between these */
};

static void *write_text(void *arg)
{
	const struct text *text = arg;
	size_t n;

	for (size_t at = 0; at < text->len; at += n) {
		n = text->len - at < text->step ? text->len - at : text->step;
		if (write(text->fd, text->bytes + at, n) < 0)
			break;
		if (text->pause)
			nanosleep(&(struct timespec){ .tv_nsec = text->pause }, NULL);
	}
	close(text->fd);
	return NULL;
}

static pthread_t begin(struct list *l, struct text *text, bool null)
{
	int ends[2];
	pthread_t thread;

	if (pipe(ends) != 0)
		bail_out("no pipe");
	text->fd = ends[1];
	list_begin(l, &loop, ends[0], null);
	pthread_create(&thread, NULL, write_text, text);
	return thread;
}

/* Returns the names of text in one line: "bad" for a bad one. */
static const char *names_of(struct text text, bool null)
{
	static char line[256];
	struct list l;
	char *name;
	enum list_result r;
	pthread_t thread = begin(&l, &text, null);

	*line = '\0';
	while ((r = list_next(&l, &name)) == LIST_NAME || r == LIST_BAD) {
		strcat(line, r == LIST_BAD ? "bad" : name);
		strcat(line, "|");
	}
	strcat(line, r == LIST_END ? "end" : "error");
	list_end(&l);
	pthread_join(thread, NULL);
	return line;
}

#define NAMES(s, null) names_of((struct text){ .bytes = s, .len = sizeof s - 1, \
					       .step = 1 << 20 }, null)

static bool is(const char *got, const char *want, const char *what)
{
	bool same = !strcmp(got, want);

	if (!ok(same, "%s", what))
		diag("%s", got);
	return same;
}

static void test_names(void)
{
	is(NAMES("", false), "end", "no name");
	is(NAMES("a\nb\n", false), "a|b|end", "two names");
	is(NAMES("a\nb", false), "a|b|end", "the last one has no end");
	is(NAMES("\n\na\n\n\nb\n\n", false), "a|b|end", "empty lines");
	is(NAMES("a b\\\xff\t\r\nc", false), "a b\\\xff\t\r|c|end", "any bytes");
	is(NAMES("a\nb\0\0c\0", true), "a\nb|c|end", "NUL bytes at the ends");
	is(NAMES("a\0b\nc\n", false), "bad|c|end", "a NUL byte in a name");
}

/* Names of all lengths, which end anywhere in the buffer */
static void test_many(void)
{
	enum { MOST = 3000 };
	size_t size = (size_t)MOST * (MOST + 3) / 2, at = 0, next = 1;
	char *bytes = malloc(size), *name;
	struct text text = { .bytes = bytes, .len = size, .step = 100000 };
	bool right = true;
	struct list l;

	for (size_t n = 1; n <= MOST; n++) {
		memset(bytes + at, 'a' + n % 26, n);
		bytes[at + n] = '\n';
		at += n + 1;
	}
	pthread_t thread = begin(&l, &text, false);
	while (list_next(&l, &name) == LIST_NAME) {
		right = right && strlen(name) == next && strspn(name, (char[]){
			(char)('a' + next % 26), 0 }) == next;
		next++;
	}
	ok(right && next == MOST + 1, "names of any length up to %d", MOST);
	is_int(l.room, 65536, "with a buffer that has not grown");
	list_end(&l);
	pthread_join(thread, NULL);
	free(bytes);
}

static void test_long(void)
{
	enum { LONG = 1000000, TOO_LONG = 5000000 };
	char *bytes = malloc(TOO_LONG + 3), *name;
	struct text text = { .bytes = bytes, .len = LONG + 3, .step = 1 << 20 };
	struct list l;

	memset(bytes, 'x', LONG);
	memcpy(bytes + LONG, "\ny\n", 3);
	pthread_t thread = begin(&l, &text, false);
	ok(list_next(&l, &name) == LIST_NAME && strlen(name) == LONG, "a million bytes");
	ok(list_next(&l, &name) == LIST_NAME && !strcmp(name, "y"), "and the next name");
	list_end(&l);
	pthread_join(thread, NULL);
	memset(bytes, 'x', TOO_LONG);
	memcpy(bytes + TOO_LONG, "\ny\n", 3);
	text.len = TOO_LONG + 3;
	thread = begin(&l, &text, false);
	ok(list_next(&l, &name) == LIST_BAD && *name == 'x', "five million bytes are refused");
	ok(list_next(&l, &name) == LIST_NAME && !strcmp(name, "y"), "but not the next name");
	ok(l.room <= 1 << 20, "and take no more memory than that");
	list_end(&l);
	pthread_join(thread, NULL);
	free(bytes);
}

static void test_slow(void)
{
	int before = ticks;

	is(names_of((struct text){ .bytes = "ab\nc\n", .len = 5, .step = 1, .pause = 20000000 },
		    false), "ab|c|end", "a byte at a time");
	ok(ticks > before, "the loop is turned meanwhile");
}

int main(void)
{
	static const struct loop_hooks hooks = {
		.ready = on_ready, .poll_all = on_look, .tick = on_tick,
	};
	int dir = open(".", O_RDONLY);
	struct list l;
	char *name;

	loop_init(&loop, &hooks);
	test_names();
	if (!ok(loop_open(&loop), "the loop can be opened"))
		return done_testing();
	test_names();
	test_many();
	test_long();
	test_slow();
	list_begin(&l, &loop, dir, false);
	ok(list_next(&l, &name) == LIST_ERROR && errno == EISDIR, "a directory cannot be read");
	list_end(&l);
	loop_fini(&loop);
	return done_testing();
}
