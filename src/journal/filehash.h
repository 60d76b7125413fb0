/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filehash - the hash of a file's contents, of the kinds that the library makes.  Thread-safe. */
#ifndef PCP_FILEHASH_H
#define PCP_FILEHASH_H

#include <stddef.h>

/* Bytes of the longest one */
#define FILEHASH_MAX 32

/*
 * Write the hash of what fd has from its offset on to digest, the most significant byte first: the
 * XXH128 if len is 16, SHA-256 if it is 32.  Returns 0 or an errno value; EINVAL for any other len.
 */
int filehash(int fd, unsigned char *digest, size_t len);

#endif
