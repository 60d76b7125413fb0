/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node - FIFOs, devices and sockets.  Thread-safe. */
#ifndef PCP_NODE_H
#define PCP_NODE_H

#include <stdbool.h>

struct context;
struct entry;

/* Make a node like e.  Returns false after a failure, which has been reported. */
bool node_copy(struct context *c, const struct entry *e);

#endif
