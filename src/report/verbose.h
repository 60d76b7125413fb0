/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verbose - what -v and --debug say.  Thread-safe. */
#ifndef PCP_VERBOSE_H
#define PCP_VERBOSE_H

#include <stdbool.h>

struct copyfile_info;
struct entry;
struct options;

/* A line of -v on standard output: 'src' -> 'dst' (backup: 'backup', unless NULL). */
void verbose_copied(const char *src, const char *dst, const char *backup);

/* The same for a directory that --parents makes, which cp does not quote: src -> dst */
void verbose_parent(const char *src, const char *dst);

/* A line of -v: removed 'dst'. */
void verbose_removed(const char *dst);

/* And: 'backup' -> 'dst' (unbackup) */
void verbose_restored(const char *backup, const char *dst);

/* Lines of --debug: skipped 'dst' */
void verbose_skipped(const char *dst);

/*
 * And: how e's data were copied, as info tells, or why they were not; e's directory is in
 * use.
 */
void verbose_method(const struct options *o, const struct entry *e,
		    const struct copyfile_info *info);

#endif
