/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options - what the command line asks for.  Filled once, then only read. */
#ifndef PCP_OPTIONS_H
#define PCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "backupfile.h"
#include "intprops.h"

struct exclude;

enum options_follow {
	FOLLOW_DEFAULT,		/* none was given: FOLLOW_NEVER with -R but not -l, else ALWAYS */
	FOLLOW_NEVER,
	FOLLOW_OPERANDS,
	FOLLOW_ALWAYS
};

/* What becomes of an existing destination */
enum options_update {
	UPDATE_ALL,		/* it is overwritten */
	UPDATE_OLDER,		/* it is overwritten if it is older than the source */
	UPDATE_NONE,		/* it stays */
	UPDATE_NONE_FAIL,	/* it stays, and that is an error */
	UPDATE_CHANGED,		/* it is made what the source is, by size and time ... */
	UPDATE_CHECKSUM		/* ... or by its bytes; nothing is done if it is */
};

/* How progress is shown */
enum options_progress {
	PROGRESS_AUTO,		/* on a terminal */
	PROGRESS_ALWAYS,
	PROGRESS_NEVER,
	PROGRESS_LINE		/* in one line; where there is no terminal, one at a time */
};

enum options_when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

/* In struct options, tags: that of a cache, which has a signature */
#define OPTIONS_CACHE_TAG NULL

/* In struct options, newer and older: before and after any time that a file may have */
#define OPTIONS_LONG_AGO { .tv_sec = TYPE_MINIMUM(time_t) }
#define OPTIONS_NEVER { .tv_sec = TYPE_MAXIMUM(time_t) }

/* One of the patterns of --exclude, --include and -X */
struct options_rule {
	const struct exclude *exclude;	/* has nothing but it */
	const char *pattern;
	bool include;			/* --include */
};

struct options {
	/* What is copied */
	bool recursive;			/* -R */
	bool one_file_system;		/* -x */
	bool contents;			/* special files are read like regular ones */
	enum options_follow follow;	/* symlinks in sources */
	bool beneath;			/* none is followed: one that would be is an error */
	enum options_follow refused;	/* if beneath is set: those that would be followed */
	const struct exclude *exclude;	/* names that are left out, or NULL */
	const struct options_rule *rules;	/* the same, one by one in their order; only set */
	size_t nrules;				/* ... with explain */
	const char **tags;		/* a directory with such a name in it has just that */
	int ntags;
	uint64_t min_size, max_size;	/* of regular files, in bytes; the others are left out */
	struct timespec newer;		/* what is no directory is left out if it was modified */
	struct timespec older;		/* ... before the first, or not before the second */

	/* What a copy is */
	bool attributes_only;
	bool hard_link, symlink;	/* -l, -s: no copy, but a link */
	bool keep_links;		/* hard links stay hard links */
	bool atomic;			/* it has its name only when it is complete */
	bool fsync;			/* what is reported as copied is on stable storage */
	enum options_when reflink, sparse;
	uint64_t attrs;			/* COPYFILE_ATTRS bits to carry over */
	uint64_t need_attrs;		/* of those: an error if the file system has none */
	bool quiet_attrs;		/* to lose xattrs or the context is no error (-a) */
	bool default_mode;		/* new files get what a program would give them */
	bool strict;			/* what is passed over otherwise is an error */
	bool verify;			/* --verify: copies are read back and compared */
	uint32_t hash;			/* for that, and the list: enum copyfile_hash; 0: none */

	/* What may be there already */
	enum options_update update;
	bool ask;			/* -i */
	bool force;			/* -f: what can't be opened is removed */
	bool remove_first;		/* whatever is there is removed */
	bool through_dangling;		/* a dangling symlink is written through, as in POSIX */
	bool keep_dir_symlink;		/* a symlink to a directory is taken for it */
	enum backup_type backup;
	bool delete;			/* what the sources lack is removed, */
	bool delete_excluded;		/* ... also what is excluded, */
	uint64_t max_delete;		/* ... but at most so many entries, */
	bool max_delete_percent;	/* ... or percent of those that were there */

	/* Operands */
	const char *target_dir;		/* -t, or NULL */
	bool no_target_dir;		/* -T */
	bool parents;
	bool strip_slashes;

	/* How it is done and shown */
	bool dry_run;			/* nothing is done, but everything said ... */
	bool explain;			/* ... and why */
	bool verbose;			/* -v, --debug */
	bool debug;
	bool stats;			/* --stats */
	bool quiet;			/* -q: neither progress nor warnings */
	enum options_progress progress;
	int json_fd;			/* --json: the stream's descriptor; -1: none */
	bool json_files;		/* with a line for each file */
	int64_t json_interval;		/* from one line about progress to the next; ns */
	uint64_t max_errors;		/* after so many it ends; 0: it goes on */
	uint32_t retry;			/* rounds in which what failed is tried again */
	const char *report;		/* a file for a page about the run, or NULL */
	const char *log;		/* a file for every event, or NULL */
	const char *metrics;		/* a file with numbers for a monitoring system, or NULL */
	const char *checksum_file;	/* a list of the copies' checksums, or NULL */
	const char *failed_to;		/* a file for the sources that failed, or NULL ... */
	bool null;			/* ... with a NUL after each, as in files_from, too */
	const char *journal;		/* a directory for what was done, or NULL */
	bool journal_restart;		/* ... in which the next pass begins */
	const char *words;		/* ... and what this run is asked for; see words.h */
	const char *check_journal;	/* a journal to compare with its destination, or NULL */
	uint32_t jobs;			/* copying threads; 0: automatic */
	uint32_t window;		/* pending cookies; 0: automatic */
	uint64_t chunk;			/* bytes; 0: automatic */

	/* How it is held back */
	uint64_t bwlimit, ops_limit;	/* bytes and operations a second; 0: any number */
	bool nice;			/* at the lowest priority */
	bool adaptive;			/* it backs off while calls take longer than usual */
	int64_t max_time;		/* it ends after so many nanoseconds; 0: never ... */
	struct timespec stop_at;	/* ... or then */
	const char *control;		/* a file that changes the limits, or NULL */

	const char *files_from;		/* a list of what is copied of the operands, or NULL */
	bool follow_within;		/* ... where symlinks are followed on the way to a name */

	char **operands;
	int noperands;

	char *const *args;		/* the command line, in the order in which it was given */
	int nargs;
};

/* Returns true if a regular file of some sizes is left out. */
static inline bool options_ask_size(const struct options *o)
{
	return o->min_size > 0 || o->max_size < UINT64_MAX;
}

/* Returns true if what is no directory is left out for some times. */
static inline bool options_ask_time(const struct options *o)
{
	return o->newer.tv_sec > TYPE_MINIMUM(time_t) || o->older.tv_sec < TYPE_MAXIMUM(time_t);
}

/* Returns true if the run ends at some point in time. */
static inline bool options_stop_at(const struct options *o)
{
	return o->stop_at.tv_sec < TYPE_MAXIMUM(time_t);
}

/* Returns true if something in the sources may be left out by its name, size or time. */
static inline bool options_filter(const struct options *o)
{
	return o->exclude || o->ntags || options_ask_size(o) || options_ask_time(o);
}

/* Returns true if a symlink in the source is followed; operand: it is an operand. */
static inline bool options_follows(const struct options *o, bool operand)
{
	return o->follow == FOLLOW_ALWAYS || (operand && o->follow == FOLLOW_OPERANDS);
}

/* Returns true if a symlink in the source is an error, as --beneath does not let it be followed. */
static inline bool options_refuses(const struct options *o, bool operand)
{
	return o->refused == FOLLOW_ALWAYS || (operand && o->refused == FOLLOW_OPERANDS);
}

/*
 * Returns true if what is at a destination is compared with the source, and made what that is:
 * then a symlink is never written through, and what is of another kind is replaced.
 */
static inline bool options_compare(const struct options *o)
{
	return o->update == UPDATE_CHANGED || o->update == UPDATE_CHECKSUM;
}

/* Returns true if temporary names may be left where a run was killed. */
static inline bool options_make_temporary(const struct options *o)
{
	return o->atomic || options_compare(o) || o->journal;
}

/* Returns true if what has that type (S_IFMT bits) is copied by the library, and can be renamed. */
static inline bool options_rename(const struct options *o, mode_t type)
{
	return (S_ISREG(type) || S_ISLNK(type)) && !o->attributes_only && !o->symlink &&
	       !o->hard_link;
}

/* Returns true if the copy of what has that type is made aside, and then gets its name. */
static inline bool options_aside(const struct options *o, mode_t type)
{
	return o->atomic && options_rename(o, type);
}

/*
 * Returns true if the copy of what has that type takes the place of what has its name by
 * rename(2), if there is something, which stays until the copy is complete.
 */
static inline bool options_replace(const struct options *o, mode_t type)
{
	return (o->atomic || options_compare(o)) && options_rename(o, type);
}

#endif
