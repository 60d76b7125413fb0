/* SPDX-License-Identifier: GPL-3.0-or-later */
/* announce - what -v says of an entry, on standard output.  Thread-safe. */
#ifndef PCP_ANNOUNCE_H
#define PCP_ANNOUNCE_H

struct context;
struct entry;

/*
 * The copy of e begins, or has been made well: say so, if -v was given; with --fsync at the
 * end, else at the beginning.  backup is the name, in e's directory, that what was at its
 * destination has got; or NULL.
 */
void announce_begun(const struct context *c, const struct entry *e, const char *backup);
void announce_made(const struct context *c, const struct entry *e, const char *backup);

/* Say that what was at e's destination has been removed, if -v was given. */
/*
 * With --dry-run=explain, say what is done with e, and why, as verbose_explained() does.  Without
 * a reason (NULL) it is that nothing is there yet.
 */
void announce_explained(const struct context *c, const struct entry *e, const char *format,
			const char *reason);

void announce_removed(const struct context *c, const struct entry *e);

/* Say that backup, a name in e's directory, has become e's destination again, if -v was given. */
void announce_restored(const struct context *c, const struct entry *e, const char *backup);

#endif
