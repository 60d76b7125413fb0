/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: XXH128 is the default.  It reads memory as fast as that can be read, so that its
 * cost does not show; it finds accidents, but no forger.  Its functions are compiled in from
 * <xxhash.h>, so that no program that uses this library has one more shared library to load.
 * SHA-256, for those who need it, takes a second for some 200 MB, or with libcrypto and a
 * processor that helps 1.2 GB (sha.c).
 */
#include <config.h>

#include "digest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_XXHASH
#define XXH_INLINE_ALL
#include <xxhash.h>
#endif

#include "libcopyfile.h"
#include "sha.h"

struct cf_digest {
	uint32_t kind;			/* enum copyfile_hash */
	union {
#ifdef HAVE_XXHASH
		XXH3_state_t xxh128;
#endif
		struct sha256_ctx sha256;
	} state;
};

const char *cf_digest_name(uint32_t kind)
{
	switch (kind) {
#ifdef HAVE_XXHASH
	case COPYFILE_HASH_XXH128:
		return "XXH128";
#endif
	case COPYFILE_HASH_SHA256:
		return "SHA256";
	default:
		return NULL;
	}
}

uint32_t cf_digest_default(void)
{
	return cf_digest_name(COPYFILE_HASH_XXH128) ? COPYFILE_HASH_XXH128 : COPYFILE_HASH_SHA256;
}

struct cf_digest *cf_digest_new(uint32_t kind)
{
	struct cf_digest *d = aligned_alloc(_Alignof(struct cf_digest), sizeof *d);

	assert(cf_digest_name(kind));
	if (!d)
		return NULL;
	d->kind = kind;
	cf_digest_restart(d);
	return d;
}

void cf_digest_restart(struct cf_digest *d)
{
#ifdef HAVE_XXHASH
	if (d->kind == COPYFILE_HASH_XXH128) {
		XXH3_128bits_reset(&d->state.xxh128);
		return;
	}
#endif
	sha256_init_ctx(&d->state.sha256);
}

void cf_digest_free(struct cf_digest *d)
{
	free(d);
}

void cf_digest_add(struct cf_digest *d, const void *bytes, size_t len)
{
#ifdef HAVE_XXHASH
	if (d->kind == COPYFILE_HASH_XXH128) {
		XXH3_128bits_update(&d->state.xxh128, bytes, len);
		return;
	}
#endif
	sha256_process_bytes(bytes, len, &d->state.sha256);
}

void cf_digest_add_zeros(struct cf_digest *d, size_t len)
{
	static const char zeros[16384];

	while (len) {
		size_t n = len < sizeof zeros ? len : sizeof zeros;

		cf_digest_add(d, zeros, n);
		len -= n;
	}
}

void cf_digest_end(struct cf_digest *d, unsigned char ret[static COPYFILE_DIGEST_MAX])
{
	memset(ret, 0, COPYFILE_DIGEST_MAX);
#ifdef HAVE_XXHASH
	if (d->kind == COPYFILE_HASH_XXH128) {
		XXH128_canonical_t text;

		/* As it is written: the most significant byte first */
		XXH128_canonicalFromHash(&text, XXH3_128bits_digest(&d->state.xxh128));
		memcpy(ret, text.digest, sizeof text.digest);
		return;
	}
#endif
	sha256_finish_ctx(&d->state.sha256, ret);
}
