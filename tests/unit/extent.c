/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * extent: where a file has data, whatever lseek(2) says.  An answer that does not bring the
 * position forward counts as data to the end; so no data is ever taken for a hole.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "extent.h"

#include "scratch.h"
#include "tap.h"

#define MIB ((off_t)1 << 20)

/* ------------------------ lseek(2), which can be made to say something else */

static struct {
	bool on;
	off_t data, hole;	/* the position, or a negated error number */
} answer;

off_t __real_lseek(int fd, off_t at, int whence);
off_t __wrap_lseek(int fd, off_t at, int whence);

off_t __wrap_lseek(int fd, off_t at, int whence)
{
	off_t r = whence == SEEK_DATA ? answer.data : answer.hole;

	if (!answer.on || (whence != SEEK_DATA && whence != SEEK_HOLE))
		return __real_lseek(fd, at, whence);
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

/* What cf_extent_next() makes of two answers, for [1000, 5000) of a file */
static void test_answers(void)
{
	static const struct {
		const char *name;
		off_t data, hole;
		int result;
		struct cf_extent extent;
	} cases[] = {
		{ "data at once", 1000, 3000, 1, { 1000, 3000 } },
		{ "data after a hole", 2000, 5000, 1, { 2000, 5000 } },
		{ "no more data", -ENXIO, 0, 0, { 0, 0 } },
		{ "data behind the size: the file has grown", 6000, 7000, 1, { 6000, 7000 } },
		{ "data before the position", 999, 3000, 1, { 1000, 5000 } },
		{ "not supported: EINVAL", -EINVAL, 0, 1, { 1000, 5000 } },
		{ "not supported: EOPNOTSUPP", -EOPNOTSUPP, 0, 1, { 1000, 5000 } },
		{ "not supported: ENOSYS", -ENOSYS, 0, 1, { 1000, 5000 } },
		{ "the search for data fails", -EIO, 0, -EIO, { 0, 0 } },
		{ "the search for a hole fails", 2000, -EIO, -EIO, { 0, 0 } },
		{ "cut off between the two", 2000, -ENXIO, 0, { 0, 0 } },
		{ "a hole where the data begins", 2000, 2000, 1, { 2000, 5000 } },
		{ "a hole before the data", 2000, 0, 1, { 2000, 5000 } },
		{ "a hole before the data, behind the size", 6000, 10, 1, { 6000, 6001 } },
	};

	for (unsigned int i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct cf_extent e = { 0, 0 };

		answer.on = true;
		answer.data = cases[i].data;
		answer.hole = cases[i].hole;
		int ret = cf_extent_next(0, 1000, 5000, &e);
		answer.on = false;
		is_int(ret, cases[i].result, "%s", cases[i].name);
		ok(e.start == cases[i].extent.start && e.end == cases[i].extent.end,
		   "[%lld, %lld)", (long long)e.start, (long long)e.end);
	}
	answer.on = true;
	answer.data = -EINVAL;
	struct cf_extent e;
	is_int(cf_extent_next(0, 5000, 5000, &e), 0, "not supported, at the end: no more data");
	answer.on = false;
}

/* --------------------------------------------------------------- real files */

/* The bytes that are data, by one extent after the other; -1: they are no extents */
static off_t data_of(const char *name, off_t *ret_first)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), r;
	off_t size = stat_of(name).st_size, pos = 0, sum = 0;
	struct cf_extent e;

	*ret_first = -1;
	while ((r = cf_extent_next(fd, pos, size, &e)) > 0) {
		if (e.start < pos || e.end <= e.start)
			sum = -size;
		if (*ret_first < 0)
			*ret_first = e.start;
		sum += e.end - e.start;
		pos = e.end;
	}
	close(fd);
	return r < 0 || sum < 0 ? -1 : sum;
}

static void test_files(void)
{
	off_t first, data;
	int fd;

	put_pattern("plain", 300000, 1);
	is_int(data_of("plain", &first), 300000, "a file without holes is data");
	is_int(first, 0, "from the beginning");
	put_text("empty", "");
	is_int(data_of("empty", &first), 0, "an empty file has none");

	put_hole("hole", 4 * MIB);
	fd = open("hole", O_WRONLY | O_CLOEXEC);
	if (pwrite(fd, "data", 4, MIB) != 4 || fsync(fd) != 0)
		bail_out("hole: %s", strerror(errno));
	close(fd);
	data = data_of("hole", &first);
	ok(data >= 4 && data <= 4 * MIB, "a file with holes: its data is there (%lld)",
	   (long long)data);
	ok(first <= MIB && first + data > MIB, "where it is");
	struct stat st = stat_of("hole"), plain = stat_of("plain");
	if (data == 4 * MIB)
		skip(1, "this file system has no holes");
	else
		ok(cf_extent_sparse(&st), "it is known by its blocks");
	ok(!cf_extent_sparse(&plain), "one without is not");
}

int main(void)
{
	scratch_enter("extent");
	test_answers();
	test_files();
	return done_testing();
}
