/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dirlist - what --failed-to lists of the directories that are walked, each thing once.
 * Thread-safe.
 */
#ifndef PCP_DIRLIST_H
#define PCP_DIRLIST_H

#include <stdbool.h>
#include <stddef.h>

struct dir;
struct later;

/* The n source operands, which stay as they are.  Main thread only, before there are others. */
void dirlist_init(char *const *names, int n);

/*
 * List the entry name of d, with whole as a directory with all that is below it.  Returns false
 * if a directory above is listed like that, so that there is nothing to do.
 */
bool dirlist_add(const struct dir *d, const char *name, bool whole);

/* List d itself, which lacks nothing but attributes, unless it is listed with all below it. */
void dirlist_add_alone(const struct dir *d);

/*
 * List d itself with all below it: what is left of it is not known by name.  Returns false as
 * above.
 */
bool dirlist_add_dir(struct dir *d);

/*
 * List the names in rest, which are taken, as entries of d; with follow a symlink may be a
 * directory.  From the first on of which that is not known d itself is listed instead, with all
 * below it.  Returns how many were listed.
 */
size_t dirlist_add_rest(struct dir *d, struct later *rest, bool follow);

#endif
