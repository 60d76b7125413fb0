/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep - with --atomic, temporary names that a run which was killed has left are removed. */
#ifndef PCP_SWEEP_H
#define PCP_SWEEP_H

#include <sys/types.h>

struct dir;
struct entry;
struct options;

/* The directory that was swept last, for an operand; zeros: none */
struct sweep {
	dev_t dev;
	ino_t ino;
};

/* Sweep the destination of d, which is pinned, unless this run has made it.  Thread-safe. */
void sweep_dir(const struct options *o, const struct dir *d);

/* Sweep the directory that e, an operand, is copied into, unless that was the last one. */
void sweep_for_operand(const struct options *o, struct sweep *s, const struct entry *e);

#endif
