/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the destination is listed before the source is read.  So copies of this run are not
 * among its names; and on NFS the server sends the attributes along, which the copying will
 * ask for.
 *
 * A directory may have millions of names.  So only a hash of each is kept: 9 bytes.  If some
 * of them have not been seen in the source, the destination is read once more for the names.
 * Should two names have one hash, an extra name may stay; none goes that the source has.
 *
 * That a name was not seen is no proof: a server may leave out names.  Before anything is
 * removed its source is asked for (remove.c).
 */
#include <config.h>

#include "walk/extras.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/later.h"
#include "base/options.h"
#include "base/relaxed.h"
#include "base/retry.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/doomed.h"
#include "copy/entry.h"
#include "journal/ledger.h"
#include "tree/dir.h"
#include "walk/reader.h"
#include "xalloc.h"

/* FNV-1a, of 64 bits */
static uint64_t hash_of(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	return hash;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Returns the place in x of the first hash that is that of name; or x->n. */
static size_t find(const struct extras *x, const char *name)
{
	const uint64_t hash = hash_of(name);
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->hashes[mid] < hash)
			low = mid + 1;
		else
			high = mid;
	}
	return low < x->n && x->hashes[low] == hash ? low : x->n;
}

static void add_hash(struct extras *x, const char *name)
{
	if (x->n == x->room)
		x->hashes = x2nrealloc(x->hashes, &x->room, sizeof *x->hashes);
	x->hashes[x->n++] = hash_of(name);
}

static void add_if_unseen(const struct extras *x, struct later *extra,
			  const struct reader_name *n)
{
	size_t i = find(x, n->name);

	if (i < x->n && !x->seen[i])
		later_add(extra, n->name, n->type, n->ino);
}

/*
 * Read the names in d's destination: their hashes, or unless extra is NULL those that have not
 * been seen.  Returns 0 or an errno value.
 */
static int read_destination(struct extras *x, const struct dir *d, struct later *extra)
{
	struct reader reader;
	struct reader_name name;
	int r;

	if (RETRY(lseek(dir_dst_fd(d), 0, SEEK_SET)) < 0)
		return errno;
	reader_begin(&reader, dir_dst_fd(d));
	while ((r = reader_next(&reader, &name)) > 0) {
		if (extra)
			add_if_unseen(x, extra, &name);
		else
			add_hash(x, name.name);
	}
	reader_end(&reader);
	return -r;
}

static void report_unread(struct dir *d, int err)
{
	/* EBADF: it may only be searched, and is open for no more. */
	complain_dst(&(struct entry){ .dir = d, .src = "", .dst = "" }, OP_READ,
		     err == EBADF ? EACCES : err, N_("cannot read directory %s"));
}

void extras_begin(struct context *c, struct extras *x, struct dir *d)
{
	bool existed = !d->created && !d->make_failed && !d->leads;

	*x = (struct extras){ .on = c->opts->delete && existed };
	if (!x->on)
		return;
	int err = read_destination(x, d, NULL);
	if (err) {
		report_unread(d, err);
		x->on = false;
		return;
	}
	if (x->n == 0)
		return;
	qsort(x->hashes, x->n, sizeof *x->hashes, by_value);
	x->seen = xcalloc(x->n, sizeof *x->seen);
}

void extras_see(struct extras *x, const char *name)
{
	size_t i = x->on ? find(x, name) : 0;

	if (x->on && i < x->n)
		x->seen[i] = true;
}

static size_t count_seen(const struct extras *x)
{
	size_t count = 0;

	for (size_t i = 0; i < x->n; i++)
		/* Of several with one hash the first stands for all. */
		count += x->seen[i] || (i > 0 && x->hashes[i] == x->hashes[i - 1]);
	return count;
}

void extras_end(struct context *c, struct extras *x, struct dir *d, bool to_the_end)
{
	struct later extra;
	size_t seen = x->on ? count_seen(x) : 0;

	relaxed_add(c->doomed.kept, seen);
	if (d->ledger)
		ledger_add(d->ledger, LEDGER_KEPT, seen);
	if (x->on && to_the_end && seen < x->n) {
		later_init(&extra, false);
		int err = read_destination(x, d, &extra);
		if (err)
			report_unread(d, err);
		else
			doomed_add(&c->doomed, d, &extra);
		later_fini(&extra);
	}
	free(x->hashes);
	free(x->seen);
}
