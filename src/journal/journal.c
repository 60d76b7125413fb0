/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: records are appended to segments under one lock, by whichever thread has something to
 * tell.  What is appended outlives this process (segment.c), so that after a kill nothing is done
 * again but what was under way.
 *
 * A record is written when what it tells is true: a directory is begun before it is made, since
 * otherwise nobody would know later who has made it; an entry is done when its copy has its name
 * and its attributes; a directory is complete when it has its own.  So a journal may know less
 * than was done, never more.
 *
 * If a record cannot be written, because the disk is full, that is reported once, and the copying
 * goes on without a journal: what follows will be done again.
 *
 * Segments are small at first, since each run begins one, and grow.
 */
#include <config.h>

#include "journal/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/retry.h"
#include "filenamecat.h"
#include "journal/folder.h"
#include "journal/identity.h"
#include "journal/record.h"
#include "journal/replay.h"
#include "journal/scan.h"
#include "journal/segment.h"
#include "report/message.h"
#include "report/quote.h"
#include "report/report.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* Bytes of the first segment of a run, and of the longest one */
#define FIRST_SIZE ((size_t)64 << 10)
#define LONGEST_SIZE ((size_t)4 << 20)

/* Bytes of the words of a run that are written */
#define MOST_WORDS 4096

static const char *path;		/* of the journal's directory; NULL: there is none */
static int folder = -1;			/* the same, open and locked */
static char *cwd;			/* the working directory; NULL: it has no name */
static struct replay replay;		/* what earlier runs have done */
static bool complete;			/* the pass is */
static struct ledger top;		/* of the operands */
static bool of_this_boot;		/* all runs of the pass were */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of what follows */
static struct segment segment = SEGMENT_NONE;
static struct segment_head head;
static size_t next_size = FIRST_SIZE;
static uint64_t last_dir;		/* the number that a directory got last */
static bool broken;			/* nothing more can be written */
static uint64_t first_segment;		/* of this run */

/* ---------------------------------------------------------------- writing */

static int next_segment_locked(void)
{
	int err = segment.fd >= 0 ? segment_close(&segment) : 0;

	head.number++;
	if (!err)
		err = segment_create(&segment, folder, &head, next_size);
	next_size = next_size < LONGEST_SIZE ? next_size * 2 : LONGEST_SIZE;
	return err;
}

/* Append r.  Returns 0 or an errno value. */
static int append_locked(const struct record *r)
{
	if (segment_append(&segment, r))
		return 0;
	int err = next_segment_locked();
	if (!err && !segment_append(&segment, r))
		err = ENAMETOOLONG;
	return err;
}

static void put(const struct record *r)
{
	int err = 0;

	pthread_mutex_lock(&lock);
	if (!broken) {
		err = append_locked(r);
		broken = err;
	}
	pthread_mutex_unlock(&lock);
	if (err)
		report_error_about(&(struct report_about){ .op = OP_WRITE, .dst = path }, err,
				   N_("cannot write to the journal %s, which ends here"),
				   quote_always(0, path));
}

/* Returns name as it can be found from any working directory; NULL if it is NULL. */
static char *absolute(const char *name)
{
	if (!name || *name == '/' || !cwd)
		return name ? xstrdup(name) : NULL;
	char *full = mfile_name_concat(cwd, name, NULL);
	if (!full)
		xalloc_die();
	return full;
}

void journal_put_root(const char *name, const char *dst, const struct record_identity *src,
		      const struct record_identity *dst_id)
{
	char *full_name = absolute(name), *full_dst = absolute(dst);
	bool known = false;

	for (size_t i = 0; i < replay.nroots && !known; i++)
		known = !strcmp(replay.roots[i].name, full_name);
	if (!known)
		put(&(struct record){
			.kind = RECORD_ROOT, .name = full_name, .dst = full_dst, .src = *src,
			.dst_id = *dst_id,
		});
	free(full_name);
	free(full_dst);
}

void journal_put_entry(struct ledger *l, const struct record *r)
{
	struct record full = *r;
	char *dst = absolute(r->dst);

	assert(r->kind == RECORD_ENTRY && r->dir == l->dir);
	ledger_add_entry(l, r->what, &(struct ledger_entry){
		.name = r->name, .type = r->type, .has_stat = r->has_stat, .size = r->size,
		.sec = r->sec, .nsec = r->nsec, .hash = r->hash, .hash_len = r->hash_len,
	});
	full.dst = dst;
	put(&full);
	free(dst);
}

void journal_put_part(const struct ledger *l, const char *name, const struct journal_part *part)
{
	put(&(struct record){
		.kind = RECORD_PART, .dir = l->dir, .name = name, .prefix = part->prefix,
		.has_stat = true, .size = part->size, .sec = part->sec, .nsec = part->nsec,
	});
}

bool journal_get_part(const struct ledger *l, const char *name, struct journal_part *ret)
{
	const struct replay_part *part = replay_find_part(&replay, l->dir, name);

	if (part)
		*ret = (struct journal_part){
			.prefix = part->prefix, .size = part->size, .sec = part->sec,
			.nsec = part->nsec,
		};
	return part;
}

void journal_put_failed(struct ledger *l, const char *name, char type, int err)
{
	ledger_add(l, LEDGER_FAILED, 1);
	put(&(struct record){
		.kind = RECORD_FAILED, .dir = l->dir, .name = name, .type = type, .err = err,
	});
}

void journal_put_delete(const char *dst, char type)
{
	put(&(struct record){ .kind = RECORD_DELETE, .name = dst, .type = type });
}

struct journal_place journal_end_now(void)
{
	pthread_mutex_lock(&lock);
	struct journal_place place = {
		.segment = segment.fd >= 0 ? head.number : 0, .at = segment.used,
	};
	pthread_mutex_unlock(&lock);
	return place;
}

/* Bring the segments from first to last to stable storage.  Returns false if that is reported. */
static bool sync_segments(uint64_t first, uint64_t last)
{
	int err = 0;

	for (uint64_t number = first; number <= last && !err; number++)
		err = segment_sync(folder, number);
	if (!err && RETRY(fsync(folder)) < 0)
		err = errno;
	if (err)
		report_error_about(&(struct report_about){ .op = OP_SYNC, .dst = path }, err,
				   N_("cannot sync the journal %s"), quote_always(0, path));
	return !err;
}

void journal_put_durable(struct journal_place place)
{
	/* The segment of the last place, or the first one of this run; one thread at a time. */
	static uint64_t first;

	if (!place.segment)
		return;
	if (!first)
		first = first_segment;
	if (!sync_segments(first, place.segment))
		return;
	first = place.segment;
	put(&(struct record){
		.kind = RECORD_DURABLE, .dir = place.segment, .parent = place.at,
	});
}

void journal_put_target(const char *name)
{
	if (!journal_top())
		return;
	char *full = absolute(name);
	put(&(struct record){ .kind = RECORD_TARGET, .name = full });
	free(full);
	/* If the machine stops, and the copy is left without this, a second one comes into it. */
	(void)sync_segments(first_segment, journal_end_now().segment);
}

bool journal_has_target(const char *name)
{
	char *full = absolute(name);
	bool has = replay.target && !strcmp(replay.target, full);

	free(full);
	return has;
}

bool journal_put_complete(struct ledger *l, struct ledger *parent, const char *name,
			  bool finished)
{
	struct ledger_sums sums = ledger_sums(l);

	if (!finished)
		return true;
	if (!ledger_is_balanced(&sums))
		return false;
	if (parent)
		ledger_add_dir(parent, name, &sums);
	put(&(struct record){
		.kind = RECORD_COMPLETE, .dir = l->dir, .parent = parent ? parent->dir : 0,
		.name = name, .sums = sums,
	});
	return true;
}

/* ----------------------------------------------------- what is done already */

struct ledger *journal_top(void)
{
	return path ? &top : NULL;
}

bool journal_is_done(uint64_t number, const char *name)
{
	return replay_is_done(&replay, number, name);
}

uint64_t journal_number(uint64_t number, const char *name)
{
	const struct replay_dir *d = replay_find(&replay, number, name);

	return d ? d->ledger.dir : 0;
}

bool journal_meet(struct ledger *l, const char *name)
{
	if (l->resumed && journal_is_done(l->dir, name))
		return true;
	ledger_add(l, LEDGER_SEEN, 1);
	return false;
}

struct ledger *journal_enter(struct ledger *parent, const char *name, const char *dst, bool made)
{
	const struct replay_dir *before = parent->resumed ?
					  replay_find(&replay, parent->dir, name) : NULL;
	struct ledger *l = xzalloc(sizeof *l);

	if (before) {
		struct ledger_sums sums = ledger_sums(&before->ledger);

		*l = (struct ledger){
			.dir = before->ledger.dir, .made = before->ledger.made, .resumed = true,
		};
		ledger_add_sums(l, &sums);
		return l;
	}
	pthread_mutex_lock(&lock);
	l->dir = ++last_dir;
	pthread_mutex_unlock(&lock);
	l->made = made;
	char *full_dst = absolute(dst);
	put(&(struct record){
		.kind = RECORD_BEGUN, .dir = l->dir, .parent = parent->dir, .name = name,
		.dst = full_dst, .made = made,
	});
	free(full_dst);
	return l;
}

bool journal_is_of_this_boot(void)
{
	return of_this_boot;
}

/* Returns the number that the device dev of a source had when the pass began. */
static dev_t dev_then(dev_t dev)
{
	for (size_t i = 0; i < replay.nroots; i++)
		if (replay.roots[i].dev_now == dev)
			return replay.roots[i].src.dev;
	return dev;
}

bool journal_has_links(void)
{
	return replay.links.inodes;
}

struct oldlink *journal_take_link(dev_t dev, ino_t ino)
{
	return oldlinks_take(&replay.links, dev_then(dev), ino);
}

const char *journal_dir_name(uint64_t number, uint64_t *ret_parent)
{
	return oldlinks_dir_name(&replay.links, number, ret_parent);
}

struct journal_summary journal_summary(void)
{
	return (struct journal_summary){
		.on = path, .complete = complete, .before = replay.nentries,
		.before_dirs = replay.ndirs, .before_kept = replay.kept,
		.sums = complete ? replay.sums : ledger_sums(&top),
	};
}

/* ------------------------------------------------------------- the beginning */

static enum journal_state refuse(int err, const char *format, const char *name)
{
	report_error(err, format, quote_always(0, name));
	return JOURNAL_REFUSED;
}

/* Returns true if all roots are what they were; else that has been reported. */
static bool check_roots(bool same_boot)
{
	for (size_t i = 0; i < replay.nroots; i++) {
		struct replay_root *root = &replay.roots[i];
		struct record_identity now;
		int err = identity_get(AT_FDCWD, root->name, &now);

		if (err || !identity_same(&root->src, &now, same_boot)) {
			refuse(err, "the source %s is not the one that the journal is of",
			       root->name);
			return false;
		}
		root->dev_now = now.dev;
		err = identity_get(AT_FDCWD, root->dst, &now);
		if (err || !identity_same(&root->dst_id, &now, same_boot)) {
			refuse(err, "the destination %s is not the one that the journal is of",
			       root->dst);
			return false;
		}
	}
	return true;
}

/* Read what earlier runs have written. */
static enum journal_state load(const struct scan *s, struct xxh128 options, const char *words)
{
	struct message *wrong = replay_load(&replay, s);

	if (wrong) {
		folder_unusable(path, wrong);
		message_delete(wrong);
		return JOURNAL_REFUSED;
	}
	if (s->head.options.low != options.low || s->head.options.high != options.high) {
		report_error(0, "the journal %s is of another run: %s instead of %s",
			     quote_always(0, path),
			     quote_always(1, replay.options ? replay.options : ""),
			     quote_always(2, words));
		return JOURNAL_REFUSED;
	}
	if (replay.complete)
		return JOURNAL_COMPLETE;
	of_this_boot = s->nboots == 1 && !memcmp(s->boot, s->head.boot, SEGMENT_ID);
	if (!check_roots(!memcmp(s->boot, s->head.boot, SEGMENT_ID)))
		return JOURNAL_REFUSED;
	const struct replay_dir *before = replay_top(&replay);
	struct ledger_sums sums = ledger_sums(&before->ledger);
	ledger_add_sums(&top, &sums);
	top.resumed = true;
	last_dir = replay.last_dir;
	return JOURNAL_RESUMED;
}

static enum journal_state look(struct scan *s, struct xxh128 options, const char *words)
{
	struct message *wrong = scan_open(s, folder);

	if (wrong) {
		folder_unusable(path, wrong);
		message_delete(wrong);
		return JOURNAL_REFUSED;
	}
	if (s->last) {
		if (s->head.number)
			return load(s, options, words);
		/* Nothing of it was on stable storage. */
		return JOURNAL_NEW;
	}
	return folder_is_fresh(folder, path) ? JOURNAL_NEW : JOURNAL_REFUSED;
}

/* Begin the first segment of this run.  Returns false after a failure, reported here. */
static bool begin_segment(const struct scan *s, struct xxh128 options, const char *words,
			  bool compares)
{
	head = (struct segment_head){ .number = s->last, .options = options };
	memcpy(head.boot, s->boot, SEGMENT_ID);
	memcpy(head.journal, s->head.journal, SEGMENT_ID);
	int err = scan_cut(s);
	if (!err && !s->head.number &&
	    RETRY(getrandom(head.journal, SEGMENT_ID, 0)) < SEGMENT_ID)
		err = errno;
	if (!err)
		err = next_segment_locked();
	first_segment = head.number;
	if (!err)
		err = append_locked(&(struct record){
			.kind = RECORD_RUN, .name = words, .made = compares,
		});
	if (err)
		refuse(err, "cannot write to the journal %s", path);
	return !err;
}

/*
 * Returns words as a journal has them, for free(3): thousands of operands are told by their
 * beginning, for messages.  What is compared is the hash of all of them.
 */
static char *shortened(const char *words)
{
	return strlen(words) <= MOST_WORDS ? xstrdup(words) :
	       xasprintf("%.*s ...", MOST_WORDS, words);
}

enum journal_state journal_begin(const char *name, const char *words, bool compares, bool restart)
{
	struct xxh128 options = xxh_128(words, strlen(words));
	struct scan s;

	if (!xxh_is_there()) {
		report_error(0, "this pcp was built without --journal");
		return JOURNAL_REFUSED;
	}
	path = name;
	cwd = getcwd(NULL, 0);
	folder = folder_open(path, true);
	if (folder < 0 || (restart && !folder_begin_pass(folder, path)))
		return JOURNAL_REFUSED;
	char *told = shortened(words);
	enum journal_state state = look(&s, options, told);
	complete = state == JOURNAL_COMPLETE;
	if ((state == JOURNAL_NEW || state == JOURNAL_RESUMED) &&
	    !begin_segment(&s, options, told, compares))
		state = JOURNAL_REFUSED;
	free(told);
	scan_close(&s);
	return state;
}

/* ------------------------------------------------------------------- the end */

bool journal_end(bool finished, bool durable)
{
	if (!path || folder < 0)
		return true;
	bool ok = segment.fd < 0 || journal_put_complete(&top, NULL, "", finished);
	if (!ok)
		report_error(0, "not all that was read has been accounted for: see the journal %s",
			     quote_always(0, path));
	if (durable)
		journal_put_durable(journal_end_now());
	complete = complete || (ok && finished && !broken && segment.fd >= 0);
	int err = segment.fd >= 0 ? segment_close(&segment) : 0;
	if (err) {
		report_error(err, "error writing the journal %s", quote_always(0, path));
		ok = false;
	}
	if (complete)
		replay.sums = replay.complete ? replay.sums : ledger_sums(&top);
	close(folder);
	folder = -1;
	return ok && !broken;
}
