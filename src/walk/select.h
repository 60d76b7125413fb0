/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * select - what of the source is copied.  The walkers and the prescan ask the same function,
 * so that what is counted is what is copied.  Thread-safe.
 */
#ifndef PCP_SELECT_H
#define PCP_SELECT_H

#include <stdbool.h>
#include <sys/stat.h>

struct entry;
struct options;

/* What the caller knows of an entry of the source without another system call */
struct select_query {
	const char *path;		/* from its operand on; NULL: names do not matter, or
					   this one has been asked about */
	mode_t type;			/* S_IFMT bits, of st if st is known; 0: not known */
	const struct stat *st;		/* of what a symlink leads to if it is followed; NULL:
					   not known */
	dev_t parent_dev;		/* st_dev of its directory; no matter for an operand */
	bool operand;
};

enum select_answer {
	SELECT_STAT,	/* that depends on st: call stat(2), and ask again */
	SELECT_COPY,	/* it is not a directory, and is copied */
	SELECT_ENTER,	/* it is a directory, which is made; its entries are asked about */
	SELECT_MAKE,	/* it is a directory, which is made; its entries are left out */
	SELECT_EXCLUDE,	/* a rule leaves it out; a directory with all below it */
	SELECT_OMIT	/* it is a directory that is left out for want of -R */
};

/*
 * Returns what becomes of an entry, as far as the options say.  SELECT_STAT is not the answer
 * if st is known.
 *
 * Callers ask about a file as soon as its name has been read, and about a directory before it
 * is opened or, with st, before it is made.  So this is the one place for a filter:
 *
 * - By name (--exclude): before all others.
 * - By size, age or owner: where st is NULL it returns SELECT_STAT.  If it holds for files
 *   alone, directories need no SELECT_STAT.
 */
enum select_answer select_query(const struct options *o, const struct select_query *q);

/* What becomes of e, by what is known of it: as select_query() says. */
enum select_answer select_entry(const struct options *o, const struct entry *e);

/*
 * Returns true if a rule leaves out whatever has the name path.  An operand whose name ends in
 * "." or ".." never is: it stands for what is in there.
 */
bool select_excludes(const struct options *o, const char *path);

/*
 * With --dry-run=explain, say what is done with name, in the words of format (see
 * verbose_explained()), since a rule leaves out path; and which rule that is: one about its name,
 * or if st is not NULL about its size or time.
 */
void select_explain(const struct options *o, const char *format, const char *name,
		    const char *path, const struct stat *st);

#endif
