/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: standard output is written as cp does it.  But where that is the stream of
 * JSON, nothing else may go there.
 *
 * What --debug says of a copy follows from the options, from how the library did it, and
 * from a look at both files afterwards, which costs nothing without --debug.  The words
 * are cp's: what it would have tried counts as tried where the library knew better.
 */
#include <config.h>

#include "report/verbose.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "copy/entry.h"
#include "report/console.h"
#include "report/json.h"
#include "report/quote.h"
#include "tree/dir.h"

/* A line on standard output, which keeps those of several threads apart by itself */
static void tell(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

static void tell(const char *format, ...)
{
	bool json = json_fd() == STDOUT_FILENO, apart = json || console_has_progress();
	va_list args;

	va_start(args, format);
	if (apart) {
		/* Where progress is shown, too, or instead of standard output */
		console_lock();
		console_hide_progress_locked();
	}
	vfprintf(json ? stderr : stdout, format, args);
	if (apart) {
		fflush(stdout);
		console_unlock();
	}
	va_end(args);
}

void verbose_copied(const char *src, const char *dst, const char *backup)
{
	const char *from = quote_always(0, src), *to = quote_always(1, dst);

	if (!backup) {
		tell("%s -> %s\n", from, to);
		return;
	}
	tell("%s -> %s (backup: %s)\n", from, to, quote_always(2, backup));
}

void verbose_restored(const char *backup, const char *dst)
{
	tell("%s -> %s (unbackup)\n", quote_always(0, backup), quote_always(1, dst));
}

void verbose_parent(const char *src, const char *dst)
{
	/* cp prints it as it is, which is not for every terminal. */
	if (isatty(STDOUT_FILENO))
		tell("%s -> %s\n", quote_if_needed(0, src, false), quote_if_needed(1, dst, false));
	else
		tell("%s -> %s\n", src, dst);
}

void verbose_skipped(const char *dst)
{
	tell("skipped %s\n", quote_always(0, dst));
}

/* ----------------------------------------------------- how it was copied */

#define METHOD_LINE "copy offload: %s, reflink: %s, sparse detection: %s\n"

/* What of a copy's two ends decides the words; as cp would have found them */
struct ends {
	bool holes;		/* the source has some that can be found, */
	bool all_hole;		/* and nothing else */
	bool regular;		/* the destination is a file, in which there can be holes */
	bool cloned;		/* to share the contents has worked: of empty files, too */
	bool cannot_offload;	/* copy_file_range(2) is refused to them */
};

/* Has the file fd, which is st, holes that SEEK_HOLE finds? */
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
 * For an empty file the library asks neither for a clone nor for copy_file_range(2), as
 * there is nothing to gain.  What they say is part of cp's words.
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

static void look_at_ends(const struct options *o, const struct entry *e, bool reflink,
			 struct ends *ret)
{
	int nofollow = options_follows(o, e->operand) ? 0 : O_NOFOLLOW;
	struct stat st;

	*ret = (struct ends){ .cannot_offload = true };
	ret->regular = entry_stat_dst(e, &st, 0) < 0 || S_ISREG(st.st_mode);
	/* To open what is no file may have consequences. */
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

/* The words for data that were, or were to be, moved and not shared */
static void say_moved(const struct options *o, const struct copyfile_info *info, bool reflink,
		      const struct ends *ends)
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
	tell(METHOD_LINE, offload, reflink ? "unsupported" : "no", sparse);
}

void verbose_method(const struct options *o, const struct entry *e,
		    const struct copyfile_info *info)
{
	/* As with cp, a copy without holes is not to get them by way of a clone. */
	bool reflink = o->reflink != WHEN_NEVER && o->sparse != WHEN_NEVER;
	bool opened = !info->error || info->stage > COPYFILE_OPEN_DST;
	struct ends ends;

	if (info->error && info->stage <= COPYFILE_OPEN_SRC)
		return;
	look_at_ends(o, e, reflink && opened, &ends);
	if ((info->method == COPYFILE_BY_REFLINK && !info->error) || ends.cloned)
		tell(METHOD_LINE, "unknown", "yes", "unknown");
	else if (!opened)
		tell(METHOD_LINE, "unknown", reflink ? "unknown" : "no", "unknown");
	else if (info->error && o->reflink == WHEN_ALWAYS)
		tell(METHOD_LINE, "unknown", "unsupported", "unknown");
	else
		say_moved(o, info, reflink, &ends);
}

void verbose_removed(const char *dst)
{
	tell("removed %s\n", quote_always(0, dst));
}
