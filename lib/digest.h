/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* digest - the hash of bytes that come in pieces.  One thread's. */
#ifndef CF_DIGEST_H
#define CF_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "libcopyfile.h"

struct cf_digest;

/*
 * Returns the name that kind, an enum copyfile_hash, has in checksum files; or NULL if there is
 * no such hash, or the library was built without it.
 */
const char *cf_digest_name(uint32_t kind);

/* Returns the kind that is taken where none is named. */
uint32_t cf_digest_default(void);

/*
 * Begin a digest of no bytes; kind has a name.  NULL: no memory.  cf_digest_restart() forgets
 * the bytes that were added.
 */
struct cf_digest *cf_digest_new(uint32_t kind);
void cf_digest_restart(struct cf_digest *d);
void cf_digest_free(struct cf_digest *d);

void cf_digest_add(struct cf_digest *d, const void *bytes, size_t len);
void cf_digest_add_zeros(struct cf_digest *d, size_t len);

/*
 * Write the digest of what was added to ret, as many bytes as it has, and zeros after them.
 * Before more bytes are added, cf_digest_restart() is due.
 */
void cf_digest_end(struct cf_digest *d, unsigned char ret[static COPYFILE_DIGEST_MAX]);

#endif
