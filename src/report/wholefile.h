/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wholefile - a file that is replaced as a whole, so that whoever reads it never finds a part of
 * it: those of --metrics and --report.  Main thread only.
 */
#ifndef PCP_WHOLEFILE_H
#define PCP_WHOLEFILE_H

#include <stddef.h>

struct wholefile;

/*
 * Prepare to replace path, which need not exist.  What is there stays until wholefile_put().  That
 * a file can be made beside it is tried, so that a bad name is found at once.  Returns NULL with
 * errno set on failure: EEXIST stands for a file that another option has as well, 0 for one that is
 * not regular, and cannot be replaced so.
 */
struct wholefile *wholefile_open(const char *path);

/*
 * Replace the file by one that has the size bytes of text, and the mode of any new file.  Returns
 * 0, or an errno value; then what was there has stayed.
 */
int wholefile_put(const struct wholefile *f, const char *text, size_t size);

/* f may be NULL. */
void wholefile_close(struct wholefile *f);

#endif
