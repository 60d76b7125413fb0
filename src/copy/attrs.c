/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: pcp always copies attributes leniently, so that a file whose data
 * arrived stays, and then decides, as cp does, which losses matter:
 *
 *   owner	not, for want of privilege, to an ordinary user
 *   xattr, context	always where named; not with -a, which takes what it can get;
 *			else a warning, unless the file system has none
 *   times, mode, ACL	always
 *
 * With --strict every loss matters.
 */
#include <config.h>

#include "copy/attrs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/options.h"
#include "base/retry.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/full.h"
#include "copy/outcome.h"
#include "report/quote.h"
#include "report/report.h"
#include "same-inode.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirpath.h"

/* In cp's order; of several the first is reported, as by cp, which tries no more. */
static const struct {
	uint32_t bits;
	const char *message;
} losses[] = {
	{ COPYFILE_TIMES, N_("preserving times for %s") },
	{ COPYFILE_OWNER, N_("failed to preserve ownership for %s") },
	{ COPYFILE_XATTR, N_("setting attributes for %s") },
	{ COPYFILE_CONTEXT, N_("failed to set the security context of %s") },
	{ COPYFILE_MODE | COPYFILE_ACL, N_("preserving permissions for %s") },
};
/* The message for a mode that should have been that of any new file */
static const char plain_mode_lost[] = N_("setting permissions for %s");

uint64_t attrs_flags(const struct options *o)
{
	return o->attrs ? o->attrs | COPYFILE_LENIENT : 0;
}

/* Returns true if err says that there are no such attributes here, or on such a file. */
static bool has_none(int err)
{
	return err == EOPNOTSUPP || err == ENOSYS || err == ENODATA;
}

void attrs_error(const struct report_about *about, int err, const char *message)
{
	struct report_about told = *about;

	/* A full file system is reported once, and not for every file. */
	told.known = about->known || full_explains(about->dst, err);
	report_error_about(&told, err, message, quote_always(0, about->dst));
}

bool attrs_report(const struct options *o, const struct copyfile_info *info,
		  const struct report_about *about)
{
	const uint32_t extended = COPYFILE_XATTR | COPYFILE_CONTEXT;
	uint32_t skipped = info->skipped;
	uint32_t extra = o->strict ? 0 : skipped & extended & ~o->need_attrs;
	int err = -info->skipped_error;

	/* What was not asked for by name is worth a warning, but no error. */
	if (extra && (!o->quiet_attrs || o->attributes_only) && !has_none(err))
		report_warning(about, err, "setting attributes for %s",
			       quote_always(0, about->dst));
	skipped &= ~extra;
	/* EACCES is what CIFS says. */
	if ((err == EPERM || err == EINVAL || err == EACCES) && geteuid() != 0 && !o->strict)
		skipped &= ~(uint32_t)COPYFILE_OWNER;
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
		if (skipped & losses[i].bits) {
			attrs_error(about, err, o->default_mode && losses[i].bits & COPYFILE_MODE ?
				    plain_mode_lost : losses[i].message);
			return true;
		}
	return false;
}

bool attrs_complain(const struct context *c, const struct entry *e,
		    const struct copyfile_info *info)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	const struct report_about about = {
		.op = OP_ATTRIBUTES, .src = src, .dst = dst, .id = e->id,
	};

	bool failed = attrs_report(c->opts, info, &about);

	free(src);
	free(dst);
	return failed;
}

int attrs_carry_over(const struct options *o, const struct entry *e, const struct stat *src,
		     int dst)
{
	int follow = options_follows(o, e->operand) ? 0 : O_NOFOLLOW;
	int from = RETRY(openat(dir_src_fd(e->dir), e->src, O_PATH | O_CLOEXEC | follow));
	struct stat st;

	if (from < 0)
		return -errno;
	int r = RETRY(fstat(from, &st)) < 0 ? -errno : SAME_INODE(st, *src) ? 0 : -ESTALE;
	if (r == 0)
		r = copyfile_attrs(from, dst, attrs_flags(o));
	close(from);
	return r;
}

void attrs_result(const struct context *c, const struct entry *e, int r)
{
	struct copyfile_info info;

	copyfile_info(0, &info, sizeof info);
	if (r < 0)
		complain_dst(e, OP_ATTRIBUTES, -r, "setting attributes for %s");
	if (r < 0 || (info.skipped && attrs_complain(c, e, &info)))
		outcome_lacking(e);
}

bool attrs_default_mode(const struct context *c, const struct entry *e, int fd, mode_t mode)
{
	struct stat st;

	mode &= ~c->umask;
	/* As with cp an inherited ACL stays, unless --no-preserve=mode asks for a plain file. */
	if (c->opts->default_mode)
		byfd_drop_acl(fd);
	if (RETRY(fstat(fd, &st)) == 0 && (st.st_mode & 07777) == mode)
		return true;
	if (byfd_chmod(fd, mode) == 0)
		return true;
	complain_dst(e, OP_ATTRIBUTES, errno, "setting permissions for %s");
	return false;
}
