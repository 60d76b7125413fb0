/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the functions are compiled in from <xxhash.h>, here alone.  They find accidents, but no
 * forger: whoever may write to a journal may as well write to what it describes.
 */
#include <config.h>

#include "journal/xxh.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#ifdef HAVE_XXHASH
#define XXH_INLINE_ALL
#include <xxhash.h>
#endif

bool xxh_is_there(void)
{
#ifdef HAVE_XXHASH
	return true;
#else
	return false;
#endif
}

uint64_t xxh_64(const void *bytes, size_t len, uint64_t seed)
{
#ifdef HAVE_XXHASH
	return XXH3_64bits_withSeed(bytes, len, seed);
#else
	(void)bytes;
	return len + seed;
#endif
}

struct xxh128 xxh_128(const void *bytes, size_t len)
{
#ifdef HAVE_XXHASH
	XXH128_hash_t hash = XXH3_128bits(bytes, len);

	return (struct xxh128){ .low = hash.low64, .high = hash.high64 };
#else
	return (struct xxh128){ .low = xxh_64(bytes, len, 0) };
#endif
}

struct xxh128 xxh_numbered(uint64_t number, const char *name)
{
	size_t len = strlen(name);
	char small[512], *bytes = len <= sizeof small - 8 ? small : xmalloc(8 + len);

	for (int i = 0; i < 8; i++)
		bytes[i] = number >> 8 * i;
	memcpy(bytes + 8, name, len);
	struct xxh128 hash = xxh_128(bytes, 8 + len);
	if (bytes != small)
		free(bytes);
	return hash;
}

struct xxh_state *xxh_begin(void)
{
#ifdef HAVE_XXHASH
	XXH3_state_t *state = aligned_alloc(_Alignof(XXH3_state_t), sizeof *state);

	if (!state)
		xalloc_die();
	XXH3_128bits_reset(state);
	return (struct xxh_state *)state;
#else
	return xmalloc(1);
#endif
}

void xxh_more(struct xxh_state *state, const void *bytes, size_t len)
{
#ifdef HAVE_XXHASH
	XXH3_128bits_update((XXH3_state_t *)state, bytes, len);
#else
	(void)state, (void)bytes, (void)len;
#endif
}

struct xxh128 xxh_end(struct xxh_state *state)
{
	struct xxh128 hash = { .low = 0 };

#ifdef HAVE_XXHASH
	const XXH128_hash_t h = XXH3_128bits_digest((XXH3_state_t *)state);
	hash = (struct xxh128){ .low = h.low64, .high = h.high64 };
#endif
	free(state);
	return hash;
}

void xxh_text(char text[static XXH_TEXT], struct xxh128 hash)
{
	snprintf(text, XXH_TEXT, "%016" PRIx64 "%016" PRIx64, hash.high, hash.low);
}
