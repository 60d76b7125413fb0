/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Change a byte of the copy, or its size, after it was written and before it is read back:
 * COPYFILE_VERIFY finds each, tells where, and leaves no such file.  CORRUPTIONS says how many
 * there are.
 *
 * For the library built with CF_FAULT_INJECTION, whose hook is told of each call.
 */
#include <config.h>

#include "scratch.h"
#include "tap.h"

#include "sys.h"

static const struct {
	const char *name;
	uint64_t flags;
	bool there;		/* the destination exists, and is rewritten in place */
	bool holes;		/* the source has some */
} ways[] = {
	{ "default", 0 },
	{ "read and write", COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE },
	{ "SPARSE", COPYFILE_SPARSE },
	{ "holes", 0, .holes = true },
	{ "REPLACE", COPYFILE_REPLACE },
	{ "TRUNCATE", COPYFILE_TRUNCATE, .there = true },
};

enum { WAYS = sizeof ways / sizeof *ways };

enum what { FLIP, CUT, GROW, WHATS };

static const char *const words[] = { "a bit flipped", "cut off", "grown" };

/* What the hook does, once */
static struct {
	enum what what;
	off_t at;
	bool armed;
} plan;

/* The copy as this process has it open: it may have no name yet. */
static int open_copy(void)
{
	char path[64], name[PATH_MAX];

	for (int fd = 3; fd < 64; fd++) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, name, sizeof name - 1);
		if (n < 0)
			continue;
		name[n] = '\0';
		int flags = fcntl(fd, F_GETFL);
		if ((flags & O_ACCMODE) != O_RDONLY && strstr(name, "/d/"))
			return open(path, O_RDWR | O_CLOEXEC);
	}
	return -1;
}

static off_t size_of_copy(void)
{
	int fd = open_copy();
	off_t size = lseek(fd, 0, SEEK_END);

	close(fd);
	return size;
}

static void spoil(void)
{
	int fd = open_copy();
	unsigned char byte = 0;
	int r = -1;

	if (plan.what == CUT)
		r = ftruncate(fd, plan.at);
	else if (plan.what == GROW)
		r = pwrite(fd, "more", 4, plan.at) == 4 ? 0 : -1;
	else if (pread(fd, &byte, 1, plan.at) == 1) {
		byte ^= 0x10;
		r = pwrite(fd, &byte, 1, plan.at) == 1 ? 0 : -1;
	}
	if (fd < 0 || r < 0)
		bail_out("cannot spoil the copy: %s", strerror(errno));
	close(fd);
}

static int hook(const char *call)
{
	/*
	 * With these flags only a verification writes data out, or sets O_DIRECT before it reads.
	 * The data is in the page cache.
	 */
	bool verifies = strcmp(call, "sync_file_range") == 0 || strcmp(call, "fsync") == 0 ||
			strcmp(call, "fcntl") == 0;

	if (plan.armed && verifies && size_of_copy() >= plan.at + (plan.what == FLIP)) {
		plan.armed = false;
		spoil();
	}
	return 0;
}

static off_t make_source(int way, unsigned int seed)
{
	size_t size = 1 + seed % (seed % 3 ? 300000 : 30000);

	put_pattern("src", size, seed);
	if (!ways[way].holes)
		return (off_t)size;
	if (truncate("src", (off_t)size + 200000) != 0)
		bail_out("truncate: %s", strerror(errno));
	append("src", "end", 3);
	return (off_t)size + 200003;
}

/* Returns what is wrong, or NULL. */
static const char *try(int way, enum what what, unsigned int seed, uint32_t hash)
{
	const struct copyfile_how how = {
		.flags = ways[way].flags | COPYFILE_SYNC | COPYFILE_VERIFY, .hash = hash,
	};
	off_t size = make_source(way, seed);

	remove_tree("d");
	mkdir("d", 0755);
	if (ways[way].there)
		put_text("d/dst", "old");
	plan.what = what;
	plan.at = what == GROW ? size : (off_t)(seed / 7 % (unsigned long)size);
	plan.armed = true;
	int ret = copyfileat(AT_FDCWD, "src", AT_FDCWD, "d/dst", &how, sizeof how);
	struct copyfile_info info = last_info();

	if (plan.armed)
		return "the hook was not called";
	if (ret != -EBADMSG || info.error != ret)
		return "not found";
	if (info.stage != COPYFILE_COMPARE)
		return "found elsewhere";
	if (info.differs_at != (uint64_t)plan.at)
		return "another place is told";
	if (!info.hash || info.compared == COPYFILE_COMPARED_NOT)
		return "no digest, or nothing compared";
	if (ways[way].there)
		return info.partial == COPYFILE_PARTIAL_KEPT ? NULL : "not told that it is kept";
	return count_names("d") ? "the file is left" : NULL;
}

/* A file that is read back from its beginning while the rest is copied */
static void test_big(void)
{
	const off_t size = 64 << 20;
	const off_t places[] = { 0, 8 << 20, (32 << 20) - 1, size - 1 };
	const struct copyfile_how how = {
		.flags = COPYFILE_SYNC | COPYFILE_VERIFY | COPYFILE_REPLACE | COPYFILE_NO_REFLINK,
	};

	put_pattern("src", size, 77);
	is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "d/dst", &how, sizeof how), 0, "a big file");
	ok(same_data("src", "d/dst"), "a good copy");
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		plan.what = FLIP;
		plan.at = places[i];
		plan.armed = true;
		is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "d/dst", &how, sizeof how), -EBADMSG,
		       "the byte at %lld is changed", (long long)plan.at);
		is_int(last_info().differs_at, plan.at, "and found there");
	}
}

int main(void)
{
	const char *asked = getenv("CORRUPTIONS");
	int rounds = asked ? atoi(asked) : 72, bad = 0, found = 0;

	scratch_enter("corrupt");
	mkdir("d", 0755);
	cf_fault = hook;
	for (int i = 0; i < rounds; i++) {
		int way = i % WAYS;
		enum what what = i / WAYS % WHATS;
		unsigned int seed = 12345 + 7919u * (unsigned int)i;
		const char *wrong = try(way, what, seed,
					i % 5 ? COPYFILE_HASH_DEFAULT : COPYFILE_HASH_SHA256);

		found += !wrong;
		if (wrong && bad++ < 10)
			diag("%s, %s at %lld, seed %u: %s; result %d, stage %u, differs at %lld",
			     ways[way].name, words[what], (long long)plan.at, seed, wrong,
			     last_info().error, last_info().stage,
			     (long long)last_info().differs_at);
	}
	is_int(found, rounds, "of %d corruptions all are found, and the place is told", rounds);
	test_big();
	cf_fault = NULL;
	return scratch_done();
}
