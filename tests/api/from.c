/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copyfile_how.from: a copy that did not end is gone on with; copyfile_info.prefix */
#include <config.h>

#include "scratch.h"

enum { MIB = 1024 * 1024, SIZE = 3 * MIB + 12345 };

/* dst has the first have bytes of src, but for one, which shows whether they are copied again */
static void make_part(const char *src, off_t have)
{
	char *bytes = malloc(SIZE);
	int in = open(src, O_RDONLY), out = open("dst", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (in < 0 || out < 0 || pread(in, bytes, have, 0) != have)
		bail_out("no part of a copy");
	bytes[MIB / 2] ^= 1;
	if (write(out, bytes, have) != have || close(in) || close(out))
		bail_out("no part of a copy");
	free(bytes);
}

/* Returns how many bytes of dst differ from src; -1 if its size does. */
static int differences(const char *src)
{
	char *a = malloc(SIZE), *b = malloc(SIZE + 1);
	int in = open(src, O_RDONLY), out = open("dst", O_RDONLY), n = 0;

	if (pread(in, a, SIZE, 0) != SIZE || pread(out, b, SIZE + 1, 0) != SIZE)
		n = -1;
	for (int i = 0; n >= 0 && i < SIZE; i++)
		n += a[i] != b[i];
	close(in);
	close(out);
	free(a);
	free(b);
	return n;
}

static int go_on(const char *src, uint64_t from, struct copyfile_how *how)
{
	struct stat st;

	if (stat("dst", &st) < 0)
		bail_out("no part of a copy");
	how->flags |= COPYFILE_TRUNCATE;
	how->dst_dev = st.st_dev;
	how->dst_ino = st.st_ino;
	how->from = from;
	return finish(copyfileat(AT_FDCWD, src, AT_FDCWD, "dst", how, sizeof *how));
}

static void test_kept(const char *src, unsigned long flags, const char *name)
{
	struct copyfile_info plain, info;
	struct copyfile_how how = {
		.flags = flags | COPYFILE_TRUNCATE, .hash = COPYFILE_HASH_SHA256,
	};

	make_part(src, MIB);
	is_int(finish(copyfileat(AT_FDCWD, src, AT_FDCWD, "dst", &how, sizeof how)), 0,
	       "%s: a whole copy", name);
	plain = last_info();
	is_int(plain.prefix, SIZE, "%s: all is its prefix", name);
	is_int(differences(src), 0, "%s: it is one", name);

	for (off_t have = 2 * MIB; have <= SIZE; have += SIZE - 2 * MIB) {
		make_part(src, have);
		is_int(go_on(src, 2 * MIB, &how), 0, "%s: two of %lld bytes are kept", name,
		       (long long)have);
		info = last_info();
		is_int(differences(src), 1, "%s: what was there is not copied again", name);
		is_int(info.bytes_done, SIZE, "%s: all is in place", name);
		is_int(info.prefix, SIZE, "%s: from the beginning on", name);
		ok(info.bytes_moved <= SIZE - 2 * MIB, "%s: only the rest was moved", name);
		ok(!memcmp(info.digest, plain.digest, sizeof info.digest),
		   "%s: the digest is that of all", name);
	}
	make_part(src, MIB);
	is_int(go_on(src, 2 * MIB, &how), 0, "%s: less is there than was said", name);
	is_int(differences(src), 0, "%s: then all is copied", name);
}

static void test_refused(void)
{
	struct copyfile_how how = { .from = 1 };

	is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "new", &how, sizeof how), -EINVAL,
	       "without TRUNCATE");
	how.flags = COPYFILE_TRUNCATE;
	is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "new", &how, sizeof how), -EINVAL,
	       "of a file that is not known");
	make_part("src", MIB);
	how.flags = COPYFILE_TRUNCATE | COPYFILE_REFLINK;
	is_int(go_on("src", 1, &how), -EINVAL, "with REFLINK");
	how.flags = COPYFILE_TRUNCATE;
	is_int(go_on("src", UINT64_MAX, &how), -EINVAL, "more than a file can have");
	how.dst_ino++;
	how.from = MIB;
	is_int(finish(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", &how, sizeof how)), -ESTALE,
	       "of another file");
}

int main(void)
{
	scratch_enter("from");
	put_pattern("src", SIZE, 7);
	put_pattern("sparse", SIZE, 8);
	int fd = open("sparse", O_WRONLY);
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, MIB + MIB / 2, MIB) < 0)
		diag("no holes here");
	close(fd);
	for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++)
		test_kept("src", schedules[i].flag, schedules[i].name);
	test_kept("src", COPYFILE_NO_REFLINK, "by the buffer");
	test_kept("src", COPYFILE_SPARSE, "sparse");
	test_kept("sparse", 0, "with a hole");
	test_refused();
	return scratch_done();
}
