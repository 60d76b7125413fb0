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

#include <libcopyfile.h>

#include "progname.h"
#include "quotearg.h"
#include "xalloc.h"
#include "yesno.h"

/* A thread's own; threads are few, and it outlives them */
struct tally {
	_Atomic uint64_t files, bytes;
	char *quoted[2], *old;	/* what was said last, quoted */
	struct tally *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tally *_Atomic tallies;
static _Atomic uint64_t errors;
static atomic_bool failed;
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

const char *report_name(int slot, const char *path, bool colon)
{
	struct tally *t = my_tally();
	struct quoting_options *o = clone_quoting_options(NULL);

	set_quoting_style(o, shell_escape_quoting_style);
	set_char_quoting(o, ':', colon);
	free(t->quoted[slot]);
	t->quoted[slot] = quotearg_alloc(path, strlen(path), o);
	free(o);
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

void report_failed(void)
{
	failed = true;
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

bool report_ask(const char *format, ...)
{
	va_list args;

	report_lock();
	fflush(stdout);
	if (report_hide_progress)
		report_hide_progress();
	fprintf(stderr, "%s: ", program_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fflush(stderr);
	report_unlock();
	return yesno();
}

/* A line on standard output; vprintf(3) keeps those of several threads apart. */
static void tell(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

static void tell(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void report_copied(const char *src, const char *dst, const char *backup)
{
	struct tally *t = my_tally();
	const char *from = report_quote(0, src), *to = report_quote(1, dst);

	if (!backup) {
		tell("%s -> %s\n", from, to);
		return;
	}
	free(t->old);
	t->old = quotearg_alloc(backup, strlen(backup), NULL);
	tell("%s -> %s (backup: %s)\n", from, to, t->old);
}

void report_restored(const char *backup, const char *dst)
{
	tell("%s -> %s (unbackup)\n", report_quote(0, backup), report_quote(1, dst));
}

void report_parent(const char *src, const char *dst)
{
	tell("%s -> %s\n", report_name(0, src, false), report_name(1, dst, false));
}

void report_skipped(const char *dst)
{
	tell("skipped %s\n", report_quote(0, dst));
}

void report_method(const struct copyfile_info *info, bool no_reflink, bool look_for_zeros)
{
	const char *offload = "no", *reflink = no_reflink ? "no" : "unsupported";
	const char *sparse = look_for_zeros ? "zeros" : "no";

	switch (info->method) {
	case COPYFILE_BY_REFLINK:
		offload = sparse = "unknown";
		reflink = "yes";
		break;
	case COPYFILE_BY_KERNEL:
		offload = "yes";
		break;
	case COPYFILE_BY_NONE:
		offload = "unknown";
		break;
	}
	/* Holes that were left out */
	if (info->method != COPYFILE_BY_REFLINK && info->bytes_moved < info->bytes_done)
		sparse = look_for_zeros ? "SEEK_HOLE + zeros" : "SEEK_HOLE";
	tell("copy offload: %s, reflink: %s, sparse detection: %s\n", offload, reflink, sparse);
}

void report_removed(const char *dst)
{
	tell("removed %s\n", report_quote(0, dst));
}

int report_status(void)
{
	return errors || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
