/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the new file is made under a temporary name in the same directory, and gets its name by
 * rename(2).  The directory is kept open, so that the file is replaced where it was found.  The
 * temporary name is the library's: copyfile_sweep() removes those of runs that were killed.
 *
 * Nothing is synced: after a power failure the numbers of a run that it has ended are of no use.
 */
#include <config.h>

#include "report/wholefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/retry.h"
#include "base/writeall.h"
#include "dirname.h"
#include "report/outfile.h"
#include "same-inode.h"
#include "xalloc.h"

/* No errno value: there is something that cannot be replaced. */
#define IRREGULAR (-1)

struct wholefile {
	struct wholefile *next;		/* another option's */
	int dir;			/* the directory that it is in, */
	char *name;			/* and its name there */
};

static struct wholefile *all;

/* Make a new file beside f's, whose name is put into temp.  Returns a descriptor, or -1. */
static int make_temp(const struct wholefile *f, char temp[static COPYFILE_TEMP_SIZE])
{
	int r = copyfile_temp_name(f->dir, f->name, temp, COPYFILE_TEMP_SIZE);

	if (r < 0) {
		errno = -r;
		return -1;
	}
	return RETRY(openat(f->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
}

static void sweep(const struct wholefile *f)
{
	int fd = RETRY(openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return;
	(void)copyfile_sweep(fd);
	close(fd);
}

/* Returns true if another option has f's name as well. */
static bool is_another_ones(const struct wholefile *f)
{
	struct stat mine, other;

	if (RETRY(fstat(f->dir, &mine)) < 0)
		return false;
	for (const struct wholefile *o = all; o; o = o->next)
		if (RETRY(fstat(o->dir, &other)) == 0 && SAME_INODE(mine, other) &&
		    !strcmp(o->name, f->name))
			return true;
	return false;
}

/* Returns 0 if f can be replaced, or else an errno value or IRREGULAR. */
static int check(const struct wholefile *f)
{
	char temp[COPYFILE_TEMP_SIZE];
	struct stat st;

	if (!*f->name || strchr(f->name, '/') || !strcmp(f->name, ".") || !strcmp(f->name, ".."))
		return EISDIR;
	if (RETRY(fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW)) < 0) {
		if (errno != ENOENT)
			return errno;
	} else if (S_ISDIR(st.st_mode)) {
		return EISDIR;
	} else if (!S_ISREG(st.st_mode)) {
		return IRREGULAR;
	} else if (outfile_has(&st)) {
		return EEXIST;
	}
	if (is_another_ones(f))
		return EEXIST;
	int fd = make_temp(f, temp);
	if (fd < 0)
		return errno;
	close(fd);
	return RETRY(unlinkat(f->dir, temp, 0)) < 0 ? errno : 0;
}

struct wholefile *wholefile_open(const char *path)
{
	struct wholefile *f = xmalloc(sizeof *f);
	char *dir = dir_name(path);

	*f = (struct wholefile){
		.dir = RETRY(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)),
		.name = xstrdup(last_component(path)),
	};
	/* Where other options have it, it is standard error. */
	int err = !strcmp(path, "-") ? IRREGULAR : !*path ? ENOENT : f->dir < 0 ? errno : check(f);
	free(dir);
	if (!err) {
		sweep(f);
		f->next = all;
		all = f;
		return f;
	}
	if (f->dir >= 0)
		close(f->dir);
	free(f->name);
	free(f);
	errno = err == IRREGULAR ? 0 : err;
	return NULL;
}

int wholefile_put(const struct wholefile *f, const char *text, size_t size)
{
	char temp[COPYFILE_TEMP_SIZE];
	int fd = make_temp(f, temp);

	if (fd < 0)
		return errno;
	int err = writeall(fd, text, size, WRITEALL_APPEND, NULL);
	/* On NFS it may be only now that there is no room. */
	if (close(fd) < 0 && errno != EINTR && !err)
		err = errno;
	if (!err && RETRY(renameat(f->dir, temp, f->dir, f->name)) < 0)
		err = errno;
	if (err)
		(void)RETRY(unlinkat(f->dir, temp, 0));
	return err;
}

void wholefile_close(struct wholefile *f)
{
	if (!f)
		return;
	for (struct wholefile **p = &all; *p; p = &(*p)->next)
		if (*p == f) {
			*p = f->next;
			break;
		}
	close(f->dir);
	free(f->name);
	free(f);
}
