/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: out has the names of a tree, so that whoever is led there finds what to read and to
 * overwrite.  A canary is looked at by its name alone, since to read it or its directory would
 * change the times of access by which reading is noticed: they are set to before the times of
 * modification, so that relatime lets the first reader change them.  The time of the last
 * change (ctime) tells everything else.
 */
#include <config.h>

#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

const char *const place_dirs[PLACE_DIRS] = { "", "a", "a/b", "c", "c/d" };
const char *const place_files[PLACE_FILES] = {
	"f1", "f2", "a/f1", "a/b/f1", "a/b/f2", "c/f1", "c/d/f1", "h1",
};

/* The names in a tree that are neither of these: a second name, a FIFO, a symlink */
static const char further[] = "c/h2", fifo[] = "a/p", symlink_name[] = "c/s";

static char *name_in(const char *top, const char *name, char path[static 64])
{
	snprintf(path, 64, "%s%s%s", top, *name ? "/" : "", name);
	return path;
}

static void must(int r, const char *what)
{
	if (r < 0)
		bail_out("%s: %s", what, strerror(errno));
}

static void put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bail_out("%s: %s", path, strerror(errno));
	close(fd);
}

/* Make a tree called top, whose files have that text and belong to uid. */
static void make_tree(const char *top, const char *text, uid_t uid)
{
	char path[64], other[64];

	for (int i = 0; i < PLACE_DIRS; i++)
		must(mkdir(name_in(top, place_dirs[i], path), 0755), path);
	for (int i = 0; i < PLACE_FILES; i++)
		put(name_in(top, place_files[i], path), text, 0640);
	must(link(name_in(top, "h1", other), name_in(top, further, path)), path);
	must(mkfifo(name_in(top, fifo, path), 0600), path);
	must(symlink("f1", name_in(top, symlink_name, path)), path);
	must(lchown(path, uid, uid), path);
	must(chown(name_in(top, fifo, path), uid, uid), path);
	for (int i = 0; i < PLACE_FILES; i++)
		must(chown(name_in(top, place_files[i], path), uid, uid), path);
	for (int i = PLACE_DIRS - 1; i >= 0; i--)
		must(chown(name_in(top, place_dirs[i], path), uid, uid), path);
}

void place_make_trees(bool merge)
{
	make_tree("src", "from the source", ADVERSARY);
	must(mkdir("dst", 0755), "dst");
	if (merge)
		make_tree("dst/src", "old", ADVERSARY);
	must(chown("dst", ADVERSARY, ADVERSARY), "dst");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void place_remove_trees(void)
{
	static const char *const tops[] = { "src", "dst" };

	for (int i = 0; i < 2; i++)
		if (nftw(tops[i], remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
			bail_out("cannot remove %s: %s", tops[i], strerror(errno));
}

/* -------------------------------------------------------------- canaries */

enum { CANARIES = PLACE_DIRS + PLACE_FILES + 3 };

static struct canary {
	char path[64];
	struct stat st;
} canaries[CANARIES];

/* Note what the canaries look like, their times of access set to before that of modification. */
static void note_all(void)
{
	const struct timespec times[] = { { .tv_sec = 1000000 }, { .tv_sec = 2000000 } };

	/* All times first: two names may be one canary. */
	for (int i = 0; i < CANARIES; i++)
		must(utimensat(AT_FDCWD, canaries[i].path, times, AT_SYMLINK_NOFOLLOW),
		     canaries[i].path);
	for (int i = 0; i < CANARIES; i++)
		must(lstat(canaries[i].path, &canaries[i].st), canaries[i].path);
}

void canaries_remove(void)
{
	if (nftw("out", remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		bail_out("cannot remove out: %s", strerror(errno));
}

void canaries_make(void)
{
	int n = 0;

	canaries_remove();
	make_tree("out", "canary", 0);
	must(chmod("out", 0700), "out");
	for (int i = 0; i < PLACE_FILES; i++)
		name_in("out", place_files[i], canaries[n++].path);
	for (int i = 0; i < PLACE_DIRS; i++)
		name_in("out", place_dirs[i], canaries[n++].path);
	name_in("out", further, canaries[n++].path);
	name_in("out", fifo, canaries[n++].path);
	name_in("out", symlink_name, canaries[n++].path);
	note_all();
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Returns what has been done to a canary that was old and is now new; or NULL. */
static const char *difference(const struct stat *old, const struct stat *new)
{
	if (old->st_ino != new->st_ino)
		return "replaced";
	if (old->st_mode != new->st_mode || old->st_uid != new->st_uid ||
	    old->st_gid != new->st_gid)
		return "given another owner or mode";
	if (old->st_nlink != new->st_nlink)
		return "linked or removed";
	if (old->st_size != new->st_size || !same_time(&old->st_mtim, &new->st_mtim))
		return "written to, or given another time";
	if (!same_time(&old->st_ctim, &new->st_ctim))
		return "changed";
	return same_time(&old->st_atim, &new->st_atim) ? NULL : "read";
}

const char *canaries_missing(void)
{
	static char what[sizeof canaries->path + 64];
	struct stat st;

	for (int i = 0; i < CANARIES; i++) {
		const struct canary *c = &canaries[i];
		const char *how = lstat(c->path, &st) < 0 ? "removed" : difference(&c->st, &st);

		if (how) {
			snprintf(what, sizeof what, "%.*s was %s",
				 (int)sizeof c->path, c->path, how);
			return what;
		}
	}
	return NULL;
}

bool canaries_tell_reads(void)
{
	char byte;
	int fd = open("out/f1", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &byte, 1) != 1)
		bail_out("cannot read a canary: %s", strerror(errno));
	close(fd);
	bool told = canaries_missing();
	canaries_make();
	return told;
}
