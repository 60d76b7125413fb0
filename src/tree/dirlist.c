/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a directory that is listed with all below it is marked, and whatever comes to be
 * listed looks for that mark on its way up.  What was listed before the mark was made stays
 * listed, and will be copied twice.
 *
 * A directory that leads to an operand of --parents is never listed: it is no operand, nor below
 * one, and the operand is listed itself.
 */
#include <config.h>

#include "tree/dirlist.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/relaxed.h"
#include "report/failed.h"
#include "tree/dir.h"
#include "tree/dirpath.h"

/* Returns true if d, or a directory above it, is listed with all that is in it. */
static bool is_listed(const struct dir *d)
{
	while (d && !relaxed_get(d->listed))
		d = d->parent;
	return d;
}

static void add(const struct dir *d, const char *name, bool whole)
{
	if (!failed_is_open())
		return;
	char *src = dir_src_path(d, name);
	failed_add(src, whole);
	free(src);
}

bool dirlist_add(const struct dir *d, const char *name, bool whole)
{
	if (is_listed(d))
		return false;
	add(d, name, whole);
	return true;
}

void dirlist_add_alone(const struct dir *d)
{
	if (!d->leads && !is_listed(d))
		add(d->parent, d->name[DIR_SRC], false);
}

bool dirlist_add_dir(struct dir *d)
{
	if (d->leads || is_listed(d->parent) || atomic_exchange(&d->listed, true))
		return false;
	add(d, "", true);
	return true;
}
