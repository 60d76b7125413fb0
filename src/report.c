/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one place writes to standard error, under one lock, so that lines
 * never mix with each other or with the progress line, and so that no failure
 * can be printed without being counted.
 *
 * Each thread counts for itself, and who asks adds up: threads that share a
 * counter would fight for its cache line at every file.
 */
#include <config.h>

#include "report.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "progname.h"
#include "quotearg.h"
#include "xalloc.h"

/* A thread's own; threads are few, and it outlives them */
struct tally {
	_Atomic uint64_t files, bytes;
	char *quoted[2];		/* of report_quote() */
	struct tally *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tally *_Atomic tallies;
static _Atomic uint64_t errors;
void (*report_hide_progress)(void);

void report_init(void)
{
	set_quoting_style(NULL, shell_escape_always_quoting_style);
}

static struct tally *my_tally(void)
{
	static _Thread_local struct tally *mine;

	if (!mine) {
		mine = xzalloc(sizeof *mine);
		report_lock();
		mine->next = tallies;
		tallies = mine;
		report_unlock();
	}
	return mine;
}

void report_done(uint64_t files, uint64_t bytes)
{
	struct tally *t = my_tally();

	/* Nobody else writes them. */
	atomic_store_explicit(&t->files, t->files + files, memory_order_relaxed);
	atomic_store_explicit(&t->bytes, t->bytes + bytes, memory_order_relaxed);
}

struct report_counts report_counts(void)
{
	struct report_counts sum = { .errors = errors };

	for (const struct tally *t = tallies; t; t = t->next) {
		sum.files += t->files;
		sum.bytes += t->bytes;
	}
	return sum;
}

const char *report_quote(int slot, const char *path)
{
	struct tally *t = my_tally();

	free(t->quoted[slot]);
	t->quoted[slot] = quotearg_alloc(path, strlen(path), NULL);
	return t->quoted[slot];
}

void report_lock(void)
{
	pthread_mutex_lock(&lock);
}

void report_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static void say(const char *name, int err, const char *format, va_list args)
{
	report_lock();
	fflush(stdout);
	if (report_hide_progress)
		report_hide_progress();
	if (name)
		fprintf(stderr, "%s: ", name);
	vfprintf(stderr, format, args);
	if (err)
		fprintf(stderr, ": %s", strerror(err));
	putc('\n', stderr);
	report_unlock();
}

void report_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(program_name, err, format, args);
	va_end(args);
	errors++;
}

void report_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(program_name, 0, format, args);
	va_end(args);
}

void report_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, 0, format, args);
	va_end(args);
}

void report_copied(const char *src, const char *dst)
{
	printf("%s -> %s\n", report_quote(0, src), report_quote(1, dst));
}

void report_removed(const char *dst)
{
	printf("removed %s\n", report_quote(0, dst));
}

int report_status(void)
{
	return errors ? EXIT_FAILURE : EXIT_SUCCESS;
}
