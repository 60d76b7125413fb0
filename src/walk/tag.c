/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a tag is looked at, and not opened, since it may be a FIFO.  That of a cache is read:
 * the Cache Directory Tagging Specification wants a regular file that begins with a signature.
 */
#include <config.h>

#include "walk/tag.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/names.h"
#include "base/options.h"
#include "base/retry.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "tree/dir.h"
#include "tree/dirresult.h"

static const char cache_tag[] = "CACHEDIR.TAG";
static const char signature[] = "Signature: 8a477f597d28d172789f06886806bc55";

/* Returns 1 if fd begins with the signature; 0; or -1 with errno set. */
static int has_signature(int fd)
{
	char buf[sizeof signature - 1];
	size_t have = 0;
	ssize_t n = 1;

	while (have < sizeof buf && n > 0) {
		n = RETRY(read(fd, buf + have, sizeof buf - have));
		if (n > 0)
			have += n;
		else if (n < 0 && errno == EAGAIN)
			n = RETRY(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1));
	}
	return n < 0 ? -1 : have == sizeof buf && !memcmp(buf, signature, sizeof buf);
}

/* Returns 1 if name is in the directory dir; 0; or -1 with errno set. */
static int is_there(int dir, const char *name, struct stat *ret)
{
	if (RETRY(fstatat(dir, name, ret, AT_SYMLINK_NOFOLLOW)) == 0)
		return 1;
	return names_lead_nowhere(errno) ? 0 : -1;
}

/* The same, for the tag of a cache. */
static int is_cache(int dir)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat st;
	int r = is_there(dir, cache_tag, &st);

	if (r <= 0 || !S_ISREG(st.st_mode))
		return r < 0 ? -1 : 0;
	int fd = RETRY(openat(dir, cache_tag, flags));
	if (fd < 0)
		return names_gone(errno) ? 0 : -1;
	/* Somebody may have put a FIFO there meanwhile. */
	r = RETRY(fstat(fd, &st)) < 0 ? -1 : S_ISREG(st.st_mode) ? has_signature(fd) : 0;
	int err = errno;
	close(fd);
	errno = err;
	return r;
}

struct tag tag_find(const struct options *o, int fd)
{
	struct tag tag = { .name = NULL };
	struct stat st;

	/* As with tar the last one counts. */
	for (int i = o->ntags - 1; i >= 0 && !tag.name; i--) {
		bool cache = o->tags[i] == OPTIONS_CACHE_TAG;
		const char *name = cache ? cache_tag : o->tags[i];
		int r = cache ? is_cache(fd) : is_there(fd, name, &st);

		if (r > 0)
			tag.name = name;
		if (r < 0 && !tag.err) {
			tag.err = errno;
			tag.unseen = name;
		}
	}
	return tag;
}

const char *tag_of_dir(const struct context *c, struct dir *d)
{
	const struct tag tag = tag_find(c->opts, dir_src_fd(d));

	if (tag.err) {
		complain_src(&(struct entry){ .dir = d, .src = tag.unseen }, OP_LOOK, tag.err,
			     N_("cannot tell whether %s leaves its directory out"));
		dir_mark_unfinished(d);
	}
	return tag.name;
}
