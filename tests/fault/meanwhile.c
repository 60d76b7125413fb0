/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to a file while it is copied: the source is written to, cut off, or
 * not at hand; a call is refused that can be done without.  The hook for failing
 * system calls says when.
 *
 * For the library built with CF_FAULT_INJECTION.
 */
#include <config.h>

#include <stdatomic.h>
#include <sys/xattr.h>

#include "scratch.h"
#include "tap.h"

#include "sys.h"

#define BUFFER (COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE)

/* ----- the hook: before the nth call of that name, act, and fail with error. */

static struct {
	const char *call;
	int nth;		/* 0: each */
	int error;
	void (*act)(void);
	atomic_int seen;	/* calls of that name */
} at;

static int hook(const char *call)
{
	/* Clones are made at one moment: not what these tests are about */
	if (!at.call || strcmp(call, at.call) != 0)
		return strcmp(call, "ficlone") == 0 ? EOPNOTSUPP : 0;
	int n = atomic_fetch_add(&at.seen, 1) + 1;

	if (at.nth != 0 && n != at.nth)
		return 0;
	if (at.act)
		at.act();
	return at.error;
}

static void when(const char *call, int nth, int error, void (*act)(void))
{
	at.call = call;
	at.nth = nth;
	at.error = error;
	at.act = act;
	at.seen = 0;
}

static void never(void)
{
	at.call = NULL;
}

/* Copy src to a new dst with flags while that happens. */
static int copy_while(const char *call, int nth, int error, void (*act)(void), unsigned long flags)
{
	int ret;

	drop("dst");
	when(call, nth, error, act);
	ret = copy("src", "dst", flags | COPYFILE_SYNC);
	never();
	return ret;
}

/* ---------------------------------------------------------------- the source */

static void overwrite(void)
{
	int fd = open("src", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, "changed", 7, 1000) != 7)
		bail_out("src: %s", strerror(errno));
	close(fd);
}

/* With its time of modification as it was */
static void overwrite_secretly(void)
{
	struct stat st = stat_of("src");

	overwrite();
	if (utimensat(AT_FDCWD, "src", (struct timespec[]){ st.st_atim, st.st_mtim }, 0) != 0)
		bail_out("utimensat: %s", strerror(errno));
}

static void set_size(const char *name, off_t size)
{
	if (truncate(name, size) != 0)
		bail_out("%s: %s", name, strerror(errno));
}

static void cut_off(void)
{
	set_size("src", 300000);
}

/* Cut off, and longer again than what has been read */
static void rewrite(void)
{
	set_size("src", 100);
	set_size("src", 600000);
}

static void lengthen(void)
{
	set_size("src", 9000);
}

static void cut_short(void)
{
	set_size("src", 1000);
}

/* What is read by one call is looked at once more if its size is another one, or if asked for. */
static void test_changed_small(unsigned long flags, const char *call, const char *name)
{
	static const struct {
		void (*act)(void);
		const char *name;
		unsigned int unasked;	/* copyfile_info.changed without COPYFILE_CHECK_SRC */
	} changes[] = {
		{ NULL, "nothing happens", 0 },
		{ overwrite_secretly, "written to, with its old time", 0 },
		{ cut_short, "cut off", 1 },
		{ lengthen, "longer", 1 },
	};

	for (unsigned int i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		put_pattern("src", 5000, 1);
		is_int(copy_while(call, 1, 0, changes[i].act, flags), 0, "%s: 5000 bytes, %s",
		       name, changes[i].name);
		is_int(last_info().changed, changes[i].unasked, "%s: changed, as far as is seen",
		       name);
		put_pattern("src", 5000, 1);
		is_int(copy_while(call, 1, 0, changes[i].act, flags | COPYFILE_CHECK_SRC), 0,
		       "%s: the same with COPYFILE_CHECK_SRC", name);
		is_int(last_info().changed, changes[i].act != NULL, "%s: every change is seen",
		       name);
	}
	put_pattern("src", 5000, 1);
	is_int(copy_while("fstat", 2, EIO, NULL, flags | COPYFILE_CHECK_SRC), -EIO,
	       "%s: a look that was asked for fails", name);
	is_int(last_info().stage, COPYFILE_READ, "%s: it is the source that fails", name);
	is_int(copy_while("fstat", 2, ESTALE, NULL, flags | COPYFILE_CHECK_SRC), 0,
	       "%s: a server has forgotten the source", name);
	is_int(last_info().changed, 1, "%s: that is a change", name);
}

static void test_changed(void)
{
	static const struct {
		const char *name, *call;
		unsigned long flags;
	} ways[] = {
		{ "by buffer", "read", BUFFER },
		{ "in the kernel", "copy_file_range", 0 },
	};
	unsigned int i;

	for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		const char *name = ways[i].name;
		unsigned long flags = ways[i].flags;

		/* So that each method needs several calls */
		struct copyfile_setup small = { .chunk = 200000 };
		is_int(copyfile_setup(&small, sizeof small), 0, "chunks of 200000 bytes");

		put_pattern("src", 700000, 1);
		is_int(copy_while(NULL, 0, 0, NULL, flags), 0, "%s: nothing happens", name);
		is_int(last_info().changed, 0, "%s: not changed", name);
		is_int(copy_while(ways[i].call, 2, 0, overwrite, flags), 0,
		       "%s: written to", name);
		is_int(last_info().changed, 1, "%s: changed", name);
		is_int(copy_while(ways[i].call, 2, 0, overwrite_secretly, flags), 0,
		       "%s: written to, with its old time", name);
		is_int(last_info().changed, 1, "%s: changed", name);
		put_pattern("src", 700000, 1);
		is_int(copy_while(ways[i].call, 2, 0, cut_off, flags), 0, "%s: cut off", name);
		is_int(last_info().changed, 1, "%s: changed", name);
		is_int(stat_of("dst").st_size, 300000, "%s: what there was is copied", name);
		put_pattern("src", 700000, 1);
		is_int(copy_while(ways[i].call, 3, 0, rewrite, flags), 0,
		       "%s: cut off and longer again", name);
		is_int(last_info().changed, 1, "%s: changed", name);
		is_int(stat_of("dst").st_size, 600000, "%s: it is copied to its end", name);

		put_pattern("src", 150000, 1);
		is_int(copy_while(ways[i].call, 1, 0, overwrite, flags), 0,
		       "%s: 150000 bytes, by one call", name);
		is_int(last_info().changed, 1, "%s: changed", name);
		put_pattern("src", 65536, 1);
		is_int(copy_while("fstat", 0, 0, NULL, flags), 0, "%s: 65536 bytes", name);
		is_int(at.seen, 1, "%s: are looked at once", name);
		test_changed_small(flags, ways[i].call, name);

		is_int(copyfile_setup(&(struct copyfile_setup){ 0 }, sizeof small), 0,
		       "the usual chunks");
	}
}

/* Reading fails with EAGAIN as long as the descriptor has O_NONBLOCK. */
static void test_not_at_hand(void)
{
	static const char *const calls[] = { "read", "write", "copy_file_range", "ficlone" };
	unsigned int i;

	put_pattern("src", 700000, 1);
	for (i = 0; i < 4; i++) {
		unsigned long flags = i < 2 ? BUFFER : 0;

		is_int(copy_while(calls[i], 1, EAGAIN, NULL, flags), 0, "%s: EAGAIN once",
		       calls[i]);
		ok(same_data("src", "dst"), "%s: a good copy", calls[i]);
	}
	is_int(copy_while("read", 0, EAGAIN, NULL, BUFFER), -EBUSY, "EAGAIN for ever is EBUSY");
	is_int(last_info().error, -EBUSY, "info has that");
	is_int(last_info().stage, COPYFILE_READ, "it was read");
	is_int(copy_while("fchmod", 0, EAGAIN, NULL, COPYFILE_MODE), -EBUSY,
	       "so it is of another call");
}

/* -------------------------------------------- calls that can be done without */

static void test_needless(void)
{
	int fd;

	put_pattern("src", 700000, 1);
	is_int(copy_while("ftruncate", 0, EIO, NULL, COPYFILE_SPARSE), 0,
	       "no size is set where there is no hole at the end");
	ok(same_data("src", "dst"), "a good copy");
	put_hole("src", 1 << 20);
	append("src", "the end", 7);
	is_int(copy_while("ftruncate", 0, EIO, NULL, 0), 0, "nor after a hole");
	ok(same_data("src", "dst"), "a good copy");
	put_hole("src", 1 << 20);
	fd = open("src", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, "data", 4, 0) != 4)
		bail_out("src: %s", strerror(errno));
	close(fd);
	is_int(copy_while("ftruncate", 0, EPERM, NULL, 0), 0,
	       "a hole at the end, where a size can't be set");
	ok(same_data("src", "dst"), "a good copy");
	is_int(copy_while("ftruncate", 0, EIO, NULL, 0), -EIO, "where setting it fails");
}

/* ----------------------------------------------------------- the destination */

/* A file that is overwritten in place, and what becomes of it */
static int overwrite_while(const char *call, int nth, int error, void (*act)(void),
			   unsigned long flags)
{
	int ret;

	drop("dst");
	put_text("dst", "the old contents");
	when(call, nth, error, act);
	ret = copy("src", "dst", flags | COPYFILE_TRUNCATE | COPYFILE_SYNC);
	never();
	return ret;
}

static bool is_old(void)
{
	return holds("dst", "the old contents");
}

static void test_refused(void)
{
	static const int errors[] = { EPERM, EACCES, EINVAL, EOPNOTSUPP, ENOSYS };
	unsigned int i;

	put_pattern("src", 1000, 1);
	for (i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		const char *name = strerror(errors[i]);

		is_int(overwrite_while("ftruncate", 0, errors[i], NULL, 0), 0,
		       "a file that can't be emptied once it is open: %s", name);
		ok(same_data("src", "dst"), "is overwritten");
		/* The first openat is that of the source. */
		is_int(overwrite_while("openat", 2, errors[i], NULL, 0), 0,
		       "one that can't be opened as it is: %s", name);
		ok(same_data("src", "dst"), "is overwritten");
	}
	is_int(overwrite_while("ftruncate", 0, EIO, NULL, 0), -EIO, "EIO is an error");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "nothing was lost");
	ok(is_old(), "the old contents are there");
	is_int(link("src", "name"), 0, "another name of the source");
	when("ftruncate", 0, EPERM, NULL);
	is_int(copy("src", "name", COPYFILE_TRUNCATE | COPYFILE_SYNC), -EINVAL,
	       "is the same file");
	when("openat", 2, EPERM, NULL);
	is_int(copy("src", "name", COPYFILE_TRUNCATE | COPYFILE_SYNC), -EINVAL,
	       "also where it can't be opened");
	never();
	is_int(stat_of("src").st_size, 1000, "and keeps its data");
	drop("name");
	put_text("dst", "");
	when("ftruncate", 0, EPERM, NULL);
	is_int(copy("src", "dst", COPYFILE_TRUNCATE | COPYFILE_SYNC), 0,
	       "an empty file need not be emptied");
	never();
	ok(same_data("src", "dst"), "and is overwritten");
}

static int cookie;		/* of the copy that cancel_it() is to cancel */
static atomic_bool known;	/* it is */

static void cancel_it(void)
{
	while (!known)
		usleep(100);
	if (copyfile_ctrl(cookie, COPYFILE_CANCEL) < 0)
		diag("cannot cancel");
}

static void test_partial(void)
{
	put_pattern("src", 700000, 1);
	is_int(overwrite_while("openat", 2, EIO, NULL, 0), -EIO, "it can't be opened");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "partial: nothing was lost");
	ok(is_old(), "the old contents are there");
	is_int(overwrite_while("fstat", 2, EIO, NULL, 0), -EIO, "it can't be looked at");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "partial: nothing was lost");
	ok(is_old(), "the old contents are there");
	is_int(overwrite_while("read", 1, EIO, NULL, BUFFER), -EIO, "the first read fails");
	is_int(last_info().stage, COPYFILE_READ, "it says so");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "partial: nothing was lost");
	ok(is_old(), "the old contents are there");
	is_int(overwrite_while("read", 3, EIO, NULL, BUFFER), -EIO, "a later one fails");
	is_int(last_info().partial, COPYFILE_PARTIAL_KEPT, "partial: it is incomplete");
	if (chmod("src", 0640) < 0)
		bail_out("src: %s", strerror(errno));
	is_int(overwrite_while("fchmod", 1, EIO, NULL, COPYFILE_MODE), -EIO,
	       "its mode can't be set");
	is_int(last_info().partial, COPYFILE_PARTIAL_KEPT, "partial: it is kept");

	/* A cancel between emptying and writing */
	drop("dst");
	put_text("dst", "the old contents");
	known = false;
	when("ftruncate", 1, 0, cancel_it);
	cookie = copyfile("src", "dst", COPYFILE_TRUNCATE | COPYFILE_ASYNC | COPYFILE_STEADY);
	known = true;
	is_int(finish(cookie), -ECANCELED, "cancelled when it was empty");
	is_int(last_info().partial, COPYFILE_PARTIAL_KEPT, "partial: it is incomplete");
	ok(!is_old(), "it is");
	/* and one before */
	drop("dst");
	put_text("dst", "the old contents");
	known = false;
	when("openat", 1, 0, cancel_it);
	cookie = copyfile("src", "dst", COPYFILE_TRUNCATE | COPYFILE_ASYNC | COPYFILE_STEADY);
	known = true;
	is_int(finish(cookie), -ECANCELED, "cancelled when the source was opened");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "partial: nothing was lost");
	ok(is_old(), "the old contents are there");
	never();
}

/* Somebody's copy that is small, and was in between */
static void write_more(void)
{
	set_size("dst", 900000);
}

static void write_less(void)
{
	set_size("dst", 5);
}

static void test_mixed(void)
{
	put_pattern("src", 700000, 1);
	is_int(overwrite_while("copy_file_range", 1, 0, write_more, 0), 0,
	       "another program writes more to it");
	ok(same_data("src", "dst"), "which is cut off");
	put_pattern("src", 7000000, 1);
	is_int(copyfile_setup(&(struct copyfile_setup){ .chunk = 1000000 },
			      sizeof(struct copyfile_setup)), 0, "several calls");
	/* the third fstat looks at what was written */
	is_int(overwrite_while("fstat", 4, 0, write_less, 0), -EBUSY,
	       "another program cuts it off");
	is_int(last_info().stage, COPYFILE_WRITE, "writing has failed");
	is_int(last_info().partial, COPYFILE_PARTIAL_KEPT, "partial: it is incomplete");
	is_int(copyfile_setup(&(struct copyfile_setup){ 0 },
			      sizeof(struct copyfile_setup)), 0, "the usual chunks");
}

/* What was only buffered is refused when the file is closed: the first close. */
static void test_close(void)
{
	static const size_t sizes[] = { 10, 1000, 300000, 9000000 };
	unsigned int i;

	for (i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
		size_t size = sizes[i / 2];
		unsigned long flags = i % 2 ? BUFFER : 0;

		put_pattern("src", size, 1);
		is_int(copy_while("close", 1, ENOSPC, NULL, flags | COPYFILE_MODE), -ENOSPC,
		       "%zu bytes, method %u: closing fails", size, last_info().method);
		is_int(last_info().stage, COPYFILE_FLUSH, "it says so");
		is_int(last_info().partial, COPYFILE_PARTIAL_REMOVED, "the file is removed");
		ok(!exists("dst"), "it is not there");
	}
	is_int(copy_while("close", 1, ENOSPC, NULL, COPYFILE_KEEP_PARTIAL), -ENOSPC,
	       "with KEEP_PARTIAL");
	ok(last_info().partial == COPYFILE_PARTIAL_KEPT && exists("dst"), "it is kept");
	is_int(overwrite_while("close", 1, ENOSPC, NULL, 0), -ENOSPC, "in place");
	ok(last_info().partial == COPYFILE_PARTIAL_KEPT && exists("dst"), "it is kept");
}

/* ------------ a file that several threads move, as each call takes its time */

enum { PIECE = 64 * 1024, PIECES = 128, CUT_AT_CALL = PIECES / 2 + 4 };

static void wait_a_little(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

/* What threads have moved beyond the new end does not count. */
static void wait_and_cut_off(void)
{
	static const off_t end = (off_t)PIECE * PIECES / 2 + 12345;

	if (at.seen == CUT_AT_CALL)
		set_size("src", end);
	wait_a_little();
}

/*
 * Returns true if dst is what src has become.  On a busy machine some pieces at its new end and
 * beyond may have been moved before all others: these are whole, as src was then.
 */
static bool same_data_but_early(void)
{
	off_t size = stat_of("dst").st_size, end = stat_of("src").st_size;

	if (size > end && size % PIECE == 0 && size < (off_t)PIECE * CUT_AT_CALL)
		set_size("dst", end);
	return same_data("src", "dst");
}

static void test_ranges(void)
{
	static const struct {
		const char *name, *call;
		unsigned long flags;
	} ways[] = {
		{ "by buffer", "read", BUFFER },
		{ "in the kernel", "copy_file_range", COPYFILE_NO_REFLINK },
	};
	struct copyfile_setup small = { .chunk = PIECE, .threads = 8 };

	is_int(copyfile_setup(&small, sizeof small), 0, "small chunks");
	for (int i = 0; i < 4; i++) {
		const char *name = ways[i / 2].name;
		bool cut = i % 2;

		put_pattern("src", PIECE * PIECES, 5);
		drop("dst");
		when(ways[i / 2].call, 0, 0, cut ? wait_and_cut_off : wait_a_little);
		is_int(copy("src", "dst", ways[i / 2].flags | COPYFILE_ASYNC), 0,
		       "%s, by several threads%s", name, cut ? ", cut off meanwhile" : "");
		never();
		struct copyfile_info info = last_info();
		is_int(info.bytes_done, stat_of("dst").st_size, "all of it is done");
		is_int(info.bytes_moved, stat_of("dst").st_size, "and was moved");
		ok(cut ? same_data_but_early() : same_data("src", "dst"), "a good copy");
		is_int(info.bytes_cloned + info.bytes_holes, 0, "nothing else");
	}
	is_int(copyfile_setup(&(struct copyfile_setup){ 0 }, sizeof(struct copyfile_setup)), 0,
	       "the defaults again");
}

/* ---------------------------------------------------------------- attributes */

static char long_context[2000];

static bool set_context(const char *value, size_t size)
{
	return setxattr("src", "security.selinux", value, size, 0) == 0;
}

static void shorten_context(void)
{
	if (!set_context("short", 5))
		bail_out("setxattr: %s", strerror(errno));
}

static void lengthen_context(void)
{
	if (!set_context(long_context, sizeof long_context))
		bail_out("setxattr: %s", strerror(errno));
}

/* The value of an attribute that becomes shorter or longer while it is read is one of the two. */
static void test_context(void)
{
	char got[sizeof long_context];

	put_text("src", "text");
	memset(long_context, 'x', sizeof long_context);
	if (!set_context(long_context, sizeof long_context)) {
		skip(4, "security.selinux cannot be set here");
		return;
	}
	is_int(copy_while("fgetxattr", 2, 0, shorten_context, COPYFILE_CONTEXT), 0,
	       "a long attribute becomes short");
	ok(getxattr("dst", "security.selinux", got, sizeof got) == 5 && !memcmp(got, "short", 5),
	   "the copy has the short one");
	set_context(long_context, 1500);
	is_int(copy_while("fgetxattr", 3, 0, lengthen_context, COPYFILE_CONTEXT), 0,
	       "a long attribute becomes longer");
	ok(getxattr("dst", "security.selinux", got, sizeof got) >= 1500, "the copy has it");
	drop("dst");
}

int main(void)
{
	alarm(300);
	scratch_enter("meanwhile");
	cf_fault = hook;
	test_changed();
	test_not_at_hand();
	test_needless();
	test_refused();
	test_partial();
	test_mixed();
	test_close();
	test_ranges();
	test_context();
	cf_fault = NULL;
	return scratch_done();
}
