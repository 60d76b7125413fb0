/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each entry is counted in its own directory, with an atomic addition or two; when a
 * directory is complete, its counts are added to those of its parent.  So no addition goes
 * up more than one level, and the threads that work in different directories share no
 * counter.
 *
 * Relaxed order is enough.  A thread that counts has a reference on the directory.
 * References are dropped under a lock, which the thread that drops the last one takes before
 * it reads the counts.
 */
#include <config.h>

#include "tree/dirresult.h"

#include "base/relaxed.h"
#include "tree/dir.h"

void dir_count_entry(struct dir *d, bool failed)
{
	relaxed_add(d->count.entries, 1);
	if (failed)
		relaxed_add(d->count.failed, 1);
}

void dir_count_time(struct dir *d, uint64_t ns)
{
	relaxed_add(d->count.timed, 1);
	relaxed_add(d->count.ns, ns);
}

uint64_t dirresult_time(const struct dir *d, uint64_t *ret_files)
{
	*ret_files = relaxed_get(d->count.timed);
	return relaxed_get(d->count.ns);
}

void dir_mark_unfinished(struct dir *d)
{
	relaxed_set(d->count.unfinished, true);
}

void dir_mark_unread(struct dir *d)
{
	relaxed_set(d->count.unread, true);
}

struct dir_result dirresult_of(const struct dir *d)
{
	struct dir_result result = {
		.entries = relaxed_get(d->count.entries), .failed = relaxed_get(d->count.failed),
	};

	result.finished = !result.failed && !relaxed_get(d->count.unfinished) && !d->make_failed;
	result.clean = result.finished && !relaxed_get(d->count.unread);
	return result;
}

void dirresult_add(struct dir *d, const struct dir_result *result)
{
	relaxed_add(d->count.entries, result->entries);
	relaxed_add(d->count.failed, result->failed);
	if (!result->finished)
		dir_mark_unfinished(d);
	if (!result->clean)
		dir_mark_unread(d);
}
