/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes that slowfs changes without a word. */
#ifndef SLOWFS_CORRUPT_H
#define SLOWFS_CORRUPT_H

#include <stddef.h>
#include <sys/types.h>

/* Adds the corruption that the argument of -b describes. */
void parse_corruption(char *arg);

/*
 * Returns the offset in the file of the byte that this call of the operation, for n bytes at
 * offset off of the path, has to change; or -1.
 */
off_t corruption_of(int op, const char *path, off_t off, size_t n);

/* Lets the calls be counted from the beginning. */
void reset_corruptions(void);

#endif
