/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a directory that is listed with all below it is marked, and whatever comes to be
 * listed looks for that mark on its way up.  What was listed before the mark was made stays
 * listed, and will be copied twice.
 *
 * Where an operand is below another one, a name may begin with both, and --files-from takes the
 * longer one.  So a name that belongs to the shorter one has a "." between that and the rest.
 *
 * A directory that leads to an operand of --parents is never listed: it is no operand, nor below
 * one, and the operand is listed itself.  Nor is one that leads to names of --files-from, each of
 * which is listed by itself.
 */
#include <config.h>

#include "tree/dirlist.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/later.h"
#include "base/names.h"
#include "base/relaxed.h"
#include "report/failed.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "xvasprintf.h"

static struct {
	char *const *names;
	int n;
} operands;

void dirlist_init(char *const *names, int n)
{
	operands.names = names;
	operands.n = n;
}

/* Returns true if d, or a directory above it, is listed with all that is in it. */
static bool is_listed(const struct dir *d)
{
	while (d && !relaxed_get(d->listed))
		d = d->parent;
	return d;
}

/*
 * Returns the full name of an entry of d: path, on the heap, or what takes its place if by its
 * text it is below another operand than that to which d belongs.
 */
static char *below_its_operand(const struct dir *d, char *path)
{
	const struct dir *top = NULL;
	bool nested = false;

	for (; d->parent && !d->leads; d = d->parent)
		top = d;
	if (!top || operands.n < 2)
		return path;
	char *own = dir_src_path(d, top->name[DIR_SRC]);
	const char *rest = names_below(path, own);
	free(own);
	for (int i = 0; i < operands.n && rest; i++) {
		const char *other = names_below(path, operands.names[i]);

		nested |= other && other > rest;
	}
	if (!nested)
		return path;
	char *longer = xasprintf("%.*s/.%s", (int)(rest - path), path, rest);
	free(path);
	return longer;
}

static void add(const struct dir *d, const char *name, bool whole)
{
	if (!failed_is_open())
		return;
	char *src = below_its_operand(d, dir_src_path(d, name));
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
	bool only_leads = d->leads || (d->named && !d->walked);

	if (only_leads || is_listed(d->parent) || atomic_exchange(&d->listed, true))
		return false;
	add(d, "", true);
	return true;
}

size_t dirlist_add_rest(struct dir *d, struct later *rest, bool follow)
{
	size_t listed = 0;
	const char *name;
	mode_t type;

	while ((name = later_peek(rest, &type))) {
		if (!type || (S_ISLNK(type) && follow))
			return listed + dirlist_add_dir(d);
		listed += dirlist_add(d, name, S_ISDIR(type));
		later_skip(rest);
	}
	return listed;
}
