/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* digest: known values, in one piece and in many; zeros; a restart. */
#include <config.h>

#include "digest.h"

#include "scratch.h"
#include "tap.h"

/* What `xxhsum -H2` and `sha256sum` print */
static const struct {
	uint32_t kind;
	const char *bytes, *hex;
} known[] = {
	{ COPYFILE_HASH_XXH128, "", "99aa06d3014798d86001c324468d497f" },
	{ COPYFILE_HASH_XXH128, "abc", "06b05ab6733a618578af5f94892f3950" },
	{ COPYFILE_HASH_SHA256, "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ COPYFILE_HASH_SHA256, "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
};

static const uint32_t kinds[] = { COPYFILE_HASH_XXH128, COPYFILE_HASH_SHA256 };

enum { KINDS = sizeof kinds / sizeof *kinds, KNOWN = sizeof known / sizeof *known };

static struct cf_digest *begin(uint32_t kind)
{
	struct cf_digest *d = cf_digest_new(kind);

	if (!d)
		bail_out("no memory");
	return d;
}

static void end(struct cf_digest *d, unsigned char ret[static COPYFILE_DIGEST_MAX])
{
	cf_digest_end(d, ret);
	cf_digest_free(d);
}

static void test_known(void)
{
	for (int i = 0; i < KNOWN; i++) {
		unsigned char got[COPYFILE_DIGEST_MAX];
		char hex[2 * COPYFILE_DIGEST_MAX + 1];
		size_t len = strlen(known[i].hex);

		if (!cf_digest_name(known[i].kind)) {
			skip(2, "built without hash %u", known[i].kind);
			continue;
		}
		struct cf_digest *d = begin(known[i].kind);
		cf_digest_add(d, known[i].bytes, strlen(known[i].bytes));
		end(d, got);
		for (size_t j = 0; j < COPYFILE_DIGEST_MAX; j++)
			sprintf(hex + 2 * j, "%02x", got[j]);
		ok(strncmp(hex, known[i].hex, len) == 0, "%s of \"%s\"",
		   cf_digest_name(known[i].kind), known[i].bytes);
		is_int(strspn(hex + len, "0"), sizeof hex - 1 - len, "then zeros");
	}
}

static void test_pieces(uint32_t kind)
{
	static unsigned char bytes[100003];
	unsigned char whole[COPYFILE_DIGEST_MAX], pieces[COPYFILE_DIGEST_MAX];
	struct cf_digest *d = begin(kind);

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = i % 251;
	cf_digest_add(d, bytes, sizeof bytes);
	end(d, whole);
	d = begin(kind);
	cf_digest_add(d, "what is forgotten", 17);
	cf_digest_restart(d);
	for (size_t at = 0, len = 1; at < sizeof bytes; at += len, len = len * 3 % 4099) {
		len = len < sizeof bytes - at ? len : sizeof bytes - at;
		cf_digest_add(d, bytes + at, len);
	}
	end(d, pieces);
	ok(memcmp(whole, pieces, sizeof whole) == 0, "%s: pieces make the same",
	   cf_digest_name(kind));
}

static void test_zeros(uint32_t kind)
{
	static const unsigned char zeros[50001];
	unsigned char written[COPYFILE_DIGEST_MAX], counted[COPYFILE_DIGEST_MAX];
	struct cf_digest *d = begin(kind);

	cf_digest_add(d, "x", 1);
	cf_digest_add(d, zeros, sizeof zeros);
	end(d, written);
	d = begin(kind);
	cf_digest_add(d, "x", 1);
	cf_digest_add_zeros(d, sizeof zeros);
	end(d, counted);
	ok(memcmp(written, counted, sizeof written) == 0, "%s: zeros need not be there",
	   cf_digest_name(kind));
}

int main(void)
{
	ok(!cf_digest_name(COPYFILE_HASH_DEFAULT) && !cf_digest_name(COPYFILE_HASH_SHA256 + 1),
	   "what is no hash has no name");
	ok(cf_digest_name(cf_digest_default()), "the default is a hash");
	test_known();
	for (int i = 0; i < KINDS; i++)
		if (cf_digest_name(kinds[i])) {
			test_pieces(kinds[i]);
			test_zeros(kinds[i]);
		}
	return done_testing();
}
