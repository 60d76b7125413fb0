/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dest: the ways in which a destination comes to be, each with its two ends: it is
 * published, or undone, and then says what is left.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "dest.h"

#include "scratch.h"
#include "tap.h"

static const char old[] = "old contents";

static struct cf_watch watch;
static struct stat src_stat;
static int src_fd;

static struct cf_dest dest(const char *name, uint64_t flags)
{
	return (struct cf_dest){
		.dir = AT_FDCWD, .name = name, .flags = flags, .mode = 0644, .src = src_fd,
		.st = &src_stat, .place = 1, .watch = &watch, .fd = -1,
	};
}

/* Open, and write as a copy does. */
static int fill(struct cf_dest *d, const char *text)
{
	int ret = cf_dest_open(d);

	if (ret == 0 && pwrite(d->fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		bail_out("%s: %s", d->name, strerror(errno));
	return ret;
}

static int publish(struct cf_dest *d, off_t size)
{
	uint32_t stage = 99;
	int ret = cf_dest_set_size(d, size, true);

	if (ret == 0)
		ret = cf_dest_publish(d, &stage);
	if (ret == 0)
		is_int(stage, COPYFILE_PUBLISH, "the last stage is the name");
	return ret;
}

/* What a failure leaves; nothing may be open after it. */
static void is_undone(struct cf_dest *d, enum copyfile_partial left, const char *what)
{
	is_int(cf_dest_undo(d), left, "%s: what is left", what);
	ok(d->fd == -1 && d->temp == NULL && d->claim.kind == CF_CLAIM_NONE,
	   "nothing is open, or claimed");
}

static void put_old(const char *name)
{
	put_text(name, old);
}

/* --------------------------------------------------- the ways, in one table */

static const struct way {
	const char *name;
	uint64_t flags;
	bool there;			/* a file is */
	bool visible;			/* under its name before it is published */
	enum copyfile_partial left;	/* after it is undone */
	const char *after;		/* what the name leads to then, or NULL */
} ways[] = {
	{ "exclusive", 0, false, true, COPYFILE_PARTIAL_REMOVED, NULL },
	{ "exclusive, KEEP_PARTIAL", COPYFILE_KEEP_PARTIAL, false, true, COPYFILE_PARTIAL_KEPT,
	  "new" },
	{ "in place, nothing there", COPYFILE_TRUNCATE, false, true, COPYFILE_PARTIAL_REMOVED,
	  NULL },
	{ "in place", COPYFILE_TRUNCATE, true, true, COPYFILE_PARTIAL_KEPT, "new" },
	{ "replace, nothing there", COPYFILE_REPLACE, false, false, COPYFILE_PARTIAL_NONE, NULL },
	{ "replace", COPYFILE_REPLACE, true, false, COPYFILE_PARTIAL_NONE, old },
	{ "replace, KEEP_PARTIAL", COPYFILE_REPLACE | COPYFILE_KEEP_PARTIAL, true, false,
	  COPYFILE_PARTIAL_NONE, old },
	{ "atomic", COPYFILE_ATOMIC, false, false, COPYFILE_PARTIAL_NONE, NULL },
	{ "atomic, KEEP_PARTIAL", COPYFILE_ATOMIC | COPYFILE_KEEP_PARTIAL, false, false,
	  COPYFILE_PARTIAL_NONE, NULL },
	{ "atomic, replace", COPYFILE_ATOMIC | COPYFILE_REPLACE, true, false,
	  COPYFILE_PARTIAL_NONE, old },
};

static void test_way(const struct way *way, bool big)
{
	struct cf_dest d;
	char what[64];

	snprintf(what, sizeof what, "%s, %s", way->name, big ? "big" : "small");
	src_stat.st_size = big ? 1 << 20 : 6;
	for (int undo = 0; undo < 2; undo++) {
		drop("d/dst");
		if (way->there)
			put_old("d/dst");
		d = dest("d/dst", way->flags);
		is_int(fill(&d, "new"), 0, "%s: it is opened", what);
		if (way->visible)
			ok(holds("d/dst", "new"), "it has its name");
		else
			ok(way->there ? holds("d/dst", old) : !exists("d/dst"),
			   "its name is as it was");
		if (undo) {
			is_undone(&d, way->left, what);
			ok(way->after ? holds("d/dst", way->after) : !exists("d/dst"),
			   "the name leads to that");
		} else {
			is_int(publish(&d, 3), 0, "it is published");
			ok(holds("d/dst", "new"), "under its name");
			is_int(d.fd, -1, "and closed");
		}
		is_int(count_names("d"), exists("d/dst"), "no other name is there");
	}
	drop("d/dst");
}

/* --------------------------------- what is refused, before anything is lost */

static void test_refused(void)
{
	static const uint64_t flags[] = { 0, COPYFILE_TRUNCATE, COPYFILE_REPLACE };
	static const char *const names[] = { "exclusive", "in place", "replace" };
	struct cf_dest d;

	link("src", "d/link");
	mkdir("d/dir", 0755);
	put_old("d/dst");
	for (int i = 0; i < 3; i++) {
		d = dest("d/link", flags[i]);
		is_int(cf_dest_open(&d), -EINVAL, "%s: the source itself", names[i]);
		is_undone(&d, COPYFILE_PARTIAL_NONE, names[i]);
		ok(holds("src", "source"), "which is as it was");
		d = dest("d/dir", flags[i]);
		is_int(cf_dest_open(&d), i ? -EISDIR : -EEXIST, "%s: a directory", names[i]);
		is_undone(&d, COPYFILE_PARTIAL_NONE, names[i]);
		d = dest("d/no/dst", flags[i]);
		is_int(cf_dest_open(&d), -ENOENT, "%s: no directory", names[i]);
		is_undone(&d, COPYFILE_PARTIAL_NONE, names[i]);
	}
	d = dest("d/dst", 0);
	is_int(cf_dest_open(&d), -EEXIST, "exclusive: a file");
	is_undone(&d, COPYFILE_PARTIAL_NONE, "exclusive");
	ok(holds("d/dst", old), "which is as it was");
	drop("d/link");
	drop("d/dir");
	drop("d/dst");
}

/* ---------------------------------------- between the beginning and the end */

/* The name leads to another file by then: that one stays. */
static void test_taken(void)
{
	struct cf_dest d = dest("d/dst", 0);

	is_int(fill(&d, "new"), 0, "a new file");
	drop("d/dst");
	put_text("d/dst", "another's");
	is_undone(&d, COPYFILE_PARTIAL_NONE, "another has taken its name");
	ok(holds("d/dst", "another's"), "that one stays");
	drop("d/dst");

	d = dest("d/dst", COPYFILE_REPLACE);
	is_int(fill(&d, "new"), 0, "one to replace another");
	mkdir("d/dst", 0755);
	uint32_t stage = 99;
	is_int(cf_dest_publish(&d, &stage), -EISDIR, "a directory has taken its name");
	is_int(stage, COPYFILE_PUBLISH, "the stage says so");
	is_undone(&d, COPYFILE_PARTIAL_NONE, "a directory");
	is_int(count_names("d"), 1, "no temporary name is left");
	drop("d/dst");
}

/* The name is taken by the time that the file is complete. */
static void test_taken_meanwhile(void)
{
	uint32_t stage = 99;
	struct cf_dest d = dest("d/dst", COPYFILE_ATOMIC);

	is_int(fill(&d, "new"), 0, "atomic: a new file");
	put_text("d/dst", "another's");
	is_int(cf_dest_publish(&d, &stage), -EEXIST, "another has taken its name");
	is_int(stage, COPYFILE_PUBLISH, "the stage says so");
	is_undone(&d, COPYFILE_PARTIAL_NONE, "atomic");
	ok(holds("d/dst", "another's"), "that one stays");
	drop("d/dst");

	d = dest("d/dst", COPYFILE_ATOMIC);
	is_int(fill(&d, "new"), 0, "atomic: once more");
	link("src", "d/dst");
	is_int(cf_dest_publish(&d, &stage), -EINVAL, "the source has got its name");
	is_undone(&d, COPYFILE_PARTIAL_NONE, "atomic");
	ok(holds("d/dst", "source"), "and stays");
	is_int(count_names("d"), 1, "no other name is there");
	drop("d/dst");
}

/* Another program writes to a file that is rewritten in place. */
static void test_settle(void)
{
	struct cf_dest d;

	put_old("d/dst");
	d = dest("d/dst", COPYFILE_TRUNCATE);
	is_int(fill(&d, "new, and what another program has written"), 0, "in place");
	is_int(publish(&d, 3), 0, "it ends after three bytes");
	ok(holds("d/dst", "new"), "the rest is cut off");
	d = dest("d/dst", COPYFILE_TRUNCATE);
	is_int(fill(&d, "new"), 0, "in place");
	is_int(cf_dest_set_size(&d, 5, true), -EBUSY, "another program has cut it off");
	is_int(cf_dest_set_size(&d, 5, false), 0, "unless the size does not matter");
	is_undone(&d, COPYFILE_PARTIAL_KEPT, "in place");
	drop("d/dst");
}

/* A descriptor of the destination, which stays the caller's */
static void test_given(void)
{
	int fd;
	struct cf_dest d;

	put_old("d/dst");
	fd = open("d/dst", O_WRONLY | O_CLOEXEC);
	for (int undo = 0; undo < 2; undo++) {
		d = dest("", COPYFILE_TRUNCATE);
		d.dir = fd;
		d.given = true;
		is_int(fill(&d, "new"), 0, "an open file");
		ok(d.fd >= 0 && d.fd != fd, "it is written to by a duplicate");
		if (undo)
			is_undone(&d, COPYFILE_PARTIAL_KEPT, "an open file");
		else
			is_int(publish(&d, 3), 0, "it is published");
		ok(holds("d/dst", "new"), "it has the new contents");
		is_int(fcntl(fd, F_GETFD), FD_CLOEXEC, "the descriptor is still there");
	}
	close(fd);
	drop("d/dst");
}

/* ----------------------------------------------------------------- symlinks */

static bool leads_to(const char *name, const char *target)
{
	char buf[32];
	ssize_t n = readlink(name, buf, sizeof buf);

	return n == (ssize_t)strlen(target) && memcmp(buf, target, n) == 0;
}

static void test_symlinks(void)
{
	static const uint64_t flags[] = { 0, COPYFILE_TRUNCATE, COPYFILE_REPLACE };
	struct cf_dest d;

	for (int i = 0; i < 6; i++) {
		bool open = i % 2;

		if (flags[i / 2])
			put_old("d/dst");
		d = dest("d/dst", flags[i / 2]);
		is_int(cf_dest_symlink(&d, "target", open), 0, "a symlink, flags 0x%llx",
		       (unsigned long long)flags[i / 2]);
		ok((d.fd >= 0) == open, "it is open if that was asked for");
		is_int(publish(&d, 0), 0, "it is published");
		ok(leads_to("d/dst", "target"), "under its name");
		drop("d/dst");

		if (flags[i / 2])
			put_old("d/dst");
		d = dest("d/dst", flags[i / 2]);
		is_int(cf_dest_symlink(&d, "target", open), 0, "once more");
		/* Without its descriptor no copy knows its inode: one that may be
		   another's stays. */
		bool known = open || flags[i / 2];
		is_undone(&d, flags[i / 2] ? COPYFILE_PARTIAL_NONE
			  : known ? COPYFILE_PARTIAL_REMOVED : COPYFILE_PARTIAL_KEPT, "a symlink");
		if (flags[i / 2])
			ok(holds("d/dst", old), "the old file is there");
		else
			is_int(exists("d/dst"), !known, "it is gone, if it was known");
		drop("d/dst");
		is_int(count_names("d"), 0, "no other name is there");
	}
}

int main(void)
{
	int before = count_fds();

	scratch_enter("dest");
	mkdir("d", 0755);
	put_text("src", "source");
	src_fd = open("src", O_RDONLY | O_CLOEXEC);
	src_stat = stat_of("src");
	for (unsigned int i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		test_way(&ways[i], false);
		test_way(&ways[i], true);
	}
	src_stat = stat_of("src");
	test_refused();
	src_stat = stat_of("src");
	test_taken();
	test_taken_meanwhile();
	test_settle();
	test_given();
	test_symlinks();
	close(src_fd);
	is_int(count_fds(), before, "no descriptor is left behind");
	return done_testing();
}
