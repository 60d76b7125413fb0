/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: gnulib finds the name and renames.  Three of its traps are avoided here: numbered
 * backups in directories that cannot be read, names with a directory in them, and calls that
 * a signal interrupts.
 *
 * A file that its copy replaces by rename(2) becomes a backup by a hard link, where the file
 * system has these: so its own name is never missing.
 */
#include <config.h>

#include "copy/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backupfile.h"
#include "base/options.h"
#include "base/retry.h"
#include "copy/announce.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/dry.h"
#include "copy/entry.h"
#include "copy/newlink.h"
#include "dirname.h"
#include "same-inode.h"
#include "tree/dir.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* Tries to find a number for a backup that is free */
#define TRIES 100

static bool dot_or_dotdot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

bool backup_wanted(const struct options *o, const struct entry *e)
{
	return o->backup != no_backups && !dot_or_dotdot(last_component(e->src));
}

/*
 * Returns true if the simple backup of e's destination would have the name of its source, or
 * that can't be seen.
 */
static bool backup_is_source(const struct entry *e, const struct stat *src)
{
	const char *base = last_component(e->src), *dst_base = last_component(e->dst);
	size_t len = strlen(dst_base);
	struct stat backup;

	if (strncmp(base, dst_base, len) || strcmp(base + len, simple_backup_suffix))
		return false;
	char *name = xasprintf("%s%s", e->dst, simple_backup_suffix);
	bool is = RETRY(fstatat(dir_dst_fd(e->dir), name, &backup, 0)) == 0 ?
		  SAME_INODE(*src, backup) : errno != ENOENT;
	free(name);
	return is;
}

/*
 * Returns true if the numbers of name's backups can't be read, but the first one is there.
 * gnulib would try to make that one for ever.
 */
static bool number_unknown(int dir, const char *name)
{
	struct stat st;

	if (faccessat(dir, ".", R_OK, AT_EACCESS) == 0)
		return false;
	char *first = xasprintf("%s.~1~", name);
	bool there = RETRY(fstatat(dir, first, &st, AT_SYMLINK_NOFOLLOW)) == 0;
	free(first);
	return there;
}

/* Returns true if backup ends in a number, as ".~7~". */
static bool is_numbered(const char *backup)
{
	const char *end = strrchr(backup, '~'), *digits = end;

	if (!end || end[1])
		return false;
	while (digits > backup && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	return digits < end && digits - backup >= 2 && digits[-1] == '~' && digits[-2] == '.';
}

/* Make a hard link to the file name as its backup.  Returns the backup's name, or NULL. */
static char *link_here(int dir, const char *name, enum backup_type type)
{
	int err = EEXIST;

	for (unsigned int i = 0; i < TRIES && err == EEXIST; i++) {
		char *backup = find_backup_file_name(dir, name, type);
		/* A simple backup replaces the one before it. */
		bool replace = !is_numbered(backup);

		err = newlink_hard(dir, name, dir, backup, 0, &replace);
		if (err <= 0)
			return backup;
		free(backup);
	}
	return NULL;
}

static char *rename_here(int dir, const char *name, enum backup_type type, bool *keep)
{
	char *backup;

	if (type == numbered_backups && number_unknown(dir, name)) {
		errno = EACCES;
		return NULL;
	}
	if (*keep && (backup = link_here(dir, name, type)))
		return backup;
	*keep = false;
	do
		backup = backup_file_rename(dir, name, type);
	while (!backup && errno == EINTR);
	return backup;
}

/*
 * As rename_here(), for a name with a directory in it: some versions of gnulib lose their
 * way there if there is no numbered backup yet.
 */
static char *rename_to_backup(int dir, const char *name, enum backup_type type, bool *keep)
{
	const char *slash = strrchr(name, '/');

	if (!slash)
		return rename_here(dir, name, type, keep);
	int len = (int)(slash + 1 - name);
	char *parent = ximemdup0(name, len);
	int fd = RETRY(openat(dir, parent, O_PATH | O_DIRECTORY | O_CLOEXEC));
	char *base = fd < 0 ? NULL : rename_here(fd, slash + 1, type, keep);
	int err = errno;
	char *backup = base ? xasprintf("%s%s", parent, base) : NULL;
	free(base);
	free(parent);
	if (fd >= 0)
		close(fd);
	errno = err;
	return backup;
}

bool backup_make(const struct options *o, const struct entry *e, const struct stat *src,
		 bool *keep, char **ret)
{
	if (o->backup != numbered_backups && backup_is_source(e, src)) {
		complain_both(e, OP_CHECK, 0, true,
			      "backing up %s might destroy source;  %s not copied");
		return false;
	}
	if (o->dry_run) {
		if (!dry_can_change(e, OP_BACKUP, "cannot backup %s"))
			return false;
		*ret = find_backup_file_name(dir_dst_fd(e->dir), e->dst, o->backup);
		return true;
	}
	*ret = rename_to_backup(dir_dst_fd(e->dir), e->dst, o->backup, keep);
	if (*ret || errno == ENOENT)
		return true;
	complain_dst(e, OP_BACKUP, errno, "cannot backup %s");
	return false;
}

void backup_restore(const struct context *c, const struct entry *e, char *backup)
{
	int dir = dir_dst_fd(e->dir);

	if (!backup || c->opts->dry_run) {
		free(backup);
		return;
	}
	if (RETRY(renameat(dir, backup, dir, e->dst)) < 0) {
		complain_dst(e, OP_BACKUP, errno, "cannot un-backup %s");
	} else {
		/* Of two names of one inode rename(2) keeps both. */
		if (c->opts->atomic)
			(void)RETRY(unlinkat(dir, backup, 0));
		announce_restored(c, e, backup);
	}
	free(backup);
}
