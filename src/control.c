/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the file is looked at by its name, again and again: an editor may replace it by another
 * one, or write it anew in its place.  In the second case it is incomplete for a moment, so it is
 * read when it was the same in two looks.  Watching it by inotify(7) would need a watch on its
 * directory for the first case, and does not work across a network file system, on which the
 * operator may well sit elsewhere.
 *
 * All of the file is in force, or nothing: with one mistake in it everything stays as it was.  What
 * it does not mention is as the command line has it, so that to take a line out takes it back.
 */
#include <config.h>

#include "control.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "base/rate.h"
#include "base/readall.h"
#include "base/retry.h"
#include "report/message.h"
#include "report/quote.h"
#include "report/report.h"
#include "stat-time.h"
#include "timespec.h"
#include "xstrtol.h"
#include "xvasprintf.h"

/* Bytes; a few lines with comments are far less */
#define MOST_SIZE 65536

#define MOST_JOBS 4096

static const struct report_about about = { .op = OP_RUN };

void control_init(struct control *k, const char *path, const struct control_settings *base)
{
	*k = (struct control){ .path = path, .base = *base };
}

/* ------------------------------------------------------------------ lines */

static char *trim(char *text)
{
	static const char blanks[] = " \t\r\n\f\v";

	text += strspn(text, blanks);
	size_t len = strlen(text);
	while (len && strchr(blanks, text[len - 1]))
		text[--len] = '\0';
	return text;
}

static bool parse_jobs(const char *text, uint32_t *ret)
{
	unsigned long n;

	if (*text < '0' || *text > '9' || xstrtoul(text, NULL, 10, &n, "") != LONGINT_OK ||
	    n < 1 || n > MOST_JOBS)
		return false;
	*ret = n;
	return true;
}

static bool parse_yes(const char *text, bool *ret)
{
	*ret = !strcmp(text, "yes");
	return *ret || !strcmp(text, "no");
}

/*
 * Apply "KEY=VALUE".  Returns NULL, or the format of a warning for the name of the file, the
 * number of the line, and *ret_what, a part of it.
 */
static const char *apply(char *line, struct control_settings *s, const char **ret_what)
{
	const char *invalid_rate =
		N_("warning: %s, line %u: invalid rate: %s; nothing is changed");
	char *value = strchr(line, '=');

	*ret_what = line;
	if (!value)
		return N_("warning: %s, line %u: no KEY=VALUE: %s; nothing is changed");
	*value++ = '\0';
	const char *key = trim(line);
	value = trim(value);
	*ret_what = value;
	if (!strcmp(key, "bwlimit"))
		return rate_parse_bytes(value, &s->bwlimit) ? NULL : invalid_rate;
	if (!strcmp(key, "ops-limit"))
		return rate_parse_count(value, &s->ops_limit) ? NULL : invalid_rate;
	if (!strcmp(key, "jobs"))
		return parse_jobs(value, &s->jobs) ? NULL :
		       N_("warning: %s, line %u: invalid number of jobs: %s; nothing is changed");
	if (!strcmp(key, "pause"))
		return parse_yes(value, &s->paused) ? NULL :
		       N_("warning: %s, line %u: neither yes nor no: %s; nothing is changed");
	*ret_what = key;
	return N_("warning: %s, line %u: unknown setting: %s; nothing is changed");
}

/* Returns false after a mistake, which has been reported. */
static bool parse(const struct control *k, char *text, struct control_settings *ret)
{
	unsigned int number = 1;
	const char *what;

	*ret = k->base;
	for (char *line = text, *next; line; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = trim(line);
		const char *wrong = !*line || *line == '#' ? NULL : apply(line, ret, &what);
		if (wrong) {
			report_warning(&about, 0, wrong, quote_always(0, k->path), number,
				       quote_always(1, what));
			return false;
		}
	}
	return true;
}

/* --------------------------------------------------------------- the file */

/* Returns the contents, which the caller frees; or NULL with errno set. */
static char *read_fd(int fd)
{
	char *text = malloc(MOST_SIZE + 1);
	ssize_t len = text ? readall(fd, text, MOST_SIZE + 1) : -1;

	if (len >= 0 && len <= MOST_SIZE) {
		text[len] = '\0';
		return text;
	}
	if (len >= 0)
		errno = EFBIG;
	int err = errno;
	free(text);
	errno = err;
	return NULL;
}

/* As read_fd(), of the file of that name; *ret is what it is. */
static char *read_file(const char *path, struct stat *ret)
{
	int fd = RETRY(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
	char *text = NULL;

	if (fd < 0)
		return NULL;
	if (RETRY(fstat(fd, ret)) == 0) {
		if (S_ISREG(ret->st_mode))
			text = read_fd(fd);
		else
			errno = S_ISDIR(ret->st_mode) ? EISDIR : EINVAL;
	}
	int err = errno;
	close(fd);
	errno = err;
	return text;
}

/* Returns true if a and b are one file that has not been written to in between. */
static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       timespec_cmp(get_stat_mtime(a), get_stat_mtime(b)) == 0 &&
	       timespec_cmp(get_stat_ctime(a), get_stat_ctime(b)) == 0;
}

struct unread {
	const char *path;
	int err;
};

static char *compose_unread(const void *arg)
{
	const struct unread *u = arg;

	return xasprintf(translate("warning: cannot read %s: %s; nothing is changed"),
			 quote_always(0, u->path), strerror(u->err));
}

/* The file could not be read: say so, once. */
static void complain(struct control *k, int err)
{
	if (err != k->error && err != ENOENT) {
		struct message m = message_twice(compose_unread, &(struct unread){ k->path, err });

		report_warning_message(&about, 0, &m);
		message_free(&m);
	}
	k->error = err;
}

bool control_look(struct control *k, bool settled, struct control_settings *ret)
{
	struct stat now;

	if (!k->path)
		return false;
	if (RETRY(stat(k->path, &now)) < 0) {
		complain(k, errno);
		k->seen = (struct stat){ .st_ino = 0 };
		return false;
	}
	bool changed = !same(&now, &k->read), as_seen = same(&now, &k->seen);
	k->seen = now;
	if (!changed || (settled && !as_seen))
		return false;
	char *text = read_file(k->path, &now);
	if (!text) {
		complain(k, errno);
		return false;
	}
	k->error = 0;
	k->read = now;
	bool good = parse(k, text, ret);
	free(text);
	return good;
}
