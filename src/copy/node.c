/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a node has no contents, only a type, a number and attributes; it is
 * made with mknodat(2) and never opened but to be found again (O_PATH).  The attributes
 * go through the library, from descriptor to descriptor.
 */
#include <config.h>

#include "copy/node.h"

#include <errno.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/options.h"
#include "base/retry.h"
#include "copy/attrs.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "tree/byfd.h"
#include "tree/dir.h"

/* System calls that make one, but for those of its attributes */
#define NODE_CALLS 3

/* As stat(2): set *ret to what the source is now. */
static int stat_source(const struct context *c, const struct entry *e, struct stat *ret)
{
	if (e->st) {
		*ret = *e->st;
		return 0;
	}
	bool follow = options_follows(c->opts, e->operand);

	return entry_stat_src(e, ret, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

/*
 * Give the node that was made of src its attributes.  Returns false after a failure, which
 * has been reported.
 */
static bool set_attributes(struct context *c, const struct entry *e, const struct stat *src)
{
	const struct options *o = c->opts;
	bool owner_alone = (o->attrs & (COPYFILE_OWNER | COPYFILE_MODE)) == COPYFILE_OWNER;
	bool ok = true;

	if (!o->attrs && !o->default_mode)
		return true;
	int dst = byfd_open(dir_dst_fd(e->dir), e->dst, src->st_mode & S_IFMT, src->st_rdev, NULL);
	if (dst < 0) {
		complain_dst(e, OP_ATTRIBUTES, errno, "setting attributes for %s");
		return false;
	}
	if (o->attrs)
		attrs_result(c, e, attrs_carry_over(o, e, src, dst));
	if (o->default_mode)
		ok = attrs_default_mode(c, e, dst, S_ISSOCK(src->st_mode) ? 0777 : 0666);
	else if (owner_alone)
		ok = attrs_default_mode(c, e, dst, src->st_mode & 0777);
	close(dst);
	return ok;
}

bool node_copy(struct context *c, const struct entry *e)
{
	struct stat st;
	mode_t mode;

	copyfile_limit_take(0, NODE_CALLS);
	if (stat_source(c, e, &st) < 0) {
		complain_src(e, OP_LOOK, errno, "cannot stat %s");
		return false;
	}
	if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode) &&
	    !S_ISSOCK(st.st_mode)) {
		complain_src(e, OP_CHECK, 0, "%s has unknown file type");
		return false;
	}
	/* If the owner is set later, nobody else has rights until then. */
	mode = st.st_mode & (S_IFMT | (c->opts->attrs & COPYFILE_OWNER ? 0700 : 07777));
	if (RETRY(mknodat(dir_dst_fd(e->dir), e->dst, mode, st.st_rdev)) < 0) {
		complain_dst(e, OP_CREATE, errno, S_ISFIFO(mode) ? "cannot create fifo %s"
							: N_("cannot create special file %s"));
		return false;
	}
	return set_attributes(c, e, &st);
}
