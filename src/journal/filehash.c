/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "journal/filehash.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/retry.h"
#include "journal/xxh.h"
#include "sha256.h"
#include "xalloc.h"

/* Bytes that are read at a time: beyond this a call more makes no difference. */
#define CHUNK ((size_t)256 << 10)

static void put(unsigned char *digest, struct xxh128 hash)
{
	for (int i = 0; i < 8; i++) {
		digest[i] = hash.high >> (56 - 8 * i);
		digest[8 + i] = hash.low >> (56 - 8 * i);
	}
}

int filehash(int fd, unsigned char *digest, size_t len)
{
	bool xxh = len == 16;
	struct xxh_state *state;
	struct sha256_ctx sha;
	ssize_t n;

	if (!xxh && len != SHA256_DIGEST_SIZE)
		return EINVAL;
	char *buf = xmalloc(CHUNK);
	state = xxh ? xxh_begin() : NULL;
	sha256_init_ctx(&sha);
	while ((n = RETRY(read(fd, buf, CHUNK))) > 0) {
		if (xxh)
			xxh_more(state, buf, n);
		else
			sha256_process_bytes(buf, n, &sha);
	}
	int err = n < 0 ? errno : 0;
	if (xxh)
		put(digest, xxh_end(state));
	else
		sha256_finish_ctx(&sha, digest);
	free(buf);
	return err;
}
