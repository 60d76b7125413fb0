/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fail the Nth system call of a copy, for every N, in each way of copying.
 *
 * Whatever fails: the result is an error, or a whole and correct file; never
 * a wrong one that was called good.  After an error there is no destination,
 * or the old one as it was; no temporary name; no descriptor left open.  An
 * interrupted call (EINTR) is never a failure, nor is a short transfer.
 *
 * For the library built with CF_FAULT_INJECTION.
 */
#include <config.h>

#include <stdatomic.h>
#include <sys/xattr.h>

#include "scratch.h"
#include "tap.h"

#include "newdir.h"
#include "sys.h"

#define SHORT (-1)

/* What is there before the copy */
enum before { NOTHING, OLD_FILE, OLD_LINK };

static const struct way {
	const char *name;
	const char *src;
	unsigned long flags;	/* with GIVEN_MODE: 0640 */
	enum before before;
	bool by_fd;		/* by copyfilefd() */
	bool newdir;		/* the directory of the copy is new, as if it was on NFS */
} ways[] = {
	{ "new file", "src", 0, NOTHING },
	{ "new file, plain read and write", "src",
	  COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE, NOTHING },
	{ "new file, SPARSE", "src", COPYFILE_SPARSE, NOTHING },
	{ "new file, NO_SPARSE", "holes", COPYFILE_NO_SPARSE, NOTHING },
	{ "file with holes", "holes", 0, NOTHING },
	{ "file with holes, SPARSE", "holes", COPYFILE_SPARSE, NOTHING },
	{ "empty file", "empty", 0, NOTHING },
	{ "file of /proc", "/proc/version", 0, NOTHING },
	{ "new file, FSYNC", "src", COPYFILE_FSYNC, NOTHING },
	{ "new file, attributes", "src", COPYFILE_ATTRS | COPYFILE_LENIENT, NOTHING },
	{ "new file, strict attributes", "src",
	  COPYFILE_MODE | COPYFILE_OWNER | COPYFILE_TIMES | COPYFILE_XATTR | COPYFILE_ACL,
	  NOTHING },
	{ "new file, PLAIN_MODE", "src", COPYFILE_PLAIN_MODE, NOTHING },
	{ "new file, PLAIN_MODE, owner", "src", COPYFILE_PLAIN_MODE | COPYFILE_OWNER, NOTHING },
	{ "new file, GIVEN_MODE, owner", "src", COPYFILE_GIVEN_MODE | COPYFILE_OWNER, NOTHING },
	{ "new directory", "src", 0, NOTHING, .newdir = true },
	{ "new directory, empty file", "empty", 0, NOTHING, .newdir = true },
	{ "new directory, plain read and write, attributes", "src",
	  COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE | COPYFILE_ATTRS | COPYFILE_LENIENT, NOTHING,
	  .newdir = true },
	{ "REPLACE, nothing there", "src", COPYFILE_REPLACE, NOTHING },
	{ "REPLACE", "src", COPYFILE_REPLACE, OLD_FILE },
	{ "REPLACE, FSYNC, attributes", "src",
	  COPYFILE_REPLACE | COPYFILE_FSYNC | COPYFILE_ATTRS | COPYFILE_LENIENT, OLD_FILE },
	{ "ATOMIC", "src", COPYFILE_ATOMIC, NOTHING },
	{ "ATOMIC, FSYNC, attributes", "src",
	  COPYFILE_ATOMIC | COPYFILE_FSYNC | COPYFILE_ATTRS | COPYFILE_LENIENT, NOTHING },
	{ "ATOMIC, REPLACE", "src", COPYFILE_ATOMIC | COPYFILE_REPLACE, OLD_FILE },
	{ "TRUNCATE, nothing there", "src", COPYFILE_TRUNCATE, NOTHING },
	{ "TRUNCATE", "src", COPYFILE_TRUNCATE, OLD_FILE },
	{ "TRUNCATE, plain read and write", "src",
	  COPYFILE_TRUNCATE | COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE, OLD_FILE },
	{ "open files", "src", COPYFILE_TRUNCATE, OLD_FILE, true },
	{ "open files with holes", "holes", COPYFILE_TRUNCATE, OLD_FILE, true },
	{ "open files, FSYNC, attributes", "src",
	  COPYFILE_TRUNCATE | COPYFILE_FSYNC | COPYFILE_ATTRS | COPYFILE_LENIENT, OLD_FILE, true },
	{ "VERIFY", "src", COPYFILE_VERIFY, NOTHING },
	{ "VERIFY, file with holes", "holes", COPYFILE_VERIFY, NOTHING },
	{ "VERIFY, REPLACE, FSYNC", "src", COPYFILE_VERIFY | COPYFILE_REPLACE | COPYFILE_FSYNC,
	  OLD_FILE },
	{ "VERIFY, TRUNCATE", "src", COPYFILE_VERIFY | COPYFILE_TRUNCATE, OLD_FILE },
	{ "VERIFY, new directory", "src", COPYFILE_VERIFY, NOTHING, .newdir = true },
	{ "VERIFY, open files", "holes", COPYFILE_VERIFY | COPYFILE_TRUNCATE, OLD_FILE, true },
	{ "symlink", "link", COPYFILE_NOFOLLOW, NOTHING },
	{ "symlink, ATOMIC, attributes", "link",
	  COPYFILE_NOFOLLOW | COPYFILE_ATOMIC | COPYFILE_ATTRS | COPYFILE_LENIENT, NOTHING },
	{ "symlink, REPLACE, attributes", "link",
	  COPYFILE_NOFOLLOW | COPYFILE_REPLACE | COPYFILE_ATTRS | COPYFILE_LENIENT, OLD_LINK },
	{ "attributes only", "src",
	  COPYFILE_ATTRS_ONLY | COPYFILE_MODE | COPYFILE_OWNER | COPYFILE_TIMES, OLD_FILE },
};

enum { WAYS = sizeof ways / sizeof ways[0] };

static const struct {
	const char *name;
	int error;
} faults[] = {
	{ "EIO", EIO },
	{ "ENOSPC", ENOSPC },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EINTR", EINTR },
	{ "EAGAIN", EAGAIN },
	{ "short", SHORT },
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

/* ------------------------------------------------------------------ the hook */

static atomic_int calls;	/* since it was armed */
static atomic_int fail_at;	/* the number of the call to fail; 0: none */
static int fail_with;
static bool fail_on;		/* and every call after it */
static atomic_bool fired;
static char failed_call[32];

static bool is_transfer(const char *call)
{
	return strcmp(call, "read") == 0 || strcmp(call, "write") == 0 ||
	       strcmp(call, "copy_file_range") == 0;
}

static int hook(const char *call)
{
	int n;

	/* Raising an eventfd that is far from full does not fail on any kernel */
	if (strcmp(call, "eventfd_write") == 0)
		return 0;
	/* To make one or lower one does not fail so either. */
	if (fail_with == EAGAIN && strncmp(call, "eventfd", 7) == 0)
		return 0;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (fail_at == 0 || n < fail_at || (n > fail_at && !fail_on))
		return 0;
	if (!fired)
		snprintf(failed_call, sizeof failed_call, "%s", call);
	fired = true;
	if (fail_with == SHORT && !is_transfer(call))
		return 0;
	return fail_with;
}

static void arm(int n, int error, bool on)
{
	calls = 0;
	fail_with = error;
	fail_on = on;
	fired = false;
	failed_call[0] = '\0';
	fail_at = n;
}

static void disarm(void)
{
	fail_at = 0;
}

/* ---------------------------------------------------------- before and after */

static const char old[] = "the old contents";

static struct cf_newdir *newdir;

static void prepare(const struct way *way)
{
	enum before before = way->before;
	struct stat dir = stat_of("d");

	drop("d/dst");
	cf_newdir_free(newdir);
	newdir = way->newdir ? cf_newdir_new(&dir, 1000) : NULL;
	if (before == OLD_FILE)
		put_text("d/dst", old);
	else if (before == OLD_LINK && symlink("old", "d/dst") != 0)
		bail_out("symlink: %s", strerror(errno));
}

static bool untouched(enum before before)
{
	char target[16];

	switch (before) {
	case NOTHING:
		return !exists("d/dst");
	case OLD_FILE:
		return holds("d/dst", old);
	case OLD_LINK:
		return readlink("d/dst", target, sizeof target) == 3 &&
		       memcmp(target, "old", 3) == 0;
	}
	return false;
}

static bool good(const struct way *way)
{
	char got[64], want[64];
	ssize_t len;

	if (way->flags & COPYFILE_ATTRS_ONLY)
		return holds("d/dst", old);
	if (way->flags & COPYFILE_NOFOLLOW) {
		len = readlink(way->src, want, sizeof want);
		return readlink("d/dst", got, sizeof got) == len && memcmp(got, want, len) == 0;
	}
	return S_ISREG(stat_of("d/dst").st_mode) && same_data(way->src, "d/dst");
}

/*
 * What is wrong after a copy that ended with ret, or NULL.  stubborn: more
 * than one call failed, so that cleaning up may have failed, too; then it must
 * at least be told.
 */
static const char *verdict(const struct way *way, int ret, bool stubborn)
{
	struct copyfile_info info = last_info();
	int names = count_names("d");

	if (ret > 0)
		return "no end";
	if (info.error != ret)
		return "copyfile_info tells another error";
	if (ret == 0) {
		if (!good(way))
			return "a bad copy is called good";
		return names == 1 ? NULL : "a temporary name is left";
	}
	if (ret == -EINTR || ret == -EAGAIN)
		return "an error that clients must never see";
	if (stubborn && info.partial == COPYFILE_PARTIAL_KEPT)
		return NULL;
	if (names > 1 || (names == 1 && !exists("d/dst")))
		return "a temporary name is left";
	if (way->flags & COPYFILE_ATTRS_ONLY)
		return good(way) ? NULL : "its data was touched";
	if (untouched(way->before))
		return NULL;
	/* In place is in place: incomplete, but only if it says so */
	if (way->flags & COPYFILE_TRUNCATE && way->before != NOTHING)
		return info.partial == COPYFILE_PARTIAL_KEPT
		       ? NULL : "incomplete, and not told";
	/* The new file has its name already when the directory can't be flushed */
	if (way->flags & COPYFILE_FSYNC && info.partial == COPYFILE_PARTIAL_KEPT && good(way))
		return NULL;
	/* Nobody could tell whether it was there before. */
	if (way->newdir && info.partial == COPYFILE_PARTIAL_KEPT && holds("d/dst", "") &&
	    strcmp(failed_call, "fstat") == 0)
		return NULL;
	return exists("d/dst") ? "a partial file is left" : "the old file is gone";
}

/* ------------------------------------------------------------------ the test */

static int start(const struct way *way, unsigned long how)
{
	const struct copyfile_how h = {
		.flags = way->flags | how,
		.mode = way->flags & COPYFILE_GIVEN_MODE ? 0640 : 0,
		.newdir = (uintptr_t)newdir,
	};

	if (!way->by_fd)
		return copyfileat(AT_FDCWD, way->src, AT_FDCWD, "d/dst", &h, sizeof h);
	int src = open(way->src, O_RDONLY | O_CLOEXEC), dst = open("d/dst", O_WRONLY | O_CLOEXEC);
	int ret = copyfilefd(src, dst, &h, sizeof h);

	close(src);
	close(dst);
	return ret;
}

static void complain(const struct way *way, unsigned long how, int n, const char *fault, int ret,
	 const char *what)
{
	diag("%s, %s, %s in call %d (%s)%s, result %d, partial %u: %s", way->name,
	     how & COPYFILE_ASYNC ? "async" : "sync", fault, n, failed_call,
	     fail_on ? " and all after it" : "", ret, last_info().partial, what);
}

static void try_way(const struct way *way, unsigned long how, int error, const char *fault,
		    bool on)
{
	int n, ret, fds, bad = 0, leaks = 0, failures = 0;
	const char *what;

	for (n = 1; n < 1000; n++) {
		prepare(way);
		/* A new pool each time, so that its calls are failed, too */
		if (copyfile_shutdown() != 0)
			bail_out("a cookie is live");
		fds = count_fds();
		arm(n, error, on);
		ret = finish(start(way, how));
		disarm();
		what = verdict(way, ret, on);
		if (!what && ret < 0 && (error == EINTR || error == SHORT))
			what = "is no reason to fail";
		if (what && bad++ < 5)
			complain(way, how, n, fault, ret, what);
		failures += ret < 0;
		if (copyfile_shutdown() != 0)
			bail_out("a cookie is live");
		if (count_fds() != fds && leaks++ < 5)
			complain(way, how, n, fault, ret, "a descriptor is left open");
		/* Remove what a stubborn failure may have left */
		if (on) {
			remove_tree("d");
			mkdir("d", 0755);
		}
		if (!fired)
			break;
	}
	is_int(bad, 0, "%s, %s, %s%s in each of %d calls: %d failures, all clean", way->name,
	       how & COPYFILE_ASYNC ? "async" : "sync", fault, on ? " from then on" : "",
	       n - 1, failures);
	is_int(leaks, 0, "no descriptor is left open");
	ok(n > 1 && !fired, "it came to an end");
	if (error == EIO && on)
		ok(failures > 0, "the hook makes calls fail");
}

/* A signal that never ceases: all calls are interrupted many times over */
static int interruptions;

static int interrupt(const char *call)
{
	(void)call;
	return ++interruptions % 4 == 0 ? 0 : EINTR;
}

static int halve(const char *call)
{
	return is_transfer(call) ? SHORT : 0;
}

static void test_all_the_time(const char *name, int (*fn)(const char *))
{
	int i, ret;

	for (i = 0; i < WAYS; i++) {
		prepare(&ways[i]);
		cf_fault = fn;
		ret = finish(start(&ways[i], COPYFILE_SYNC));
		cf_fault = hook;
		is_int(ret, 0, "%s, %s", ways[i].name, name);
		ok(good(&ways[i]), "a good copy");
	}
}

/* Each call of one kind is refused */
static const char *refused_call;
static int refused_with;

static int refuse(const char *call)
{
	return strcmp(call, refused_call) == 0 ? refused_with : 0;
}

/*
 * What a file system refuses is a failure only if something had to change: a source
 * without an ACL needs no more than its mode, and a mode that is right needs nothing.
 */
static void test_refusals(void)
{
	static const unsigned long all =
		COPYFILE_MODE | COPYFILE_TIMES | COPYFILE_ACL | COPYFILE_SYNC;
	static const struct {
		const char *src, *call;
		int error;
		unsigned long flags;
		int result;
	} cases[] = {
		{ "plain", "fsetxattr", EOPNOTSUPP, all, 0 },
		{ "plain", "fsetxattr", ENOSYS, all, 0 },
		{ "plain", "fsetxattr", EINVAL, all, 0 },
		{ "plain", "fsetxattr", EBUSY, all, 0 },
		{ "plain", "fsetxattr", EACCES, all, 0 },
		{ "plain", "flistxattr", EOPNOTSUPP, all | COPYFILE_XATTR, 0 },
		{ "plain", "flistxattr", EINVAL, all, 0 },
		{ "plain", "flistxattr", EBUSY, all, 0 },
		{ "plain", "flistxattr", EIO, all, -EIO },
		{ "plain", "flistxattr", EINVAL, all | COPYFILE_XATTR, -EINVAL },
		{ "plain", "fchmod", EPERM, all, 0 },
		{ "private", "fchmod", EPERM, COPYFILE_MODE | COPYFILE_SYNC, 0 },
		{ "plain", "fchmod", EPERM, COPYFILE_MODE | COPYFILE_SYNC, -EPERM },
		{ "acl", "fsetxattr", EOPNOTSUPP, all, -EOPNOTSUPP },
		{ "acl", "fsetxattr", EINVAL, all, -EINVAL },
	};
	/* user::rw- user:4321:rw- group::r-- mask::rw- other::---, as the kernel has it */
	static const unsigned char acl[] = {
		2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 6, 0, 0xe1, 0x10, 0, 0,
		4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 6, 0, 255, 255, 255, 255,
		32, 0, 0, 0, 255, 255, 255, 255,
	};
	bool has_acl;

	prepare(&ways[0]);
	put_text("plain", "x");
	chmod("plain", 0640);
	put_text("private", "x");
	chmod("private", 0600);
	put_text("acl", "x");
	has_acl = setxattr("acl", "system.posix_acl_access", acl, sizeof acl, 0) == 0;
	for (unsigned int i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (strcmp(cases[i].src, "acl") == 0 && !has_acl) {
			skip(2, "no ACLs here");
			continue;
		}
		refused_call = cases[i].call;
		refused_with = cases[i].error;
		cf_fault = refuse;
		is_int(copy(cases[i].src, "d/dst", cases[i].flags), cases[i].result,
		       "%s: %s fails, %s", cases[i].src, refused_call, strerror(refused_with));
		cf_fault = hook;
		if (cases[i].result == 0)
			is_int(mode_of("d/dst"), mode_of(cases[i].src),
			       "the mode is the source's");
		else
			ok(!exists("d/dst"), "nothing is left");
		drop("d/dst");
	}
}

/* Where only the owner is carried over, and the file system has modes of its own */
static void test_refused_owner(void)
{
	static const int errors[] = { EPERM, EINVAL, EACCES };
	struct copyfile_info info;

	if (geteuid() != 0) {
		skip(6, "only root can give files away");
		return;
	}
	if (chown("plain", 1234, 5678) != 0)
		bail_out("chown: %s", strerror(errno));
	for (unsigned int i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		refused_call = "fchown";
		refused_with = errors[i];
		cf_fault = refuse;
		is_int(copy("plain", "d/dst", COPYFILE_OWNER | COPYFILE_LENIENT | COPYFILE_SYNC), 0,
		       "the owner is refused, %s", strerror(errors[i]));
		cf_fault = hook;
		info = last_info();
		ok(info.skipped == COPYFILE_OWNER && info.skipped_error == -errors[i],
		   "it tells so, and nothing else");
		drop("d/dst");
	}
}

int main(void)
{
	int i, fault;

	/* A result that got lost must not hang the test run */
	alarm(300);
	scratch_enter("fault");
	mkdir("d", 0755);
	put_pattern("src", 700000, 1);
	chmod("src", 0640);
	if (setxattr("src", "user.fault", "x", 1, 0) != 0)
		diag("no extended attributes here");
	put_hole("holes", 1 << 20);
	append("holes", "data between", 12);
	if (truncate("holes", 3 << 20) != 0)
		bail_out("truncate: %s", strerror(errno));
	put_text("empty", "");
	if (symlink("src", "link") != 0)
		bail_out("symlink: %s", strerror(errno));

	cf_fault = hook;
	for (i = 0; i < WAYS; i++) {
		for (fault = 0; fault < FAULTS; fault++) {
			try_way(&ways[i], COPYFILE_SYNC, faults[fault].error,
				faults[fault].name, false);
			try_way(&ways[i], COPYFILE_ASYNC, faults[fault].error,
				faults[fault].name, false);
		}
		try_way(&ways[i], COPYFILE_SYNC, EIO, "EIO", true);
		try_way(&ways[i], COPYFILE_ASYNC, EIO, "EIO", true);
	}
	test_all_the_time("with signals without end", interrupt);
	test_all_the_time("with each transfer cut in half", halve);
	test_refusals();
	test_refused_owner();
	cf_fault = NULL;
	cf_newdir_free(newdir);
	return scratch_done();
}
