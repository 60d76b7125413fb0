/* SPDX-License-Identifier: GPL-3.0-or-later */
/* names - are two names one?  And a set of names, which is not thread-safe. */
#ifndef PCP_NAMES_H
#define PCP_NAMES_H

#include <stdbool.h>

struct hash_table;

/*
 * Are both the same entry of the same directory?  Relative to directory descriptors or
 * AT_FDCWD; flags as for fstatat(2), of the directories.  Not if they can't be seen.
 */
bool names_same(int a_dir, const char *a, int b_dir, const char *b, int flags);

/* New and empty; hash_free() ends it. */
struct hash_table *names_new(void);

/* False if it was there already.  The set has a copy. */
bool names_add(struct hash_table *set, const char *name);

bool names_have(struct hash_table *set, const char *name);

void names_remove(struct hash_table *set, const char *name);

#endif
