/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method - what --debug says of how a file was copied.  Thread-safe. */
#ifndef PCP_METHOD_H
#define PCP_METHOD_H

struct copyfile_info;
struct entry;
struct options;

/*
 * Print how e's data were copied, as info tells, or why they were not.  e's directory is
 * pinned.
 */
void method_print(const struct options *o, const struct entry *e,
		  const struct copyfile_info *info);

#endif
