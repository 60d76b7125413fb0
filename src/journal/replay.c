/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: what matters of a journal is its frontier: the directories that were begun and are not
 * complete, and the names in them that are done.  All that is below a complete directory is left
 * out, so memory is that of the frontier.  For that the records are seen twice: first it is noted,
 * in a bit each, which directories are complete, and how many names there may be; then the rest is
 * kept.
 *
 * Of a name that is done there is but a hash of 128 bits, of it and its directory's number.
 *
 * A record may be missing (scan.c).  If it told that a directory was begun, nothing is known of
 * what is in there: that is done once more, under another number.
 */
#include <config.h>

#include "journal/replay.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "journal/scan.h"
#include "report/message.h"
#include "xalloc.h"

/* While the records are seen */
struct loading {
	struct replay *r;
	unsigned char *complete;	/* a bit for each directory */
	size_t ncomplete;		/* bytes of that */
	uint64_t last_begun;		/* the greatest number of a directory that was begun */
	bool links;			/* some source has several names */
};

struct xxh128 replay_key(uint64_t dir, const char *name)
{
	return xxh_numbered(dir, name);
}

/* ---------------------------------------------------- which are complete */

static void set_complete(struct loading *l, uint64_t dir)
{
	size_t byte = dir / 8;

	/* Nothing is known of a directory the beginning of which is not recorded. */
	if (dir > l->last_begun)
		return;
	if (byte >= l->ncomplete) {
		size_t old = l->ncomplete;

		while (l->ncomplete <= byte)
			l->complete = x2nrealloc(l->complete, &l->ncomplete, 1);
		memset(l->complete + old, 0, l->ncomplete - old);
	}
	l->complete[byte] |= 1 << dir % 8;
}

static bool is_complete(const struct loading *l, uint64_t dir)
{
	return dir / 8 < l->ncomplete && l->complete[dir / 8] & 1 << dir % 8;
}

static void add_root(struct replay *r, const struct record *record)
{
	if (r->nroots == r->room)
		r->roots = x2nrealloc(r->roots, &r->room, sizeof *r->roots);
	r->roots[r->nroots++] = (struct replay_root){
		.name = xstrdup(record->name), .dst = xstrdup(record->dst ? record->dst : ""),
		.src = record->src, .dst_id = record->dst_id,
	};
}

static void see_first(void *arg, const struct record *record)
{
	struct loading *l = arg;
	struct replay *r = l->r;

	if (record->dir > r->last_dir)
		r->last_dir = record->dir;
	switch (record->kind) {
	case RECORD_RUN:
		if (!r->options)
			r->options = xstrdup(record->name);
		break;
	case RECORD_TARGET:
		if (!r->target)
			r->target = xstrdup(record->name);
		break;
	case RECORD_ROOT:
		add_root(r, record);
		break;
	case RECORD_BEGUN:
		if (record->dir > l->last_begun)
			l->last_begun = record->dir;
		break;
	case RECORD_ENTRY:
		l->links |= record->ino;
		break;
	case RECORD_COMPLETE:
		set_complete(l, record->dir);
		if (!record->dir) {
			r->complete = true;
			r->sums = record->sums;
		}
		break;
	default:
		break;
	}
}

/* ---------------------------------------------------------- what is done */

/* The key is the first member both of a directory and of a part. */
static size_t hash_key(const void *entry, size_t size)
{
	const struct xxh128 *key = entry;

	return key->low % size;
}

static bool same_key(const void *a, const void *b)
{
	const struct xxh128 *x = a, *y = b;

	return x->low == y->low && x->high == y->high;
}

static size_t hash_number(const void *entry, size_t size)
{
	const struct replay_dir *d = entry;

	return d->ledger.dir % size;
}

static bool same_number(const void *a, const void *b)
{
	const struct replay_dir *x = a, *y = b;

	return x->ledger.dir == y->ledger.dir;
}

static struct replay_dir *find_number(const struct replay *r, uint64_t dir)
{
	return hash_lookup(r->by_number, &(struct replay_dir){ .ledger.dir = dir });
}

static void add_dir(struct replay *r, struct xxh128 key, uint64_t dir, bool made)
{
	if (find_number(r, dir))
		return;
	struct replay_dir *d = xzalloc(sizeof *d), *there;
	d->key = key;
	d->ledger.dir = dir;
	d->ledger.made = made;
	d->ledger.resumed = true;
	/* One that was begun before, of which another record was lost, is not found any more. */
	if ((there = hash_remove(r->begun, d))) {
		hash_remove(r->by_number, there);
		free(there);
	}
	if (!hash_insert(r->begun, d) || !hash_insert(r->by_number, d))
		xalloc_die();
}

/* Returns the directory dir, in which name is done from now on; NULL: it is of no matter. */
static struct replay_dir *add_name(struct replay *r, uint64_t dir, const char *name)
{
	struct replay_dir *d = find_number(r, dir);

	return d && keyset_add(&r->done, replay_key(dir, name)) ? d : NULL;
}

/* Of several records of one file the last one counts. */
static void add_part(struct replay *r, const struct record *record)
{
	const struct replay_part part = {
		.key = replay_key(record->dir, record->name), .prefix = record->prefix,
		.size = record->size, .sec = record->sec, .nsec = record->nsec,
	};
	struct replay_part *there = hash_lookup(r->parts, &part);

	if (there)
		*there = part;
	else if (!hash_insert(r->parts, xmemdup(&part, sizeof part)))
		xalloc_die();
}

static void count_entry(struct replay *r, struct ledger *l, const struct record *record)
{
	ledger_add(l, LEDGER_SEEN, 1);
	ledger_add_entry(l, record->what, &(struct ledger_entry){
		.name = record->name, .type = record->type, .has_stat = record->has_stat,
		.size = record->size, .sec = record->sec, .nsec = record->nsec,
		.hash = record->hash, .hash_len = record->hash_len,
	});
	r->nentries++;
}

static void count_dir(struct replay *r, struct ledger *l, const struct record *record)
{
	ledger_add(l, LEDGER_SEEN, 1);
	ledger_add_dir(l, record->name, &record->sums);
	r->nentries += record->sums.n[LEDGER_SEEN] + 1;
	r->kept += record->sums.n[LEDGER_KEPT];
	r->ndirs++;
}

static void see_second(void *arg, const struct record *record)
{
	struct loading *l = arg;
	struct replay *r = l->r;
	struct replay_dir *d;

	switch (record->kind) {
	case RECORD_BEGUN:
		if (!is_complete(l, record->dir))
			add_dir(r, replay_key(record->parent, record->name), record->dir,
				record->made);
		break;
	case RECORD_ENTRY:
		if ((d = add_name(r, record->dir, record->name)))
			count_entry(r, &d->ledger, record);
		break;
	case RECORD_PART:
		if (record->has_stat && find_number(r, record->dir))
			add_part(r, record);
		break;
	case RECORD_COMPLETE:
		if ((d = add_name(r, record->parent, record->name)))
			count_dir(r, &d->ledger, record);
		break;
	default:
		break;
	}
}

struct message *replay_load(struct replay *ret, const struct scan *s)
{
	struct loading l = { .r = ret };

	*ret = (struct replay){ .complete = false };
	struct message *wrong = scan_all(s, see_first, &l);
	if (wrong || ret->complete) {
		free(l.complete);
		return wrong;
	}
	ret->begun = hash_initialize(61, NULL, hash_key, same_key, free);
	ret->by_number = hash_initialize(61, NULL, hash_number, same_number, NULL);
	ret->parts = hash_initialize(7, NULL, hash_key, same_key, free);
	if (!ret->begun || !ret->by_number || !ret->parts)
		xalloc_die();
	add_dir(ret, (struct xxh128){ .low = 0 }, 0, false);
	wrong = scan_all(s, see_second, &l);
	free(l.complete);
	if (!wrong && l.links)
		wrong = oldlinks_load(&ret->links, s, l.last_begun);
	return wrong;
}

void replay_free(struct replay *r)
{
	keyset_free(&r->done);
	oldlinks_free(&r->links);
	if (r->by_number)
		hash_free(r->by_number);
	if (r->begun)
		hash_free(r->begun);
	if (r->parts)
		hash_free(r->parts);
	for (size_t i = 0; i < r->nroots; i++) {
		free(r->roots[i].name);
		free(r->roots[i].dst);
	}
	free(r->roots);
	free(r->target);
	free(r->options);
	*r = (struct replay){ .complete = false };
}

const struct replay_dir *replay_top(const struct replay *r)
{
	return find_number(r, 0);
}

bool replay_is_done(const struct replay *r, uint64_t dir, const char *name)
{
	return r->done.n && keyset_has(&r->done, replay_key(dir, name));
}

const struct replay_dir *replay_find(const struct replay *r, uint64_t dir, const char *name)
{
	if (!r->begun)
		return NULL;
	return hash_lookup(r->begun, &(struct replay_dir){ .key = replay_key(dir, name) });
}

const struct replay_part *replay_find_part(const struct replay *r, uint64_t dir, const char *name)
{
	if (!r->parts)
		return NULL;
	return hash_lookup(r->parts, &(struct replay_part){ .key = replay_key(dir, name) });
}
