/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: to read a FIFO or a device as if it were a file may block for ever, or
 * never end, so it is done here, and not by the library's threads.  The
 * attributes go through the library, from descriptor to descriptor.
 */
#include <config.h>

#include "manual.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "attrs.h"
#include "complain.h"
#include "copy.h"
#include "existing.h"
#include "options.h"
#include "report.h"
#include "stop.h"
#include "tally.h"
#include "xalloc.h"

#define BUFFER_SIZE (128 * 1024)

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

/* Sums are modulo 2 to the 64th: what was added can be taken away. */
static void count(uint64_t bytes)
{
	tally_add(&(struct tally){ .bytes = bytes, .bytes_moved = bytes });
}

static bool move_all(struct copy *c, const struct entry *e, int src, int dst)
{
	char *buf = xmalloc(BUFFER_SIZE);
	uint64_t moved = 0;
	bool ok = true;

	while (ok) {
		ssize_t n = read(src, buf, BUFFER_SIZE);

		if (n == 0)
			break;
		if (stop_asked() == STOP_SIGNAL)
			ok = false;
		else if (n < 0 && errno == EINTR)
			/* Main may be here for long. */
			window_attend(&c->window);
		else if (n < 0) {
			complain_src(e, OP_READ, errno, "error reading %s");
			ok = false;
		} else if (!write_all(dst, buf, n)) {
			complain_dst(e, OP_WRITE, errno, "error writing %s");
			ok = false;
		} else
			moved += n, count(n);
	}
	/* What is not kept does not count. */
	if (!ok)
		count(-moved);
	free(buf);
	return ok;
}

/* Descriptor, or -1 and errno */
static int open_dst(const struct copy *c, const struct entry *e, const struct stat *src,
		    bool over)
{
	const struct options *o = c->opts;
	/* With an owner to come, for nobody else until then */
	mode_t mode = src->st_mode & (o->attrs & COPYFILE_OWNER ? 0700 : 0777);
	int fd = -1, dir = dir_dst_fd(e->dir), flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;

	if (over) {
		fd = openat(dir, e->dst, flags | (o->attributes_only ? 0 : O_TRUNC));
		if (fd >= 0 || (errno != ENOENT && !o->force))
			return fd;
		if (errno != ENOENT && !existing_remove(c, e))
			return -1;
	}
	return openat(dir, e->dst, flags | O_CREAT | (o->through_dangling ? 0 : O_EXCL), mode);
}

/* With both open: the copying itself */
static bool copy_open(struct copy *c, const struct entry *e, int src, int dst, bool over,
		      mode_t mode)
{
	const struct options *o = c->opts;

	if (!o->attributes_only && o->reflink == WHEN_ALWAYS && ioctl(dst, FICLONE, src) < 0) {
		complain_both(e, OP_COPY, errno, true, "failed to clone %s from %s");
		return false;
	}
	if (!o->attributes_only && o->reflink != WHEN_ALWAYS && !move_all(c, e, src, dst))
		return false;
	if (o->attrs)
		attrs_result(c, e, copyfile_attrs(src, dst, copy_attr_flags(o)));
	if (over || (o->attrs & COPYFILE_MODE))
		return true;
	/* What open_dst() left out for the owner's sake */
	if (o->default_mode || o->attrs & COPYFILE_OWNER)
		return attrs_default_mode(c, e, o->default_mode ? 0666 : mode & 0777);
	return true;
}

bool manual_copy(struct copy *c, const struct entry *e, bool over)
{
	int follow = options_follows(c->opts, e->operand) ? 0 : O_NOFOLLOW;
	int src = openat(dir_src_fd(e->dir), e->src, O_RDONLY | O_CLOEXEC | O_NOCTTY | follow);
	struct stat st;

	if (src < 0 || fstat(src, &st) < 0) {
		complain_src(e, OP_OPEN, errno, "cannot open %s for reading");
		if (src >= 0)
			close(src);
		return false;
	}
	uint64_t errors = report_counts().errors;
	int dst = open_dst(c, e, &st, over);
	if (dst < 0) {
		/* Unless a removal has failed, and said so */
		if (report_counts().errors == errors)
			complain_create(e, errno);
		close(src);
		return false;
	}
	bool ok = copy_open(c, e, src, dst, over, st.st_mode);
	close(src);
	if (close(dst) < 0 && errno != EINTR) {
		complain_dst(e, OP_CLOSE, errno, "failed to close %s");
		ok = false;
	}
	return ok;
}
