/* SPDX-License-Identifier: GPL-3.0-or-later */
/* names - compares names of files, and keeps sets of them.  A set is for one thread. */
#ifndef PCP_NAMES_H
#define PCP_NAMES_H

#include <stdbool.h>

struct hash_table;

/*
 * Returns 1 if a and b are the same entry of the same directory, 0 if they are not, or -1 with
 * errno set if a parent can't be looked at.  They are relative to directory descriptors or
 * AT_FDCWD; flags are as for fstatat(2), which looks at their parents.  Thread-safe.
 */
int names_same(int a_dir, const char *a, int b_dir, const char *b, int flags);

/*
 * Returns true if err, of a stat(2), is about the name: it leads nowhere, or to what this user
 * may not see.  Returns false if nothing is known of it.
 */
bool names_lead_nowhere(int err);

/* Returns true if err, of a call on a file, says that it is gone; ESTALE comes from servers. */
bool names_gone(int err);

/*
 * Returns what follows the name dir in name: "" or what begins with a slash, if name is dir or
 * below it by its text; else NULL.  Slashes at the end of dir do not matter, and several in a row
 * are as one.  Nothing is below "".
 */
const char *names_below(const char *name, const char *dir);

/* A new, empty set, which the caller frees with hash_free(). */
struct hash_table *names_new(void);

/* Add a copy of name.  Returns false if the set has it already. */
bool names_add(struct hash_table *set, const char *name);

/* Returns true if set has name. */
bool names_have(struct hash_table *set, const char *name);

void names_remove(struct hash_table *set, const char *name);

#endif
