/* SPDX-License-Identifier: GPL-3.0-or-later */
/* restrain - the options that hold a run back for the sake of others.  Main thread only. */
#ifndef PCP_RESTRAIN_H
#define PCP_RESTRAIN_H

#include <stdbool.h>

struct options;

/* Apply c, with argument arg, if it is one of them.  Returns false if it is not. */
bool restrain_apply(struct options *o, int c, const char *arg);

#endif
