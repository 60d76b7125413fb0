/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flags one by one: which go together, what happens to a destination that
 * exists, what is no file to copy, and what a failure leaves behind.
 */
#include <config.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "scratch.h"
#include "tap.h"

static void test_combinations(void)
{
	static const struct {
		unsigned long flags;
		const char *name;
	} bad[] = {
		{ COPYFILE_REPLACE | COPYFILE_TRUNCATE,      "REPLACE|TRUNCATE" },
		{ COPYFILE_ATOMIC | COPYFILE_TRUNCATE,       "ATOMIC|TRUNCATE" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_ATOMIC,     "ATTRS_ONLY|ATOMIC" },
		{ COPYFILE_REFLINK | COPYFILE_NO_REFLINK,    "REFLINK|NO_REFLINK" },
		{ COPYFILE_SPARSE | COPYFILE_NO_SPARSE,      "SPARSE|NO_SPARSE" },
		{ COPYFILE_REFLINK | COPYFILE_SPARSE,        "REFLINK|SPARSE" },
		{ COPYFILE_REFLINK | COPYFILE_NO_SPARSE,     "REFLINK|NO_SPARSE" },
		{ COPYFILE_SYNC | COPYFILE_ASYNC,            "SYNC|ASYNC" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_REPLACE,    "ATTRS_ONLY|REPLACE" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_TRUNCATE,   "ATTRS_ONLY|TRUNCATE" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_REFLINK,    "ATTRS_ONLY|REFLINK" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_NO_REFLINK, "ATTRS_ONLY|NO_REFLINK" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_SPARSE,     "ATTRS_ONLY|SPARSE" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_NO_SPARSE,  "ATTRS_ONLY|NO_SPARSE" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_KEEP_PARTIAL, "ATTRS_ONLY|KEEP_PARTIAL" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_VERIFY,     "ATTRS_ONLY|VERIFY" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_NOFOLLOW_DST, "ATTRS_ONLY|NOFOLLOW_DST" },
		{ COPYFILE_ATTRS_ONLY | COPYFILE_CHECK_SRC,  "ATTRS_ONLY|CHECK_SRC" },
		{ COPYFILE_PLAIN_MODE | COPYFILE_MODE,       "PLAIN_MODE|MODE" },
		{ COPYFILE_PLAIN_MODE | COPYFILE_ACL,        "PLAIN_MODE|ACL" },
		{ COPYFILE_PLAIN_MODE | COPYFILE_ATTRS_ONLY, "PLAIN_MODE|ATTRS_ONLY" },
		{ COPYFILE_GIVEN_MODE | COPYFILE_MODE,       "GIVEN_MODE|MODE" },
		{ COPYFILE_GIVEN_MODE | COPYFILE_ACL,        "GIVEN_MODE|ACL" },
		{ COPYFILE_GIVEN_MODE | COPYFILE_PLAIN_MODE, "GIVEN_MODE|PLAIN_MODE" },
		{ COPYFILE_GIVEN_MODE | COPYFILE_ATTRS_ONLY, "GIVEN_MODE|ATTRS_ONLY" },
		{ 0x00000004UL, "unknown bit 0x4" },
		{ 0x00000008UL, "unknown bit 0x8" },
		{ 0x40000000UL, "unknown bit 0x40000000" },
		{ 0x80000000UL, "unknown bit 0x80000000" },
	};
	struct copyfile_how how;
	unsigned int i;

	put_text("src", "source");
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		errno = 0;
		is_int(copyfile("src", "dst", bad[i].flags), -EINVAL, "%s is EINVAL",
		       bad[i].name);
		is_int(errno, EINVAL, "%s sets errno", bad[i].name);
		how = (struct copyfile_how){ .flags = bad[i].flags | COPYFILE_ASYNC };
		is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", &how, sizeof how),
		       -EINVAL, "%s is EINVAL at once, even with ASYNC", bad[i].name);
	}
	how = (struct copyfile_how){ .flags = UINT64_C(1) << 40 };
	is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", &how, sizeof how), -EINVAL,
	       "a flag beyond 32 bits is EINVAL");
	ok(!exists("dst"), "and nothing was done");
}

static void test_default(unsigned long how, const char *name)
{
	put_text("src", "source");
	put_text("dst", "old");
	is_int(copy("src", "dst", how), -EEXIST, "%s: a destination that exists", name);
	ok(holds("dst", "old"), "%s: is left alone", name);
	drop("dst");

	if (symlink("target", "dst") != 0)
		bail_out("symlink: %s", strerror(errno));
	is_int(copy("src", "dst", how), -EEXIST, "%s: a dangling symlink exists, too", name);
	ok(!exists("target"), "%s: and is not written through", name);
	drop("dst");

	mkdir("dir", 0755);
	ok(copy("src", "dir", how) < 0, "%s: so does a directory", name);
	is_int(count_names("dir"), 0, "%s: nothing is put into it", name);
	drop("dir");
}

static void test_replace(unsigned long how, const char *name)
{
	unsigned long flags = how | COPYFILE_REPLACE;
	struct stat before, after;
	int names;

	put_text("src", "source");
	mkdir("r", 0755);

	is_int(copy("src", "r/dst", flags), 0, "%s: REPLACE, nothing there", name);
	ok(holds("r/dst", "source"), "%s: makes the file", name);

	put_text("r/dst", "old contents, longer than the new");
	before = stat_of("r/dst");
	is_int(link("r/dst", "r/second"), 0, "%s: a second name", name);
	is_int(copy("src", "r/dst", flags), 0, "%s: REPLACE, hard-linked file there", name);
	after = stat_of("r/dst");
	ok(holds("r/dst", "source"), "%s: has the new contents", name);
	ok(before.st_ino != after.st_ino, "%s: is a new file", name);
	ok(holds("r/second", "old contents, longer than the new"),
	   "%s: the second name keeps the old one", name);
	drop("r/second");

	put_text("r/target", "untouched");
	drop("r/dst");
	is_int(symlink("target", "r/dst"), 0, "%s: a symlink", name);
	is_int(copy("src", "r/dst", flags), 0, "%s: REPLACE, symlink there", name);
	ok(S_ISREG(stat_of("r/dst").st_mode) && holds("r/dst", "source"),
	   "%s: is replaced itself", name);
	ok(holds("r/target", "untouched"), "%s: its target is not touched", name);
	drop("r/target");

	drop("r/dst");
	is_int(symlink("nowhere", "r/dst"), 0, "%s: a dangling symlink", name);
	is_int(copy("src", "r/dst", flags), 0, "%s: REPLACE, dangling symlink there", name);
	ok(S_ISREG(stat_of("r/dst").st_mode) && !exists("r/nowhere"),
	   "%s: is replaced itself", name);

	/* A read-only file is no obstacle: its name is replaced */
	put_text("r/dst", "read-only");
	chmod("r/dst", 0444);
	is_int(copy("src", "r/dst", flags), 0, "%s: REPLACE, read-only file there", name);
	ok(holds("r/dst", "source"), "%s: has the new contents", name);

	put_text("r/dst", "old");
	is_int(copy("absent", "r/dst", flags), -ENOENT, "%s: REPLACE without a source", name);
	ok(holds("r/dst", "old"), "%s: leaves the old file", name);

	mkdir("r/dir", 0755);
	is_int(copy("src", "r/dir", flags), -EISDIR, "%s: REPLACE, directory there", name);
	drop("r/dir");

	names = count_names("r");
	is_int(names, 1, "%s: no temporary name is left", name);
	remove_tree("r");
}

/* The old file is there, whole, until the new one is */
static void test_replace_at_the_end(void)
{
	struct stat before, after;
	int cookie;

	mkdir("r", 0755);
	put_text("r/dst", "old");
	before = stat_of("r/dst");
	cookie = long_start("r/dst", COPYFILE_REPLACE);
	if (wait_for_data(cookie)) {
		after = stat_of("r/dst");
		ok(after.st_ino == before.st_ino && holds("r/dst", "old"),
		   "REPLACE: the old file is there while the copy goes on");
		is_int(cancel(cookie), -ECANCELED, "REPLACE: cancelled");
		ok(holds("r/dst", "old"), "REPLACE: the old file stays after that");
		is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "REPLACE: so it says");
		is_int(count_names("r"), 1, "REPLACE: no temporary name is left");
	} else {
		is_int(finish(cookie), 0, "REPLACE: a copy too fast to look at");
		skip(4, "the copy was too fast to look at");
	}
	remove_tree("r");
}

static void test_truncate(unsigned long how, const char *name)
{
	unsigned long flags = how | COPYFILE_TRUNCATE;
	struct stat before, after;

	put_text("src", "source");

	is_int(copy("src", "dst", flags), 0, "%s: TRUNCATE, nothing there", name);
	ok(holds("dst", "source"), "%s: makes the file", name);

	put_text("dst", "old contents, longer than the new");
	chmod("dst", 0640);
	before = stat_of("dst");
	link("dst", "second");
	is_int(copy("src", "dst", flags), 0, "%s: TRUNCATE, file there", name);
	after = stat_of("dst");
	ok(holds("dst", "source"), "%s: has the new contents, and no more", name);
	ok(before.st_ino == after.st_ino, "%s: is the same file", name);
	ok(holds("second", "source"), "%s: under each of its names", name);
	is_int(after.st_mode & 07777, 0640, "%s: keeps its mode", name);
	drop("second");

	put_text("target", "old");
	drop("dst");
	is_int(symlink("target", "dst"), 0, "%s: a symlink", name);
	is_int(copy("src", "dst", flags), 0, "%s: TRUNCATE through it", name);
	ok(S_ISLNK(stat_of("dst").st_mode) && holds("target", "source"),
	   "%s: writes its target", name);

	drop("target");
	ok(copy("src", "dst", flags) < 0, "%s: TRUNCATE refuses a dangling symlink", name);
	ok(!exists("target") && S_ISLNK(stat_of("dst").st_mode), "%s: and leaves it", name);
	drop("dst");

	put_text("dst", "old");
	is_int(copy("absent", "dst", flags), -ENOENT, "%s: TRUNCATE without a source", name);
	ok(holds("dst", "old"), "%s: destroys nothing", name);
	drop("dst");

	mkdir("dir", 0755);
	is_int(copy("src", "dir", flags), -EISDIR, "%s: TRUNCATE, directory there", name);
	drop("dir");
}

static void test_same_file(unsigned long how, const char *name)
{
	static const unsigned long ways[] = { COPYFILE_REPLACE, COPYFILE_TRUNCATE };
	static const char *const way_names[] = { "REPLACE", "TRUNCATE" };
	int i;

	for (i = 0; i < 2; i++) {
		unsigned long flags = how | ways[i];

		put_text("same", "do not lose me");
		is_int(copy("same", "same", flags), -EINVAL, "%s: %s onto itself", name,
		       way_names[i]);
		is_int(copy("same", "./same", flags), -EINVAL, "%s: %s, spelt otherwise",
		       name, way_names[i]);
		is_int(link("same", "hard"), 0, "%s: a hard link", name);
		is_int(copy("same", "hard", flags), -EINVAL, "%s: %s onto a hard link",
		       name, way_names[i]);
		is_int(symlink("same", "soft"), 0, "%s: a symlink", name);
		is_int(copy("soft", "same", flags), -EINVAL, "%s: %s, src by symlink",
		       name, way_names[i]);
		if (ways[i] == COPYFILE_TRUNCATE)
			is_int(copy("same", "soft", flags), -EINVAL,
			       "%s: TRUNCATE through a symlink to src", name);
		ok(holds("same", "do not lose me"), "%s: %s lost nothing", name,
		   way_names[i]);
		drop("hard");
		drop("soft");
		drop("same");
	}
	put_text("same", "do not lose me");
	ok(copy("same", "same", how) < 0, "%s: neither does the default let it", name);
	ok(holds("same", "do not lose me"), "%s: and loses nothing", name);
	drop("same");
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
		bail_out("socket: %s", strerror(errno));
	close(fd);
}

static void test_odd_sources(unsigned long how, const char *name)
{
	mkdir("dir", 0755);
	is_int(copy("dir", "dst", how), -EOPNOTSUPP, "%s: a directory as source", name);
	ok(!exists("dst"), "%s: makes nothing", name);
	drop("dir");

	if (mkfifo("fifo", 0644) != 0)
		bail_out("mkfifo: %s", strerror(errno));
	is_int(copy("fifo", "dst", how), -EOPNOTSUPP, "%s: a FIFO, and no hanging", name);
	is_int(copy("/dev/null", "dst", how), -EOPNOTSUPP, "%s: a device", name);
	ok(!exists("dst"), "%s: makes nothing", name);
	put_text("dst", "old");
	is_int(copy("fifo", "dst", how | COPYFILE_TRUNCATE), -EOPNOTSUPP,
	       "%s: a FIFO over a file", name);
	ok(holds("dst", "old"), "%s: destroys nothing", name);
	drop("dst");
	drop("fifo");

	make_socket("socket");
	ok(copy("socket", "dst", how) < 0, "%s: a socket is refused", name);
	ok(!exists("dst"), "%s: makes nothing", name);
	drop("socket");

	is_int(copy("", "dst", how), -ENOENT, "%s: an empty name as source", name);
	put_text("src", "source");
	is_int(copy("src", "", how), -ENOENT, "%s: an empty name as destination", name);
	is_int(copy("src/x", "dst", how), -ENOTDIR, "%s: a file as a directory", name);
}

/* What is no file but has a name: written into, as by cp, or replaced */
static void test_odd_destinations(unsigned long how, const char *name)
{
	char buf[16];
	int fd;

	put_text("src", "source");
	if (mkfifo("fifo", 0644) != 0)
		bail_out("mkfifo: %s", strerror(errno));
	fd = open("fifo", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	is_int(copy("src", "fifo", how), -EEXIST, "%s: a FIFO exists", name);
	is_int(copy("src", "fifo", how | COPYFILE_TRUNCATE), 0, "%s: TRUNCATE of a FIFO",
	       name);
	is_int(read(fd, buf, sizeof buf), 6, "%s: gives its reader the contents", name);
	ok(S_ISFIFO(stat_of("fifo").st_mode), "%s: and leaves it a FIFO", name);
	close(fd);
	is_int(copy("src", "fifo", how | COPYFILE_REPLACE), 0, "%s: REPLACE replaces it", name);
	ok(S_ISREG(stat_of("fifo").st_mode) && holds("fifo", "source"), "%s: by the file",
	   name);
	drop("fifo");
	is_int(copy("src", "/dev/null", how | COPYFILE_TRUNCATE), 0,
	       "%s: TRUNCATE of /dev/null", name);
}

static void test_one_name(unsigned long how, const char *name)
{
	unsigned long one = how | COPYFILE_ONE_NAME;

	put_text("single", "one name");
	is_int(copy("single", "dst", one), 0, "%s: ONE_NAME of a file with one", name);
	ok(holds("dst", "one name"), "%s: is a copy", name);
	drop("dst");
	is_int(link("single", "double"), 0, "%s: it gets another name", name);
	is_int(copy("single", "dst", one), -EMLINK, "%s: which is EMLINK", name);
	is_int(last_info().stage, COPYFILE_OPEN_SRC, "%s: at the source", name);
	ok(!exists("dst"), "%s: nothing is made", name);
	put_text("dst", "old");
	is_int(copy("double", "dst", one | COPYFILE_TRUNCATE), -EMLINK, "%s: TRUNCATE", name);
	is_int(copy("double", "dst", one | COPYFILE_REPLACE), -EMLINK, "%s: REPLACE", name);
	ok(holds("dst", "old"), "%s: nothing is changed", name);
	is_int(copy("double", "dst", how | COPYFILE_TRUNCATE), 0, "%s: without the flag", name);
	ok(holds("dst", "one name"), "%s: it is copied", name);
	drop("dst");
	is_int(symlink("double", "soft"), 0, "%s: a symlink", name);
	is_int(copy("soft", "dst", one), -EMLINK, "%s: to it, followed", name);
	is_int(copy("soft", "dst", one | COPYFILE_NOFOLLOW), 0, "%s: itself has one name", name);
	drop("dst");
	drop("soft");
	drop("single");
	drop("double");
}

static bool links_to(const char *name, const char *target)
{
	char buf[64];
	ssize_t got = readlink(name, buf, sizeof buf);

	return got == (ssize_t)strlen(target) && memcmp(buf, target, got) == 0;
}

static void test_symlinks(unsigned long how, const char *name)
{
	unsigned long nofollow = how | COPYFILE_NOFOLLOW;

	put_text("target", "behind the link");
	is_int(symlink("target", "link"), 0, "%s: a symlink", name);
	is_int(copy("link", "dst", how), 0, "%s: is followed", name);
	ok(S_ISREG(stat_of("dst").st_mode) && holds("dst", "behind the link"),
	   "%s: to its contents", name);
	is_int(copy("link", "dst", nofollow), -EEXIST, "%s: NOFOLLOW, file there", name);
	ok(holds("dst", "behind the link"), "%s: which stays", name);
	is_int(copy("link", "dst", nofollow | COPYFILE_REPLACE), 0,
	       "%s: NOFOLLOW|REPLACE, file there", name);
	ok(links_to("dst", "target"), "%s: is a symlink now", name);
	drop("dst");
	is_int(copy("link", "dst", nofollow), 0, "%s: NOFOLLOW, nothing there", name);
	ok(links_to("dst", "target"), "%s: makes the same symlink", name);
	drop("dst");
	put_text("dst", "old");
	is_int(copy("link", "dst", nofollow | COPYFILE_TRUNCATE), 0,
	       "%s: NOFOLLOW|TRUNCATE, file there", name);
	ok(links_to("dst", "target"), "%s: is replaced by the symlink", name);
	ok(holds("target", "behind the link"), "%s: the target is as it was", name);
	drop("dst");

	is_int(copy("target", "dst", nofollow), 0, "%s: NOFOLLOW of a file", name);
	ok(same_data("target", "dst"), "%s: is a plain copy", name);
	drop("dst");
	drop("target");

	is_int(copy("link", "dst", how), -ENOENT, "%s: a dangling source, followed", name);
	is_int(copy("link", "dst", nofollow), 0, "%s: a dangling source, not followed", name);
	ok(links_to("dst", "target"), "%s: makes the same symlink", name);
	is_int(copy("link", "link", nofollow | COPYFILE_REPLACE), -EINVAL,
	       "%s: a symlink onto itself", name);
	ok(links_to("link", "target"), "%s: stays", name);
	drop("dst");
	drop("link");

	is_int(symlink("loop", "loop"), 0, "%s: a loop", name);
	is_int(copy("loop", "dst", how), -ELOOP, "%s: is ELOOP", name);
	is_int(copy("loop", "dst", nofollow), 0, "%s: or a symlink like any other", name);
	drop("dst");
	drop("loop");
}

static int limited(void)
{
	struct rlimit limit = { 65536, 65536 };
	int i, bad = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 128;
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long how = schedules[i].flag;

		/* A new file is kept, or removed */
		if (copy("src", "keep/new", how | COPYFILE_KEEP_PARTIAL) != -EFBIG ||
		    last_info().partial != COPYFILE_PARTIAL_KEPT || !exists("keep/new"))
			bad |= 1;
		drop("keep/new");
		if (copy("src", "keep/new", how) != -EFBIG ||
		    last_info().partial != COPYFILE_PARTIAL_REMOVED || exists("keep/new"))
			bad |= 2;

		/* One to be replaced is as it was; no temporary file stays */
		if (copy("src", "keep/old", how | COPYFILE_REPLACE) != -EFBIG ||
		    last_info().partial != COPYFILE_PARTIAL_NONE ||
		    !holds("keep/old", "old"))
			bad |= 4;
		if (count_names("keep") != 1)
			bad |= 8;

		/* One rewritten in place is incomplete, and said to be */
		put_text("rewrite", "old");
		if (copy("src", "rewrite", how | COPYFILE_TRUNCATE) != -EFBIG ||
		    last_info().partial != COPYFILE_PARTIAL_KEPT || !exists("rewrite"))
			bad |= 16;
	}
	return bad;
}

static void test_partial(void)
{
	int bad;

	put_pattern("src", 1 << 20, 1);
	mkdir("keep", 0755);
	put_text("keep/old", "old");
	bad = in_child(limited);
	ok((bad & 128) == 0, "RLIMIT_FSIZE can be set");
	ok((bad & 1) == 0, "KEEP_PARTIAL leaves the new, incomplete file and says so");
	ok((bad & 2) == 0, "without it the file is removed");
	ok((bad & 4) == 0, "a file that was to be replaced is untouched");
	ok((bad & 8) == 0, "no temporary name is left");
	ok((bad & 16) == 0, "a file rewritten in place stays, incomplete");
	ok(bad < 255, "and the child ends well");
	remove_tree("keep");
	drop("rewrite");
}

static void test_fsync(unsigned long how, const char *name)
{
	static const unsigned long ways[] = { 0, COPYFILE_REPLACE, COPYFILE_TRUNCATE };
	int i;

	put_pattern("src", 70000, 2);
	for (i = 0; i < 3; i++) {
		is_int(copy("src", "dst", how | COPYFILE_FSYNC | ways[i]), 0,
		       "%s: FSYNC with 0x%lx", name, ways[i]);
		ok(same_data("src", "dst"), "%s: a good copy", name);
	}
	drop("dst");
	is_int(symlink("src", "link"), 0, "%s: a symlink", name);
	is_int(copy("link", "dst", how | COPYFILE_FSYNC | COPYFILE_NOFOLLOW), 0,
	       "%s: FSYNC of a symlink", name);
	drop("link");
	drop("dst");
}

/*
 * Hold a write lease on a file, as a file server does for its clients, and
 * give it back when asked.  Writes to ready: 'y' if there is one.
 */
static void hold_lease(const char *name, int ready)
{
	int fd = open(name, O_RDWR | O_CLOEXEC), sig;
	sigset_t io;
	char answer;

	sigemptyset(&io);
	sigaddset(&io, SIGIO);
	sigprocmask(SIG_BLOCK, &io, NULL);
	answer = fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) == 0 ? 'y' : 'n';
	alarm(60);
	/* No handler: a sanitizer might put off calling it. */
	if (write(ready, &answer, 1) == 1 && answer == 'y')
		sigwait(&io, &sig);
	usleep(20000);
	_exit(fcntl(fd, F_SETLEASE, F_UNLCK) == 0 ? 0 : 1);
}

/* A leased file is there to be copied; it only takes a moment */
static void test_lease(unsigned long how, const char *name)
{
	int ready[2], status;
	char answer = 'n';
	pid_t pid;

	put_text("leased", "on lease");
	if (pipe(ready) != 0 || (pid = fork()) < 0)
		bail_out("fork: %s", strerror(errno));
	if (pid == 0)
		hold_lease("leased", ready[1]);
	if (read(ready[0], &answer, 1) == 1 && answer == 'y') {
		is_int(copy("leased", "dst", how), 0, "%s: a source under a lease", name);
		ok(holds("dst", "on lease"), "%s: is copied", name);
	} else
		skip(2, "no leases here");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	close(ready[1]);
	drop("leased");
	drop("dst");
}

/* Names relative to descriptors, and absolute ones */
static void test_at(unsigned long flags, const char *name)
{
	struct copyfile_how how = { .flags = flags };
	char absolute[PATH_MAX + 8];
	int from, to;

	mkdir("from", 0755);
	mkdir("to", 0755);
	put_text("from/f", "relative");
	from = open("from", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	to = open("to", O_PATH | O_DIRECTORY | O_CLOEXEC);
	is_int(finish(copyfileat(from, "f", to, "g", &how, sizeof how)), 0,
	       "%s: from one directory to another", name);
	ok(holds("to/g", "relative"), "%s: arrives", name);
	snprintf(absolute, sizeof absolute, "%s/to/h", scratch_dir);
	is_int(finish(copyfileat(from, "f", -1, absolute, &how, sizeof how)), 0,
	       "%s: an absolute name needs no directory", name);
	ok(holds("to/h", "relative"), "%s: arrives", name);
	is_int(finish(copyfileat(-1, "f", to, "i", &how, sizeof how)), -EBADF,
	       "%s: a bad source directory is EBADF", name);
	is_int(finish(copyfileat(from, "f", 9999, "i", &how, sizeof how)), -EBADF,
	       "%s: a bad destination directory is EBADF", name);
	ok(!exists("to/i"), "%s: nothing is made", name);
	close(from);
	close(to);
	remove_tree("from");
	remove_tree("to");
}

int main(void)
{
	int i;

	scratch_enter("flags");
	long_setup(0, 0);
	test_combinations();
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long how = schedules[i].flag;
		const char *name = schedules[i].name;

		test_default(how, name);
		test_replace(how, name);
		test_truncate(how, name);
		test_same_file(how, name);
		test_odd_sources(how, name);
		test_odd_destinations(how, name);
		test_one_name(how, name);
		test_symlinks(how, name);
		test_fsync(how, name);
		test_lease(how, name);
		test_at(how, name);
	}
	test_replace_at_the_end();
	test_partial();
	is_int(count_names("."), 2, "only the two sources are left");
	return scratch_done();
}
