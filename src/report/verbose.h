/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verbose - the lines of -v and --debug, on standard output.  Thread-safe. */
#ifndef PCP_VERBOSE_H
#define PCP_VERBOSE_H

/* 'src' -> 'dst', or, unless backup is NULL: 'src' -> 'dst' (backup: 'backup') */
void verbose_copied(const char *src, const char *dst, const char *backup);

/* src -> dst, of a directory that --parents makes: cp does not quote these names. */
void verbose_parent(const char *src, const char *dst);

/* removed 'dst' */
void verbose_removed(const char *dst);

/* 'backup' -> 'dst' (unbackup) */
void verbose_restored(const char *backup, const char *dst);

/* For --dry-run=explain: format has a %s for the quoted name, and one for reason; both are
 * translated. */
void verbose_explained(const char *format, const char *name, const char *reason);

/* skipped 'dst' */
void verbose_skipped(const char *dst);

/* copy offload: offload, reflink: reflink, sparse detection: sparse */
void verbose_method(const char *offload, const char *reflink, const char *sparse);

#endif
