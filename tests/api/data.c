/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes: files of every awkward size and shape arrive whole, by each way
 * of moving them; holes are kept, made, or filled as asked; the size a file
 * claims to have is not believed.
 */
#include <config.h>

#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "scratch.h"
#include "tap.h"

#define KIB ((off_t)1024)
#define MIB (KIB * 1024)

static const struct {
	unsigned long flags;
	const char *name;
} ways[] = {
	{ 0,                                         "default" },
	{ COPYFILE_NO_REFLINK,                       "NO_REFLINK" },
	{ COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE,  "NO_REFLINK|NO_SPARSE" },
	{ COPYFILE_SPARSE,                           "SPARSE" },
	{ COPYFILE_NO_SPARSE,                        "NO_SPARSE" },
	{ COPYFILE_TRUNCATE,                         "TRUNCATE" },
	{ COPYFILE_REPLACE,                          "REPLACE" },
};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* What was done is the sum of what was moved, cloned, and left out. */
static bool adds_up(const struct copyfile_info *info)
{
	return info->bytes_moved + info->bytes_cloned + info->bytes_holes == info->bytes_done;
}

static void test_sizes(void)
{
	static const size_t sizes[] = {
		0, 1, 511, 512, 4095, 4096, 4097, 8192, 65535, 65536, 65537,
		262143, 262144, 262145, 1048575, 1048576, 1048577, 5000001,
	};
	unsigned int size, way, how;

	for (size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
		int failed = 0, different = 0, told = 0;

		put_pattern("src", sizes[size], size);
		for (way = 0; way < WAYS; way++) {
			for (how = 0; how < SCHEDULES; how++) {
				struct copyfile_info info;
				int ret;

				if (ways[way].flags & (COPYFILE_TRUNCATE | COPYFILE_REPLACE))
					put_pattern("dst", 12345, 99);
				else
					drop("dst");
				ret = copy("src", "dst", ways[way].flags | schedules[how].flag);
				info = last_info();
				if (ret != 0) {
					failed++;
					diag("%zu bytes, %s, %s: %s", sizes[size], ways[way].name,
					     schedules[how].name, strerror(-ret));
				} else if (!same_data("src", "dst")) {
					different++;
					diag("%zu bytes, %s, %s: differs", sizes[size],
					     ways[way].name, schedules[how].name);
				}
				if (info.bytes_total != sizes[size] ||
				    info.bytes_done != sizes[size] ||
				    !adds_up(&info) ||
				    info.bytes_holes != 0)
					told++;
			}
		}
		is_int(failed, 0, "%zu bytes: copied in each way", sizes[size]);
		is_int(different, 0, "%zu bytes: arrive unchanged", sizes[size]);
		is_int(told, 0, "%zu bytes: info gives the size", sizes[size]);
	}
}

/* A file of size bytes with data at [start, start + len) for each pair */
static void put_sparse(const char *name, off_t size, const off_t (*data)[2], int n)
{
	char *buf = malloc(64 * KIB);
	int fd, i;

	put_hole(name, size);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || !buf)
		bail_out("%s: %s", name, strerror(errno));
	for (i = 0; i < n; i++) {
		off_t at = data[i][0], end = at + data[i][1];

		while (at < end) {
			size_t len = end - at < 64 * KIB ? (size_t)(end - at) : 64 * KIB;

			memset(buf, 'a' + i % 26, len);
			if (pwrite(fd, buf, len, at) != (ssize_t)len)
				bail_out("%s: %s", name, strerror(errno));
			at += len;
		}
	}
	/* File systems that allocate late know their holes only afterwards */
	if (fsync(fd) != 0 || close(fd) != 0)
		bail_out("%s: %s", name, strerror(errno));
	free(buf);
}

/* Bytes in holes, as lseek() tells; 0 where the file system doesn't know */
static off_t hole_bytes(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	off_t size, at = 0, holes = 0;

	if (fd < 0)
		return -1;
	if (fsync(fd) != 0)
		diag("fsync: %s", strerror(errno));
	size = lseek(fd, 0, SEEK_END);
	while (at < size) {
		off_t data = lseek(fd, at, SEEK_DATA);

		if (data < 0)
			data = size;	/* ENXIO: a hole up to the end */
		holes += data - at;
		at = data < size ? lseek(fd, data, SEEK_HOLE) : size;
		if (at < 0)
			break;
	}
	close(fd);
	return holes;
}

static const off_t leading[][2] = { { 4 * MIB, 1 * MIB } };
static const off_t trailing[][2] = { { 0, 1 * MIB } };
static const off_t middle[][2] = { { 0, 1 * MIB }, { 3 * MIB, 2 * MIB } };
static const off_t both[][2] = { { 2 * MIB, 128 * KIB } };
static const off_t odd[][2] = { { 1 * MIB + 1, 70001 } };

static off_t many[200][2];

static const struct {
	const char *name;
	off_t size;
	const off_t (*data)[2];
	int n;
} shapes[] = {
	{ "a leading hole",    5 * MIB,        leading,  1 },
	{ "a trailing hole",   5 * MIB,        trailing, 1 },
	{ "a hole between",    5 * MIB,        middle,   2 },
	{ "holes at both ends", 5 * MIB,       both,     1 },
	{ "data at odd places", 3 * MIB + 7,   odd,      1 },
	{ "nothing but a hole", 16 * MIB,      NULL,     0 },
	{ "a hole of odd size", 999999,        NULL,     0 },
	{ "200 holes",         200 * 256 * KIB, (const off_t (*)[2])many, 200 },
};

/* Returns true if info says of a copy with flags what a file of size with holes is. */
static bool tells_of_holes(const struct copyfile_info *info, unsigned long flags, off_t size,
			   off_t holes)
{
	if (!adds_up(info) || info->bytes_done != (uint64_t)size)
		return false;
	if (flags & COPYFILE_NO_SPARSE)
		return info->bytes_holes == 0;
	return info->bytes_cloned != 0 || info->bytes_holes >= (uint64_t)holes;
}

/* Returns true if no block of it is missing, however that was allocated. */
static bool is_filled(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fsync(fd) != 0 || fstat(fd, &st) != 0)
		bail_out("%s: %s", name, strerror(errno));
	close(fd);
	return (off_t)st.st_blocks * 512 >= st.st_size;
}

static void test_holes(void)
{
	unsigned int i, way, how;

	for (i = 0; i < 200; i++) {
		many[i][0] = i * 256 * KIB + (i % 2) * 64 * KIB;
		many[i][1] = 64 * KIB;
	}
	for (i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		int different = 0, fewer = 0, filled = 0, unfilled = 0, told = 0;
		off_t holes;

		put_sparse("src", shapes[i].size, shapes[i].data, shapes[i].n);
		holes = hole_bytes("src");
		for (way = 0; way < WAYS; way++) {
			for (how = 0; how < SCHEDULES; how++) {
				unsigned long flags = ways[way].flags | schedules[how].flag;
				struct copyfile_info info;
				int ret;

				drop("dst");
				ret = copy("src", "dst", flags);
				info = last_info();
				if (!tells_of_holes(&info, flags, shapes[i].size, holes))
					told++;
				if (ret != 0 || !same_data("src", "dst")) {
					different++;
					diag("%s, %s, %s: no good copy", shapes[i].name,
					     ways[way].name, schedules[how].name);
					continue;
				}
				if ((flags & COPYFILE_NO_SPARSE) == 0) {
					if (hole_bytes("dst") < holes)
						fewer++;
					continue;
				}
				if (is_filled("dst"))
					filled++;
				else
					unfilled++;
			}
		}
		is_int(different, 0, "%s: arrives unchanged, in each way", shapes[i].name);
		is_int(told, 0, "%s: info tells how much is in holes", shapes[i].name);
		if (holes == 0)
			skip(2, "this file system tells of no holes");
		else {
			is_int(fewer, 0, "%s: the holes stay", shapes[i].name);
			ok(unfilled == 0 && filled > 0, "%s: NO_SPARSE fills them",
			   shapes[i].name);
		}
	}
	drop("src");
	drop("dst");
}

/* Zeros that are written out in the source become holes with SPARSE only */
static void test_zeros(void)
{
	char *zeros = calloc(1, MIB);
	off_t can;
	int i;

	put_hole("probe", MIB);
	can = hole_bytes("probe");
	put("src", zeros, MIB);
	append("src", "not zero", 8);
	append("src", zeros, MIB);
	free(zeros);
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long how = schedules[i].flag;

		is_int(copy("src", "dst", how | COPYFILE_SPARSE | COPYFILE_NO_REFLINK), 0,
		       "%s: SPARSE", schedules[i].name);
		ok(same_data("src", "dst"), "%s: a good copy", schedules[i].name);
		struct copyfile_info info = last_info();

		ok(adds_up(&info) && info.bytes_holes >= 2 * MIB - 128 * KIB,
		   "%s: zeros that were left out count as holes", schedules[i].name);
		if (can == 0)
			skip(1, "this file system tells of no holes");
		else
			ok(hole_bytes("dst") >= 2 * MIB - 128 * KIB, "%s: zeros became holes",
			   schedules[i].name);
		drop("dst");
		is_int(copy("src", "dst", how | COPYFILE_NO_REFLINK), 0, "%s: no SPARSE",
		       schedules[i].name);
		is_int(hole_bytes("dst"), hole_bytes("src"), "%s: no hole is made unasked",
		       schedules[i].name);
		drop("dst");
	}
	drop("probe");
	drop("src");
}

/* Files whose size says nothing: 0, or a page */
static void test_kernel_files(void)
{
	static const char *const files[] = {
		"/proc/version", "/proc/filesystems", "/proc/self/cmdline",
		"/proc/self/limits", "/proc/kallsyms", "/proc/config.gz",
		"/sys/class/net/lo/mtu", "/sys/kernel/mm/transparent_hugepage/enabled",
		"/sys/devices/system/cpu/online", "/sys/kernel/notes",
	};
	unsigned int i, how;

	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		if (access(files[i], R_OK) != 0) {
			skip(SCHEDULES, "no %s", files[i]);
			continue;
		}
		for (how = 0; how < SCHEDULES; how++) {
			int ret = copy(files[i], "dst", schedules[how].flag | COPYFILE_REPLACE);

			ok(ret == 0 && same_data(files[i], "dst"), "%s: %s (%d)",
			   schedules[how].name, files[i], ret);
		}
	}
	if (access("/proc/version", R_OK) == 0) {
		is_int(copy("/proc/version", "dst", COPYFILE_REPLACE | COPYFILE_SPARSE), 0,
		       "SPARSE of a file of size 0");
		ok(same_data("/proc/version", "dst"), "is a good copy, too");
	}
	drop("dst");
}

/* A thread that keeps a file growing until it is told to stop */
struct grower {
	atomic_bool stop;
	int fd;
};

static void *grow(void *arg)
{
	struct grower *self = arg;
	struct timespec pause = { .tv_nsec = 200000 };
	char line[4096];
	int i;

	memset(line, 'g', sizeof line);
	for (i = 0; i < 20000 && !self->stop; i++) {
		if (write(self->fd, line, sizeof line) != sizeof line)
			break;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void test_growing(void)
{
	unsigned int way;

	for (way = 0; way < WAYS; way++) {
		struct grower grower = { .fd = -1 };
		off_t before, difference;
		pthread_t thread;
		int ret;

		put_pattern("src", 2 * MIB, way);
		drop("dst");
		grower.fd = open("src", O_WRONLY | O_APPEND | O_CLOEXEC);
		pthread_create(&thread, NULL, grow, &grower);
		before = stat_of("src").st_size;
		ret = copy("src", "dst", COPYFILE_ASYNC | ways[way].flags);
		grower.stop = true;
		pthread_join(thread, NULL);
		close(grower.fd);
		is_int(ret, 0, "%s: a growing source is copied, and comes to an end",
		       ways[way].name);
		struct copyfile_info info = last_info();
		/* A clone may have more than there was when the source was opened. */
		ok(adds_up(&info) && (info.bytes_cloned > 0 ||
				      info.bytes_done == (uint64_t)stat_of("dst").st_size),
		   "%s: the numbers are those of the copy", ways[way].name);
		difference = first_difference("src", "dst");
		ok(stat_of("dst").st_size >= before &&
		   (difference == -1 || difference == stat_of("dst").st_size),
		   "%s: with all that it had at the start, and nothing wrong",
		   ways[way].name);
	}
	drop("src");
	drop("dst");
}

/*
 * Change "src", which is copied behind cookie, before that has ended: cut it off, or
 * append to it.  False: too late.
 */
static bool change_source(int cookie, bool cut)
{
	if (!wait_for_data(cookie))
		return false;
	if (!cut)
		append("src", "more", 4);
	else if (truncate("src", 10) != 0)
		bail_out("truncate: %s", strerror(errno));
	return !readable(cookie, 0);
}

/* Appended to, and cut off, in the middle of a copy that takes its time */
static void test_changed(void)
{
	struct copyfile_setup small = { .chunk = 4096 };
	int cut;

	for (cut = 0; cut < 2; cut++) {
		const char *what = cut ? "cut off" : "appended to";
		off_t size = 32 * MIB;
		bool changed = false;
		int ret = 0;

		is_int(copyfile_setup(&small, sizeof small), 0, "small chunks");
		/* It may end, or be about to, before this thread has a processor: then a
		   longer one. */
		while (!(changed && last_info().changed) && size < 2048 * MIB) {
			drop("dst");
			size *= 2;
			put_hole("src", size);
			int cookie = copyfile("src", "dst", LONG_FLAGS);
			changed = change_source(cookie, cut);
			ret = finish(cookie);
		}
		is_int(ret, 0, "%s meanwhile: no failure", what);
		is_int(last_info().changed, 1, "%s meanwhile: it says so", what);
		struct copyfile_info info = last_info();
		ok(adds_up(&info), "%s meanwhile: the numbers add up", what);
		ok(cut ? stat_of("dst").st_size <= size : stat_of("dst").st_size >= size,
		   "%s meanwhile: its size is sane", what);
		drop("dst");
	}
	drop("src");
}

static bool can_reflink(void)
{
	int src, dst, ret;

	put_pattern("probe", 65536, 1);
	put_text("probe2", "");
	src = open("probe", O_RDONLY | O_CLOEXEC);
	dst = open("probe2", O_WRONLY | O_CLOEXEC);
	ret = ioctl(dst, FICLONE, src);
	close(src);
	close(dst);
	drop("probe");
	drop("probe2");
	return ret == 0;
}

static void test_reflink(void)
{
	char dir[] = ON_TMPFS, src[64], dst[64];
	int i;

	put_pattern("src", 3 * MIB, 7);
	for (i = 0; i < SCHEDULES; i++) {
		int ret = copy("src", "dst", schedules[i].flag | COPYFILE_REFLINK);

		if (can_reflink()) {
			is_int(ret, 0, "%s: REFLINK", schedules[i].name);
			struct copyfile_info info = last_info();

			is_int(info.method, COPYFILE_BY_REFLINK, "%s: shares extents",
			       schedules[i].name);
			ok(info.bytes_cloned == info.bytes_done && adds_up(&info),
			   "%s: all of them are cloned", schedules[i].name);
			ok(same_data("src", "dst"), "%s: and is a copy", schedules[i].name);
		} else {
			is_int(ret, -EOPNOTSUPP, "%s: REFLINK where there is none",
			       schedules[i].name);
			ok(!exists("dst"), "%s: leaves nothing", schedules[i].name);
			is_int(copy("src", "dst", schedules[i].flag), 0,
			       "%s: the default falls back", schedules[i].name);
		}
		drop("dst");
	}

	if (!make_on_tmpfs(dir)) {
		skip(6, "no tmpfs at /dev/shm");
		return;
	}
	snprintf(src, sizeof src, "%s/src", dir);
	snprintf(dst, sizeof dst, "%s/dst", dir);
	put_pattern(src, 100000, 8);
	is_int(copy(src, dst, COPYFILE_REFLINK), -EOPNOTSUPP, "REFLINK on tmpfs");
	ok(!exists(dst), "leaves nothing");
	if (stat_of("src").st_dev == stat_of(src).st_dev)
		skip(4, "the scratch directory is the same file system");
	else {
		int ret = copy(src, "dst", COPYFILE_REFLINK);

		ok(ret == -EXDEV || ret == -EOPNOTSUPP, "REFLINK between file systems (%d)",
		   ret);
		ok(!exists("dst"), "leaves nothing");
		is_int(copy(src, "dst", 0), 0, "a plain copy between file systems");
		ok(same_data(src, "dst"), "is one");
		drop("dst");
	}
	remove_tree(dir);
}

/* How the data went must be told as it was */
static void test_method(void)
{
	int i;

	put_pattern("src", 100000, 9);
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long flags = schedules[i].flag | COPYFILE_REPLACE;
		struct copyfile_info info;

		is_int(copy("src", "dst", flags | COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE), 0,
		       "%s: plain read and write", schedules[i].name);
		info = last_info();
		is_int(info.method, COPYFILE_BY_BUFFER, "%s: BY_BUFFER", schedules[i].name);
		is_int(info.bytes_moved, 100000, "%s: all of it was moved", schedules[i].name);
		is_int(info.bytes_cloned + info.bytes_holes, 0, "%s: and nothing else",
		       schedules[i].name);
		is_int(copy("src", "dst", flags | COPYFILE_NO_REFLINK), 0, "%s: NO_REFLINK",
		       schedules[i].name);
		ok(last_info().method != COPYFILE_BY_REFLINK, "%s: shares nothing",
		   schedules[i].name);
	}
	put_hole("src", 8 * MIB);
	if (hole_bytes("src") == 8 * MIB) {
		is_int(copy("src", "dst", COPYFILE_REPLACE | COPYFILE_SPARSE), 0, "a hole");
		is_int(last_info().bytes_done, 8 * MIB, "counts as done");
		is_int(last_info().bytes_moved, 0, "not as moved");
		is_int(last_info().bytes_holes + last_info().bytes_cloned, 8 * MIB,
		       "but as a hole, or as cloned");
	} else
		skip(4, "this file system tells of no holes");
}

int main(void)
{
	scratch_enter("data");
	test_sizes();
	test_holes();
	test_zeros();
	test_kernel_files();
	test_growing();
	test_changed();
	test_reflink();
	test_method();
	return scratch_done();
}
