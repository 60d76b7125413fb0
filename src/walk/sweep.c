/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the library knows its temporary names again; here is where it is asked to look for
 * them.  That takes the reading of a directory, so it is done once for each directory that was
 * there before: when a walker begins to copy into it, or a file that is an operand.  A new
 * directory has no such names.
 *
 * Nothing is said of it, and a directory that cannot be read is not swept: nothing that the
 * user asked for depends on it.
 */
#include <config.h>

#include "walk/sweep.h"

#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "copy/entry.h"
#include "tree/dir.h"

void sweep_dir(const struct options *o, const struct dir *d)
{
	if (options_make_temporary(o) && !o->dry_run && !d->created)
		(void)copyfile_sweep(dir_dst_fd(d));
}

void sweep_for_operand(const struct options *o, struct sweep *s, const struct entry *e)
{
	struct stat st;

	if (!options_make_temporary(o) || o->dry_run)
		return;
	int fd = entry_open_dst_parent(e);
	if (fd < 0)
		return;
	if (RETRY(fstat(fd, &st)) == 0 && !(st.st_dev == s->dev && st.st_ino == s->ino)) {
		*s = (struct sweep){ .dev = st.st_dev, .ino = st.st_ino };
		(void)copyfile_sweep(fd);
	}
	close(fd);
}
