/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: what --debug says of a copy follows from the options, from how the library made
 * it, and from a look at both files afterwards, which costs nothing without --debug.  The
 * words are cp's.  What cp would have tried counts as tried, even where the library did not
 * have to.
 */
#include <config.h>

#include "copy/method.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "copy/entry.h"
#include "report/verbose.h"
#include "tree/dir.h"

/* What decides the words: source and destination, as cp would have found them */
struct ends {
	bool holes;		/* the source has holes that can be found, */
	bool all_hole;		/* and nothing else */
	bool regular;		/* the destination is a regular file, which can have holes */
	bool cloned;		/* both are empty, and FICLONE has worked */
	bool cannot_offload;	/* copy_file_range(2) between them fails */
};

/* Set ret->holes and ret->all_hole from what SEEK_HOLE finds in fd, which is st. */
static void find_holes(int fd, const struct stat *st, struct ends *ret)
{
	if (st->st_blocks >= st->st_size / 512)
		return;
	off_t data = lseek(fd, 0, SEEK_DATA);
	off_t hole = data == 0 ? lseek(fd, 0, SEEK_HOLE) : 0;

	ret->all_hole = data < 0 && errno == ENXIO;
	ret->holes = ret->all_hole || data > 0 || (data == 0 && hole >= 0 && hole < st->st_size);
}

/*
 * Try FICLONE and copy_file_range(2) on an empty source.  cp's words tell how they went,
 * but the library does not call them for empty files, as there is nothing to gain.
 */
static void try_empty(const struct entry *e, int src, bool reflink, struct ends *ret)
{
	int dst = RETRY(openat(dir_dst_fd(e->dir), e->dst, O_WRONLY | O_NONBLOCK | O_CLOEXEC));
	struct stat st;

	if (dst < 0)
		return;
	if (RETRY(fstat(dst, &st)) == 0 && S_ISREG(st.st_mode) && !st.st_size)
		ret->cloned = reflink && ioctl(dst, FICLONE, src) == 0;
	ret->cannot_offload = copy_file_range(src, NULL, dst, NULL, 0, 0) < 0;
	close(dst);
}

static void find_ends(const struct options *o, const struct entry *e, bool reflink,
		      struct ends *ret)
{
	int nofollow = options_follows(o, e->operand) ? 0 : O_NOFOLLOW;
	struct stat st;

	*ret = (struct ends){ .cannot_offload = true };
	ret->regular = entry_stat_dst(e, &st, 0) < 0 || S_ISREG(st.st_mode);
	/* Opening a device or a FIFO may have consequences. */
	if (!S_ISREG(e->type))
		return;
	int src = RETRY(openat(dir_src_fd(e->dir), e->src,
			       O_RDONLY | O_NONBLOCK | O_CLOEXEC | nofollow));
	if (src < 0)
		return;
	if (RETRY(fstat(src, &st)) == 0 && st.st_size)
		find_holes(src, &st, ret);
	else
		try_empty(e, src, reflink, ret);
	close(src);
}

/* The words for a file whose data are not shared but moved */
static void print_moved(const struct options *o, const struct copyfile_info *info,
			bool reflink, const struct ends *ends)
{
	bool zeros = o->sparse == WHEN_ALWAYS && ends->regular;
	const char *offload = "unknown", *sparse;

	if (info->method == COPYFILE_BY_KERNEL)
		offload = "yes";
	else if (!ends->all_hole && (zeros || !reflink))
		offload = "avoided";
	else if (!ends->all_hole && ends->cannot_offload)
		offload = "unsupported";
	if (ends->holes)
		sparse = zeros && !ends->all_hole ? "SEEK_HOLE + zeros" : "SEEK_HOLE";
	else
		sparse = zeros ? "zeros" : "no";
	verbose_method(offload, reflink ? "unsupported" : "no", sparse);
}

void method_print(const struct options *o, const struct entry *e,
		  const struct copyfile_info *info)
{
	/* As with cp, --sparse=never rules out clones, which would have the source's holes. */
	bool reflink = o->reflink != WHEN_NEVER && o->sparse != WHEN_NEVER;
	bool opened = !info->error || info->stage > COPYFILE_OPEN_DST;
	struct ends ends;

	if (info->error && info->stage <= COPYFILE_OPEN_SRC)
		return;
	find_ends(o, e, reflink && opened, &ends);
	if ((info->method == COPYFILE_BY_REFLINK && !info->error) || ends.cloned)
		verbose_method("unknown", "yes", "unknown");
	else if (!opened)
		verbose_method("unknown", reflink ? "unknown" : "no", "unknown");
	else if (info->error && o->reflink == WHEN_ALWAYS)
		verbose_method("unknown", "unsupported", "unknown");
	else
		print_moved(o, info, reflink, &ends);
}
