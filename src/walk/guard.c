/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each of these guards stands for a disaster that other tools have had.
 *
 *	a source that is missing or empty	a disk that is not mounted; a variable that is
 *						not set
 *	the destination is / or a home		a script whose setting is empty; a wrong name
 *	the destination has the source in it	the source would be removed as an extra
 *	two sources for one directory		each would remove what the other one has
 *
 * They look at directories by their inodes, so it does not matter how they are written.  That
 * a source vanishes later, or that much would go, is for remove.c and prune.c.
 */
#include <config.h>

#include "walk/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/upwards.h"
#include "dirname.h"
#include "filenamecat.h"
#include "report/quote.h"
#include "report/report.h"
#include "same-inode.h"
#include "walk/reader.h"
#include "xalloc.h"

/* tests/mirror builds a pcp that shows what happens without this. */
#ifndef GUARD_IS_OFF
#define GUARD_IS_OFF false
#endif

static bool refuse(int err, const char *format, const char *name)
{
	const struct report_about about = { .op = OP_CHECK };

	if (GUARD_IS_OFF)
		return true;
	report_error_about(&about, err, format, quote_always(0, name));
	return false;
}

/* ---------------------------------------------------------------- source */

/* Returns 1 if the directory path in at has entries, 0 if it is empty, or -1 with errno set. */
static int has_entries(int at, const char *path)
{
	int fd = RETRY(openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct reader_name name;
	struct reader reader;

	if (fd < 0)
		return -1;
	reader_begin(&reader, fd);
	int r = reader_next(&reader, &name);
	reader_end(&reader);
	close(fd);
	errno = r < 0 ? -r : 0;
	return r < 0 ? -1 : r;
}

static bool source_is_whole(const char *src)
{
	switch (has_entries(AT_FDCWD, src)) {
	case 1:
		return true;
	case 0:
		return refuse(0, "not deleting anything: source directory %s is empty", src);
	default:
		return refuse(errno, "not deleting anything: cannot read directory %s", src);
	}
}

/* ----------------------------------------------------------- destination */

static bool is_inode_of(const struct stat *st, const char *path)
{
	struct stat other;

	return path && RETRY(stat(path, &other)) == 0 && SAME_INODE(*st, other);
}

static bool is_inode(void *arg, const struct stat *st)
{
	const struct stat *wanted = arg;

	return SAME_INODE(*wanted, *st);
}

/*
 * Returns true if extras may be removed in the directory fd, which is called dst, and which src, a
 * directory, is copied to.
 */
static bool destination_is_fair(const struct options *o, const char *src, int fd, const char *dst)
{
	struct stat st;

	if (RETRY(fstat(fd, &st)) < 0)
		return refuse(errno, "not deleting anything: cannot stat %s", dst);
	if (is_inode_of(&st, "/"))
		return refuse(0, "not deleting in %s, which is the root directory", dst);
	if (is_inode_of(&st, getenv("HOME")))
		return refuse(0, "not deleting in %s, which is your home directory", dst);
	int above = upwards_find(AT_FDCWD, src, is_inode, &st);
	if (above < 0)
		return refuse(errno, "not deleting anything: cannot open the directories above %s",
			      src);
	if (above)
		return refuse(0, "not deleting in %s, which has the source in it", dst);
	/* It would be extra there. */
	return !o->journal || upwards_find(AT_FDCWD, o->journal, is_inode, &st) == 0 ||
	       refuse(0, "not deleting in %s, which has the journal in it", dst);
}

/* -------------------------------------------------------------- operands */

/* Returns what src is called in the directory to copy into, "." for that itself; on the heap. */
static char *name_in_target(const struct options *o, const char *src)
{
	char *name = xstrdup(o->parents ? src + strspn(src, "/") : last_component(src));

	strip_trailing_slashes(name);
	if (*name && (o->parents || strcmp(name, "..")))
		return name;
	free(name);
	return xstrdup(".");
}

/*
 * Returns true if src may be copied to the directory fd, which is called dst; -1: there is none,
 * and so nothing to remove.
 */
static bool is_fair(const struct options *o, const char *src, int fd, const char *dst)
{
	struct stat st;
	int r = options_follows(o, true) ? RETRY(stat(src, &st)) : RETRY(lstat(src, &st));

	if (r < 0)
		return refuse(errno, "not deleting anything: cannot stat %s", src);
	if (!S_ISDIR(st.st_mode) || fd < 0 || has_entries(fd, ".") == 0)
		return true;
	return source_is_whole(src) && destination_is_fair(o, src, fd, dst);
}

/* Returns true if the operands i and those before it are copied to different names. */
static bool has_own_name(const struct options *o, int i, const char *name)
{
	bool own = i == 0 || strcmp(name, ".");

	for (int j = 0; j < i && own; j++) {
		char *other = name_in_target(o, o->operands[j]);

		own = strcmp(name, other) && strcmp(other, ".");
		free(other);
	}
	return own || refuse(0, "not deleting anything: %s is copied to where another source goes",
			     o->operands[i]);
}

/* As is_fair(), for what has that name in the directory dir, which is open as dir_fd. */
static bool is_fair_in(const struct options *o, const char *src, int dir_fd, const char *dir,
		       const char *name)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	/* What is a symlink is no directory to remove anything from, wherever it leads. */
	int fd = o->parents ? beneath_open(dir_fd, name, flags) :
		 RETRY(openat(dir_fd, name, flags | O_NOFOLLOW));
	char *dst = file_name_concat(dir, name, NULL);
	bool fair = is_fair(o, src, fd, dst);

	free(dst);
	if (fd >= 0)
		close(fd);
	return fair;
}

bool guard_allows(const struct options *o, int n, const char *dir, int dir_fd)
{
	bool fair = true;

	if (!dir) {
		int fd = RETRY(open(o->operands[1], O_PATH | O_DIRECTORY | O_CLOEXEC));

		fair = is_fair(o, o->operands[0], fd, o->operands[1]);
		if (fd >= 0)
			close(fd);
		return fair;
	}
	for (int i = 0; i < n && fair; i++) {
		char *name = name_in_target(o, o->operands[i]);

		fair = has_own_name(o, i, name) &&
		       is_fair_in(o, o->operands[i], dir_fd, dir, name);
		free(name);
	}
	return fair;
}
