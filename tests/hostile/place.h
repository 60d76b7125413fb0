/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place - where a round happens: a directory with the trees "src" and "dst", which belong to
 * the adversary, and "out", which nobody but root may touch, and which has the canaries.
 */
#ifndef HOSTILE_PLACE_H
#define HOSTILE_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whom the trees belong to, and who rearranges them */
#define ADVERSARY ((uid_t)1234)

/* Names in a tree, those above first */
extern const char *const place_dirs[], *const place_files[];
enum { PLACE_DIRS = 5, PLACE_FILES = 8 };

/* Make src; and dst, with a dst/src in it that is older if merge is set. */
void place_make_trees(bool merge);

/* Remove both, whatever has become of them. */
void place_remove_trees(void);

/* Make out anew, and note what everything in it looks like; or remove it. */
void canaries_make(void);
void canaries_remove(void);

/*
 * Returns what has happened to a canary since, for example "out/f1 was read"; or NULL.  Valid
 * until the next call.
 */
const char *canaries_missing(void);

/* Returns true if reading a file here changes its time of access. */
bool canaries_tell_reads(void);

#endif
