/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: on such a file system "A" is copied into "a", if that is there.  Then the source has no
 * "a", and what has that name is the copy.
 *
 * A file system is asked by a name whose letters are turned.  If that leads to the same inode,
 * which is rare, the source is read once more, to be compared without regard to case, in the
 * locale's way.  Two names that are hard links of one file look the same; then the name is kept.
 */
#include <config.h>

#include "walk/othercase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/retry.h"
#include "c-ctype.h"
#include "same-inode.h"
#include "tree/dir.h"
#include "walk/reader.h"
#include "xalloc.h"

/* Turn the letters of ASCII in name.  Returns false if it has none. */
static bool turn(char *name)
{
	bool any = false;

	for (; *name; name++) {
		any |= c_isalpha(*name);
		*name = c_isupper(*name) ? c_tolower(*name) : c_toupper(*name);
	}
	return any;
}

static bool destination_folds(const struct dir *d, const char *name)
{
	char *turned = xstrdup(name);
	struct stat a, b;
	bool folds = turn(turned) &&
		     RETRY(fstatat(dir_dst_fd(d), turned, &a, AT_SYMLINK_NOFOLLOW)) == 0 &&
		     RETRY(fstatat(dir_dst_fd(d), name, &b, AT_SYMLINK_NOFOLLOW)) == 0 &&
		     SAME_INODE(a, b);

	free(turned);
	return folds;
}

/* Returns true if d's source has a name that is name without regard to case, or cannot be read. */
static bool source_has(const struct dir *d, const char *name)
{
	int fd = RETRY(openat(dir_src_fd(d), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), r;
	struct reader_name n;
	struct reader reader;

	if (fd < 0)
		return true;
	reader_begin(&reader, fd);
	while ((r = reader_next(&reader, &n)) > 0 && mbscasecmp(n.name, name) != 0)
		;
	reader_end(&reader);
	close(fd);
	return r != 0;
}

bool othercase_is_source(const struct dir *d, const char *name)
{
	return destination_folds(d, name) && source_has(d, name);
}
