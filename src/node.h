/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node - FIFOs, devices and sockets.  Main thread only. */
#ifndef PCP_NODE_H
#define PCP_NODE_H

#include <stdbool.h>

struct copy;
struct entry;

/* Make a node like e.  False after a failure, which has been reported. */
bool node_copy(struct copy *c, const struct entry *e);

/*
 * Copy what can be read from e into a regular file: what cp does without -R.
 * over: into the file that is there.  False after a failure, which has been
 * reported.
 */
bool node_copy_contents(struct copy *c, const struct entry *e, bool over);

#endif
