/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to a file while it is copied: the source is written to, cut off, or
 * not at hand; a call is refused that can be done without.  The hook for failing
 * system calls says when.
 *
 * For the library built with CF_FAULT_INJECTION.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdatomic.h>

#include "../unit/scratch.h"
#include "../unit/tap.h"

#include "sys.h"

#define BUFFER (COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE)

/* ---- The hook: before the nth call of that name, act, and fail with error. ---- */

static struct {
	const char *call;
	int nth;		/* 0: each */
	int error;
	void (*act)(void);
	atomic_int seen;	/* calls of that name */
} at;

static int
hook(const char *call)
{
	/* Clones are made at one moment: not what these tests are about */
	if (at.call == NULL || strcmp(call, at.call) != 0)
		return strcmp(call, "ficlone") == 0 ? EOPNOTSUPP : 0;
	int n = atomic_fetch_add(&at.seen, 1) + 1;

	if (at.nth != 0 && n != at.nth)
		return 0;
	if (at.act != NULL)
		at.act();
	return at.error;
}

static void
when(const char *call, int nth, int error, void (*act)(void))
{
	at.call = call;
	at.nth = nth;
	at.error = error;
	at.act = act;
	at.seen = 0;
}

static void
never(void)
{
	at.call = NULL;
}

/* Copy src to a new dst with flags while that happens. */
static int
copy_while(const char *call, int nth, int error, void (*act)(void), unsigned long flags)
{
	int ret;

	drop("dst");
	when(call, nth, error, act);
	ret = copy("src", "dst", flags | COPYFILE_SYNC);
	never();
	return ret;
}

/* ---- The source ---- */

static void
overwrite(void)
{
	int fd = open("src", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, "changed", 7, 1000) != 7)
		bail_out("src: %s", strerror(errno));
	close(fd);
}

/* With its time of modification as it was */
static void
overwrite_secretly(void)
{
	struct stat st = stat_of("src");

	overwrite();
	if (utimensat(AT_FDCWD, "src", (struct timespec[]){ st.st_atim, st.st_mtim }, 0) != 0)
		bail_out("utimensat: %s", strerror(errno));
}

static void
cut_off(void)
{
	if (truncate("src", 300000) != 0)
		bail_out("truncate: %s", strerror(errno));
}

/* Cut off, and longer again than what has been read */
static void
rewrite(void)
{
	if (truncate("src", 100) != 0 || truncate("src", 600000) != 0)
		bail_out("truncate: %s", strerror(errno));
}

static void
test_changed(void)
{
	static const struct {
		const char *name, *call;
		unsigned long flags;
	} ways[] = {
		{ "by buffer", "read", BUFFER },
		{ "in the kernel", "copy_file_range", 0 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const char *name = ways[i].name;
		unsigned long flags = ways[i].flags;

		/* So that each method needs several calls */
		struct copyfile_setup small = { .chunk = 200000 };
		is_int(copyfile_setup(&small, sizeof(small)), 0, "chunks of 200000 bytes");

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

		is_int(copyfile_setup(&(struct copyfile_setup){ 0 }, sizeof(small)), 0,
		       "the usual chunks");
	}
}

/* Reading fails with EAGAIN as long as the descriptor has O_NONBLOCK. */
static void
test_not_at_hand(void)
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

/* ---- Calls that can be done without ---- */

static void
test_needless(void)
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

int
main(void)
{
	alarm(300);
	scratch_enter("meanwhile");
	cf_fault = hook;
	test_changed();
	test_not_at_hand();
	test_needless();
	cf_fault = NULL;
	is_int(copyfile_shutdown(), 0, "shutdown");
	return done_testing();
}
