/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a node has no contents, only a type, a number and attributes; it is
 * made with mknodat(2) and never opened.  The attributes go through the library.
 */
#include <config.h>

#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "attrs.h"
#include "complain.h"
#include "copy.h"
#include "options.h"
#include "report.h"

/* 0, or -1 and errno: what the source is now */
static int stat_source(const struct copy *c, const struct entry *e, struct stat *ret)
{
	if (e->st) {
		*ret = *e->st;
		return 0;
	}
	return fstatat(dir_src_fd(e->dir), e->src, ret,
		       options_follows(c->opts, e->operand) ? 0 : AT_SYMLINK_NOFOLLOW);
}

bool node_copy(struct copy *c, const struct entry *e)
{
	struct stat st;
	mode_t mode;

	if (stat_source(c, e, &st) < 0) {
		complain_src(e, OP_LOOK, errno, "cannot stat %s");
		return false;
	}
	if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode) &&
	    !S_ISSOCK(st.st_mode)) {
		complain_src(e, OP_CHECK, 0, "%s has unknown file type");
		return false;
	}
	/* With an owner to come, for nobody else until then */
	mode = st.st_mode & (S_IFMT | (c->opts->attrs & COPYFILE_OWNER ? 0700 : 07777));
	if (mknodat(dir_dst_fd(e->dir), e->dst, mode, st.st_rdev) < 0) {
		complain_dst(e, OP_CREATE, errno, S_ISFIFO(mode) ? "cannot create fifo %s"
							: "cannot create special file %s");
		return false;
	}
	if (c->opts->attrs) {
		const struct copyfile_how how = {
			.flags = COPYFILE_ATTRS_ONLY | COPYFILE_SYNC | copy_attr_flags(c->opts) |
				 (options_follows(c->opts, e->operand) ? 0 : COPYFILE_NOFOLLOW),
		};
		attrs_result(c, e, copyfileat(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir),
					      e->dst, &how, sizeof how));
	}
	if (c->opts->default_mode)
		return attrs_default_mode(c, e, S_ISSOCK(mode) ? 0777 : 0666);
	if ((c->opts->attrs & (COPYFILE_OWNER | COPYFILE_MODE)) == COPYFILE_OWNER)
		return attrs_default_mode(c, e, st.st_mode & 0777);
	return true;
}
