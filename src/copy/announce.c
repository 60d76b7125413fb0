/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: full names are put together only where -v was given. */
#include <config.h>

#include "copy/announce.h"

#include <stdlib.h>

#include "base/language.h"
#include "base/options.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "report/verbose.h"
#include "tree/dirpath.h"

static void announce_copied(const struct entry *e, const char *backup)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	char *old = backup ? dir_dst_path(e->dir, backup) : NULL;

	verbose_copied(src, dst, old);
	free(src);
	free(dst);
	free(old);
}

void announce_begun(const struct context *c, const struct entry *e, const char *backup)
{
	if (c->opts->verbose && !c->opts->fsync)
		announce_copied(e, backup);
}

void announce_made(const struct context *c, const struct entry *e, const char *backup)
{
	if (c->opts->verbose && c->opts->fsync)
		announce_copied(e, backup);
}

void announce_explained(const struct context *c, const struct entry *e, const char *format,
			const char *reason)
{
	if (!c->opts->explain)
		return;
	char *path = dir_src_path(e->dir, e->src);

	verbose_explained(format, path, reason ? reason : N_("there is nothing yet"));
	free(path);
}

void announce_removed(const struct context *c, const struct entry *e)
{
	if (!c->opts->verbose)
		return;
	char *path = dir_dst_path(e->dir, e->dst);

	verbose_removed(path);
	free(path);
}

void announce_restored(const struct context *c, const struct entry *e, const char *backup)
{
	if (!c->opts->verbose)
		return;
	char *from = dir_dst_path(e->dir, backup), *to = dir_dst_path(e->dir, e->dst);

	verbose_restored(from, to);
	free(from);
	free(to);
}
