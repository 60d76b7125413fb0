/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the records are seen once, in their order.  Each entry is looked at in the destination;
 * and what it counts for is added up again, by directory and from the leaves up, so that the sums
 * of each directory that is complete are proven by what was recorded of its entries.  What a
 * rule has left out has no record: of that there is but a number.
 *
 * The names of all directories are kept, in some 20 bytes and the name each.  A directory is
 * opened below its operand, without following a symlink, and stays open while entries of it come.
 */
#include <config.h>

#include "journal/check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/language.h"
#include "base/retry.h"
#include "filenamecat.h"
#include "journal/filehash.h"
#include "journal/folder.h"
#include "journal/ledger.h"
#include "journal/record.h"
#include "journal/scan.h"
#include "report/message.h"
#include "report/quote.h"
#include "report/report.h"
#include "xalloc.h"

/* A directory that was begun */
struct node {
	uint64_t parent;
	char *name;			/* NULL: nothing is known of the directory */
	struct ledger *sums;		/* what was recorded of it; NULL: it is complete */
	bool lost;			/* it is not there, as was reported */
};

struct check {
	bool contents;			/* they are compared, too */
	bool compares;			/* what was skipped is as large as its source */
	bool complete;			/* the pass is */
	struct ledger_sums proof;	/* ... and these are the sums of it */
	struct node *nodes;		/* by number; that of the operands is the first */
	uint64_t nnodes, room;
	uint64_t open;			/* the number of the directory that is open, */
	int fd;				/* ... or -1: it cannot be, as was reported */
	uint64_t entries, differ;
	uint64_t unhashed;		/* files without a recorded hash */
	uint64_t unknown;		/* records of directories of which nothing else is known */
};

/* ------------------------------------------------------------ directories */

static struct node *find(const struct check *c, uint64_t dir)
{
	return dir < c->nnodes && c->nodes[dir].name ? &c->nodes[dir] : NULL;
}

static void add_dir(struct check *c, uint64_t dir, uint64_t parent, const char *name)
{
	if (dir > c->nnodes + UINT32_MAX)
		return;
	while (dir >= c->room)
		c->nodes = x2nrealloc(c->nodes, &c->room, sizeof *c->nodes);
	for (; c->nnodes <= dir; c->nnodes++)
		c->nodes[c->nnodes] = (struct node){ .name = NULL };
	struct node *n = &c->nodes[dir];
	if (n->name)
		return;
	*n = (struct node){
		.parent = parent, .name = xstrdup(name), .sums = xzalloc(sizeof *n->sums),
	};
}

/*
 * Returns the full name of name in the directory with that number; NULL: not known.  *ret_below, if
 * it is not NULL, is where what is below the operand begins in it.
 */
static char *path_of(const struct check *c, uint64_t dir, const char *name, size_t *ret_below)
{
	char *path = xstrdup(name);

	for (const struct node *n; dir; dir = n->parent) {
		n = find(c, dir);
		if (!n) {
			free(path);
			return NULL;
		}
		char *longer = *path ? mfile_name_concat(n->name, path, NULL) : xstrdup(n->name);
		if (!longer)
			xalloc_die();
		if (ret_below)
			*ret_below = strlen(n->name) + strspn(longer + strlen(n->name), "/");
		free(path);
		path = longer;
	}
	return path;
}

static void complain(struct check *c, const char *path, int err, const char *format)
{
	c->differ++;
	report_error_about(&(struct report_about){ .op = OP_CHECK, .dst = path }, err, format,
			   quote_always(0, path));
}

/* Returns true if it was reported that a directory is missing that this one is in. */
static bool is_above_lost(const struct check *c, uint64_t dir)
{
	const struct node *n = find(c, dir);

	while (n && dir && !n->lost) {
		dir = n->parent;
		n = find(c, dir);
	}
	return dir && n;
}

/* Open the directory with that number, unless it is.  Returns false if it is not there. */
static bool open_dir(struct check *c, uint64_t dir)
{
	if (dir == c->open)
		return c->fd != -1;
	if (c->fd >= 0)
		close(c->fd);
	c->open = dir;
	c->fd = AT_FDCWD;
	if (!dir)
		return true;
	size_t below = 0;
	char *path = path_of(c, dir, "", &below);
	c->fd = -1;
	if (!path)
		return false;
	char *top = ximemdup0(path, below);
	int fd = RETRY(open(top, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (fd >= 0 && path[below]) {
		int at = fd;
		fd = beneath_open(at, path + below, O_PATH | O_DIRECTORY | O_CLOEXEC);
		int err = errno;
		close(at);
		errno = err;
	}
	if (fd < 0 && !is_above_lost(c, dir)) {
		complain(c, path, errno, "cannot open directory %s");
		c->nodes[dir].lost = true;
	}
	c->fd = fd;
	free(top);
	free(path);
	return fd >= 0;
}

/* ---------------------------------------------------------------- entries */

static bool is_kind(const struct record *r, mode_t mode)
{
	switch (r->type) {
	case 'd': return S_ISDIR(mode);
	case 'l': return S_ISLNK(mode);
	/* It may have been read like a file. */
	case 's': return !S_ISDIR(mode);
	/* With -s it is a symlink. */
	default: return S_ISREG(mode) || (r->what == LEDGER_LINKED && S_ISLNK(mode));
	}
}

static void compare_contents(struct check *c, const struct record *r, const char *at,
			     const char *path)
{
	unsigned char digest[FILEHASH_MAX];

	if (!r->hash_len) {
		c->unhashed++;
		return;
	}
	int fd = RETRY(openat(c->fd, at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
	if (fd < 0) {
		complain(c, path, errno, "cannot open %s for reading");
		return;
	}
	/* It is the disk that is asked, as far as the kernel lets go of what it knows. */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	int err = filehash(fd, digest, r->hash_len);
	if (err)
		complain(c, path, err, "error reading %s");
	else if (memcmp(digest, r->hash, r->hash_len))
		complain(c, path, 0, "%s has not the contents that were copied");
	close(fd);
}

/* Look at what was made of r, which is called at in the directory that is open. */
static void look(struct check *c, const struct record *r, const char *at, const char *path)
{
	struct stat st;
	bool same = r->what != LEDGER_SKIPPED || c->compares;

	if (RETRY(fstatat(c->fd, at, &st, AT_SYMLINK_NOFOLLOW)) < 0) {
		complain(c, path, errno, "cannot stat %s");
	} else if (!is_kind(r, st.st_mode)) {
		complain(c, path, 0, "%s is not of the kind that was recorded");
	} else if (same && r->type == 'f' && r->has_stat && S_ISREG(st.st_mode) &&
		   (uint64_t)st.st_size != r->size) {
		c->differ++;
		report_error_about(&(struct report_about){ .op = OP_CHECK, .dst = path }, 0,
				   N_("%s has %jd bytes, not %ju"), quote_always(0, path),
				   (intmax_t)st.st_size, (uintmax_t)r->size);
	} else if (same && c->contents && S_ISREG(st.st_mode)) {
		compare_contents(c, r, at, path);
	}
}

static void see_entry(struct check *c, const struct record *r)
{
	struct node *n = find(c, r->dir);
	const char *at = r->dst ? r->dst : r->name;

	char *path = n ? path_of(c, r->dir, at, NULL) : NULL;

	if (!path) {
		c->unknown++;
		return;
	}
	if (n->sums) {
		ledger_add(n->sums, LEDGER_SEEN, 1);
		ledger_add_entry(n->sums, r->what, &(struct ledger_entry){
			.name = r->name, .type = r->type, .has_stat = r->has_stat, .size = r->size,
			.sec = r->sec, .nsec = r->nsec, .hash = r->hash, .hash_len = r->hash_len,
		});
	}
	c->entries++;
	if (open_dir(c, r->dir))
		look(c, r, at, path);
	else
		c->differ++;
	free(path);
}

/* Returns true if what was recorded of the entries is what was recorded of all together. */
static bool is_proven(const struct ledger *recorded, const struct ledger_sums *sums)
{
	struct ledger_sums found = ledger_sums(recorded);

	/* Of these there are no records. */
	found.n[LEDGER_SEEN] += sums->n[LEDGER_EXCLUDED] - found.n[LEDGER_EXCLUDED];
	found.n[LEDGER_EXCLUDED] = sums->n[LEDGER_EXCLUDED];
	found.n[LEDGER_KEPT] = sums->n[LEDGER_KEPT];
	return ledger_is_balanced(sums) && !memcmp(&found, sums, sizeof found);
}

static void see_complete(struct check *c, const struct record *r)
{
	struct node *n = find(c, r->dir), *parent = find(c, r->parent);

	char *path = n && n->sums ? path_of(c, r->dir, "", NULL) : NULL;

	if (!path) {
		c->unknown++;
		return;
	}
	/* An empty directory has no entry that would show that it is missing. */
	if (r->dir)
		(void)open_dir(c, r->dir);
	if (!is_proven(n->sums, &r->sums))
		complain(c, path, 0, "what was recorded in directory %s is not what it has");
	if (r->dir && parent && parent->sums) {
		ledger_add(parent->sums, LEDGER_SEEN, 1);
		ledger_add_dir(parent->sums, r->name, &r->sums);
	}
	c->entries += r->dir > 0;
	if (!r->dir) {
		c->complete = true;
		c->proof = r->sums;
	}
	free(n->sums);
	n->sums = NULL;
	free(path);
}

static void see(void *arg, const struct record *r)
{
	struct check *c = arg;

	switch (r->kind) {
	case RECORD_RUN:
		c->compares = r->made;
		break;
	case RECORD_BEGUN:
		add_dir(c, r->dir, r->parent, r->dst ? r->dst : r->name);
		break;
	case RECORD_ENTRY:
		see_entry(c, r);
		break;
	case RECORD_COMPLETE:
		see_complete(c, r);
		break;
	default:
		break;
	}
}

/* -------------------------------------------------------------- the whole */

static void free_nodes(struct check *c)
{
	for (uint64_t i = 0; i < c->nnodes; i++) {
		free(c->nodes[i].name);
		free(c->nodes[i].sums);
	}
	free(c->nodes);
	if (c->fd >= 0)
		close(c->fd);
}

/* Say what was found, and report what follows from that. */
static void conclude(const struct check *c, const char *journal)
{
	static const struct report_about about = { .op = OP_RUN };
	char digest[XXH_TEXT];

	xxh_text(digest, ledger_digest(&c->proof));
	if (!c->complete)
		report_error(0, "the pass of the journal %s is not complete",
			     quote_always(0, journal));
	if (c->unknown)
		report_error_n(&about, "%ju record is of a directory of which nothing else is "
			       "recorded: the journal %s is damaged",
			       "%ju records are of directories of which nothing else is recorded: "
			       "the journal %s is damaged", c->unknown, (uintmax_t)c->unknown,
			       quote_always(0, journal));
	if (c->unhashed)
		report_error_n(&about, "%ju file could not be compared: no checksum was recorded "
			       "of it", "%ju files could not be compared: no checksums were "
			       "recorded of them", c->unhashed, (uintmax_t)c->unhashed);
	if (c->complete)
		printf(translate_n("%ju entry, %ju differ; complete, digest %s\n",
				   "%ju entries, %ju differ; complete, digest %s\n", c->entries),
		       (uintmax_t)c->entries, (uintmax_t)c->differ, digest);
	else
		printf(translate_n("%ju entry, %ju differ; not complete\n",
				   "%ju entries, %ju differ; not complete\n", c->entries),
		       (uintmax_t)c->entries, (uintmax_t)c->differ);
}

static void check_open(const char *journal, int dir, bool contents)
{
	struct check c = { .contents = contents, .fd = AT_FDCWD };
	struct scan s;
	struct message *wrong = scan_open(&s, dir);

	if (!wrong && !s.head.number)
		wrong = message_new(0, "there is nothing in it");
	add_dir(&c, 0, 0, "");
	if (!wrong)
		wrong = scan_all(&s, see, &c);
	if (wrong)
		folder_unusable(journal, wrong);
	else
		conclude(&c, journal);
	message_delete(wrong);
	free_nodes(&c);
	scan_close(&s);
}

void check_journal(const char *path, bool contents)
{
	if (!xxh_is_there()) {
		report_error(0, "this pcp was built without --journal");
		return;
	}
	int dir = folder_open(path, false);
	if (dir < 0)
		return;
	check_open(path, dir, contents);
	close(dir);
}
