/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cores - how many processors there are for this process.  Thread-safe. */
#ifndef CF_CORES_H
#define CF_CORES_H

/* Returns how many processors the process may run on, at least 1. */
unsigned int cf_cores(void);

#endif
