/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attrs - what to say of attributes that could not be carried over. */
#ifndef PCP_ATTRS_H
#define PCP_ATTRS_H

#include <libcopyfile.h>

struct options;

/*
 * Report the attributes of dst that info says were given up, unless cp would
 * be silent about them.  Main thread only.
 */
void attrs_report(const struct options *o, const struct copyfile_info *info,
		  const char *dst);

#endif
