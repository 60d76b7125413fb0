/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checksums - the file of --checksum-file: a line for each file that was copied, as
 * `sha256sum --tag` and `xxhsum --tag` print them.  Thread-safe while it is open.
 */
#ifndef PCP_CHECKSUMS_H
#define PCP_CHECKSUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <libcopyfile.h>

/* The digest of a file */
struct checksum {
	uint32_t hash;			/* enum copyfile_hash; 0: there is no digest */
	uint8_t digest[COPYFILE_DIGEST_MAX];
};

/* Room for a digest in hexadecimal */
#define CHECKSUM_TEXT (2 * COPYFILE_DIGEST_MAX + 1)

/* Returns the bytes that sum's digest has. */
static inline size_t checksum_length(const struct checksum *sum)
{
	return sum->hash == COPYFILE_HASH_XXH128 ? 16 : sum->hash ? COPYFILE_DIGEST_MAX : 0;
}

/* Returns the digest in info. */
static inline struct checksum checksum_of(const struct copyfile_info *info)
{
	struct checksum sum = { .hash = info->hash };

	memcpy(sum.digest, info->digest, sizeof sum.digest);
	return sum;
}

/* Returns the hash (enum copyfile_hash) for those who name none. */
uint32_t checksums_default(void);

/* Write the digest to text, in hexadecimal. */
void checksum_print(const struct checksum *sum, char text[static CHECKSUM_TEXT]);

/* Write to path from now on.  Main thread only.  Returns false, with errno set, on failure. */
bool checksums_open(const char *path);

/*
 * Stop writing.  Main thread only, when no other thread can write.  Returns false, with
 * errno set, if something could not be written.
 */
bool checksums_close(void);

bool checksums_are_open(void);

/* Write the line of dst, the full name of a copy, if a file is open. */
void checksums_add(const struct checksum *sum, const char *dst);

#endif
