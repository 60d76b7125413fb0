/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xxh - short names for long things: XXH3, of 64 and of 128 bits.  Thread-safe. */
#ifndef PCP_XXH_H
#define PCP_XXH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xxh128 {
	uint64_t low, high;
};

/* Returns false if this pcp was built without XXH3; then the functions below are not called. */
bool xxh_is_there(void);

/*
 * Return the hash of len bytes.  A seed is no more than something that damaged bytes do not know:
 * short inputs with different seeds may well have one hash.
 */
uint64_t xxh_64(const void *bytes, size_t len, uint64_t seed);
struct xxh128 xxh_128(const void *bytes, size_t len);

/* Returns the hash of a number and a name together. */
struct xxh128 xxh_numbered(uint64_t number, const char *name);

/* The hash of bytes that come in pieces: xxh_end() returns it, and ends what xxh_begin() began. */
struct xxh_state *xxh_begin(void);
void xxh_more(struct xxh_state *state, const void *bytes, size_t len);
struct xxh128 xxh_end(struct xxh_state *state);

/* Bytes of a struct xxh128 in hexadecimal, with the NUL */
#define XXH_TEXT 33

/* Write hash to text in hexadecimal. */
void xxh_text(char text[static XXH_TEXT], struct xxh128 hash);

#endif
