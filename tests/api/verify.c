/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * COPYFILE_VERIFY and copyfile_how.hash: in each way of copying the copy is found to be good,
 * and the digest is that of the contents.  That bad ones are found is tested in tests/fault.
 */
#include <config.h>

#include "scratch.h"
#include "tap.h"

/* Files, made by make_files(), of which the digests are compared */
static const char *const sources[] = { "small", "big", "holes", "tail", "zeros", "empty" };

enum { SOURCES = sizeof sources / sizeof *sources };

static const struct {
	const char *name;
	uint64_t flags;
	bool there;		/* the destination exists */
} ways[] = {
	{ "default", 0 },
	{ "no reflink", COPYFILE_NO_REFLINK },
	{ "plain read and write", COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE },
	{ "SPARSE", COPYFILE_SPARSE | COPYFILE_NO_REFLINK },
	{ "REPLACE", COPYFILE_REPLACE, true },
	{ "TRUNCATE", COPYFILE_TRUNCATE, true },
	{ "TRUNCATE, nothing there", COPYFILE_TRUNCATE },
	{ "FSYNC and attributes", COPYFILE_FSYNC | COPYFILE_ATTRS | COPYFILE_LENIENT },
};

enum { WAYS = sizeof ways / sizeof *ways };

static void put_end(const char *name, off_t size)
{
	put_hole(name, size);
	append(name, "the end", 7);
}

static void make_files(void)
{
	put_pattern("small", 1000, 1);
	put_pattern("big", 3000001, 2);
	put_end("holes", 1 << 20);
	put_end("tail", 123456);
	if (truncate("tail", 3 << 20) != 0)
		bail_out("truncate: %s", strerror(errno));
	put_hole("zeros", 1 << 20);
	put("empty", "", 0);
}

/* The digest of a file, by a copy of it */
static struct copyfile_info digest_of(const char *name, uint32_t hash)
{
	const struct copyfile_how how = {
		.flags = COPYFILE_SYNC | COPYFILE_REPLACE | COPYFILE_NO_REFLINK |
			 COPYFILE_NO_SPARSE,
		.hash = hash,
	};
	int ret = copyfileat(AT_FDCWD, name, AT_FDCWD, "scrap", &how, sizeof how);

	is_int(ret, 0, "%s: the digest, and no comparison", name);
	return last_info();
}

static void try_way(int way, int schedule, const char *src, const struct copyfile_info *want)
{
	const struct copyfile_how how = {
		.flags = ways[way].flags | schedules[schedule].flag | COPYFILE_VERIFY,
		.hash = want->hash,
	};
	struct copyfile_info info;

	drop("dst");
	if (ways[way].there)
		put_pattern("dst", 5000, 9);
	int ret = finish(copyfileat(AT_FDCWD, src, AT_FDCWD, "dst", &how, sizeof how));
	info = last_info();
	if (!ok(ret == 0 && same_data(src, "dst") && info.stage == COPYFILE_DONE &&
		info.compared != COPYFILE_COMPARED_NOT && info.hash == want->hash &&
		memcmp(info.digest, want->digest, sizeof info.digest) == 0,
		"%s, %s, %s, %s", src, ways[way].name, schedules[schedule].name,
		copyfile_hash_name(want->hash)))
		diag("result %d, stage %u, compared %u, hash %u", ret, info.stage,
		     info.compared, info.hash);
}

static void test_ways(uint32_t hash)
{
	for (int s = 0; s < SOURCES; s++) {
		struct copyfile_info want = digest_of(sources[s], hash);

		is_int(want.compared, COPYFILE_COMPARED_NOT, "nothing was read back");
		for (int way = 0; way < WAYS; way++)
			for (int i = 0; i < SCHEDULES; i++)
				try_way(way, i, sources[s], &want);
	}
}

static void test_made_up(void)
{
	is_int(copy("/proc/version", "made-up", COPYFILE_VERIFY), 0, "a file of /proc");
	ok(same_data("/proc/version", "made-up") && last_info().hash, "with its contents");
}

static void test_default(void)
{
	is_int(copy("small", "by-default", COPYFILE_VERIFY), 0, "no hash is named");
	ok(strcmp(copyfile_hash_name(last_info().hash), copyfile_hash_name(0)) == 0,
	   "it is the default, %s", copyfile_hash_name(0));
	is_int(copy("small", "/dev/null", COPYFILE_VERIFY | COPYFILE_TRUNCATE), 0, "to a device");
	is_int(last_info().compared, COPYFILE_COMPARED_NOT, "which is not read");
	ok(last_info().hash, "but there is a digest");
	ok(!copyfile_hash_name(COPYFILE_HASH_SHA256 + 1), "what is no hash has no name");
}

static void test_refused(void)
{
	struct copyfile_how how = { .flags = COPYFILE_ATTRS_ONLY | COPYFILE_VERIFY };

	is_int(copyfileat(AT_FDCWD, "small", AT_FDCWD, "big", &how, sizeof how), -EINVAL,
	       "ATTRS_ONLY with VERIFY");
	how = (struct copyfile_how){ .flags = COPYFILE_ATTRS_ONLY, .hash = COPYFILE_HASH_SHA256 };
	is_int(copyfileat(AT_FDCWD, "small", AT_FDCWD, "big", &how, sizeof how), -EINVAL,
	       "ATTRS_ONLY with a hash");
	how = (struct copyfile_how){ .hash = COPYFILE_HASH_SHA256 + 1 };
	is_int(copyfileat(AT_FDCWD, "small", AT_FDCWD, "d", &how, sizeof how), -EINVAL,
	       "an unknown hash");
	if (copyfile_hash_name(COPYFILE_HASH_XXH128))
		return;
	how.hash = COPYFILE_HASH_XXH128;
	is_int(copyfileat(AT_FDCWD, "small", AT_FDCWD, "d", &how, sizeof how), -EOPNOTSUPP,
	       "a hash that it was built without");
}

/* The offsets stay, although holes are sought, and dst need not be readable. */
static void test_fds(void)
{
	const struct copyfile_how how = { .flags = COPYFILE_VERIFY };

	for (int s = 0; s < SOURCES; s++) {
		put_pattern("fd", 7000, 3);
		int src = open(sources[s], O_RDONLY | O_CLOEXEC);
		int dst = open("fd", O_WRONLY | O_CLOEXEC);

		lseek(src, 11, SEEK_SET);
		lseek(dst, 13, SEEK_SET);
		is_int(finish(copyfilefd(src, dst, &how, sizeof how)), 0, "open files, %s",
		       sources[s]);
		ok(lseek(src, 0, SEEK_CUR) == 11 && lseek(dst, 0, SEEK_CUR) == 13,
		   "the offsets stay");
		close(src);
		close(dst);
		ok(same_data(sources[s], "fd"), "a good copy");
	}
}

/* Reading the copy is no access that somebody would see. */
static void test_times(void)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };

	put_pattern("old", 100000, 5);
	if (utimensat(AT_FDCWD, "old", old, 0) != 0)
		bail_out("utimensat: %s", strerror(errno));
	is_int(copy("old", "old-copy", COPYFILE_VERIFY | COPYFILE_TIMES), 0, "times are kept");
	ok(stat_of("old-copy").st_mtim.tv_sec == 2000, "that of the last change");
	/* That of the source may be that of this copy. */
	ok(stat_of("old-copy").st_atim.tv_sec == 1000, "that of the last access");
}

int main(void)
{
	static const uint32_t hashes[] = { COPYFILE_HASH_XXH128, COPYFILE_HASH_SHA256 };

	scratch_enter("verify");
	make_files();
	for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
		if (copyfile_hash_name(hashes[i]))
			test_ways(hashes[i]);
	test_made_up();
	test_default();
	test_refused();
	test_fds();
	test_times();
	return scratch_done();
}
