/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mkdir - the directories of the destination come to be.  Thread-safe. */
#ifndef PCP_MKDIR_H
#define PCP_MKDIR_H

#include <stdbool.h>

struct context;
struct dir;
struct entry;

/*
 * Make the directory that e is to become, whose dir is in use.  What its mode still
 * lacks is noted in d, which is e's own and not known to others yet.  False: reported,
 * with message if it could not be made.
 */
bool mkdir_like(struct context *c, const struct entry *e, struct dir *d, const char *message);

#endif
