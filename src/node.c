/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a node has no contents, only a type, a number and attributes; it is
 * made with mknodat(2) and never opened.  The attributes go through the library.
 *
 * Reading a node as if it were a file is the exception: it may block for ever,
 * or never end, so it is done here, not by the library's threads.
 */
#include <config.h>

#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "attrs.h"
#include "copy.h"
#include "options.h"
#include "report.h"
#include "xalloc.h"

#define BUFFER_SIZE (128 * 1024)

/* 0, or -1 and errno: what the source is now */
static int stat_source(const struct copy *c, const struct entry *e, struct stat *ret)
{
	if (e->st) {
		*ret = *e->st;
		return 0;
	}
	return fstatat(dir_src_fd(e->dir), e->src, ret,
		       c->opts->follow == FOLLOW_NEVER ? AT_SYMLINK_NOFOLLOW : 0);
}

static void report_attributes(const struct copy *c, const struct entry *e, int r)
{
	struct copyfile_info info;
	char *dst = dir_dst_path(e->dir, e->dst);

	copyfile_info(0, &info, sizeof info);
	if (r < 0)
		report_error(-r, "setting attributes for %s", report_quote(0, dst));
	else
		attrs_report(c->opts, &info, dst);
	free(dst);
}

bool node_copy(struct copy *c, const struct entry *e)
{
	struct stat st;
	mode_t mode;

	if (stat_source(c, e, &st) < 0) {
		copy_error_src(e, errno, "cannot stat %s");
		return false;
	}
	if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode) &&
	    !S_ISSOCK(st.st_mode)) {
		copy_error_src(e, 0, "%s has unknown file type");
		return false;
	}
	/* With attributes to come, for nobody but the owner until then */
	mode = st.st_mode & (S_IFMT | (c->opts->attrs ? 0700 : 07777));
	if (mknodat(dir_dst_fd(e->dir), e->dst, mode, st.st_rdev) < 0) {
		copy_error_dst(e, errno, S_ISFIFO(mode) ? "cannot create fifo %s"
							: "cannot create special file %s");
		return false;
	}
	if (c->opts->attrs) {
		const struct copyfile_how how = {
			.flags = COPYFILE_ATTRS_ONLY | COPYFILE_NOFOLLOW | COPYFILE_SYNC |
				 copy_attr_flags(c->opts),
		};
		report_attributes(c, e, copyfileat(dir_src_fd(e->dir), e->src,
						   dir_dst_fd(e->dir), e->dst, &how, sizeof how));
	}
	return true;
}

/* ------------------------------------------------------------- contents */

static bool write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			buf += n;
			len -= n;
		}
	}
	return true;
}

static bool move_all(const struct entry *e, int src, int dst)
{
	char *buf = xmalloc(BUFFER_SIZE);
	bool ok = true;

	while (ok) {
		ssize_t n = read(src, buf, BUFFER_SIZE);

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			copy_error_src(e, errno, "error reading %s");
			ok = false;
		} else if (!write_all(dst, buf, n)) {
			copy_error_dst(e, errno, "error writing %s");
			ok = false;
		} else
			report_done(0, n);
	}
	free(buf);
	return ok;
}

bool node_copy_contents(struct copy *c, const struct entry *e, bool over)
{
	mode_t mode = e->st->st_mode & (c->opts->attrs ? 0700 : 0777);
	int src = openat(dir_src_fd(e->dir), e->src, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (src < 0) {
		copy_error_src(e, errno, "cannot open %s for reading");
		return false;
	}
	int dst = openat(dir_dst_fd(e->dir), e->dst,
			 O_WRONLY | O_CLOEXEC | O_NOCTTY | (over ? O_TRUNC : O_CREAT | O_EXCL),
			 mode);
	if (dst < 0) {
		copy_error_dst(e, errno, "cannot create regular file %s");
		close(src);
		return false;
	}
	bool ok = move_all(e, src, dst);
	if (ok && c->opts->attrs)
		report_attributes(c, e, copyfile_attrs(src, dst, copy_attr_flags(c->opts)));
	close(src);
	if (close(dst) < 0 && errno != EINTR) {
		copy_error_dst(e, errno, "failed to close %s");
		ok = false;
	}
	if (ok)
		report_done(1, 0);
	return ok;
}
