/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "journal/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/language.h"
#include "base/retry.h"
#include "journal/segment.h"
#include "report/message.h"
#include "report/quote.h"
#include "report/report.h"
#include "xvasprintf.h"

/* Where the journal of the pass before is */
static const char last_pass[] = "last";

/* How often a lock that somebody has is tried again, and after how many ns: for two seconds */
#define TRIES 40
#define TRY_EVERY 50000000

static void refuse(int err, const char *format, const char *path)
{
	report_error(err, format, quote_always(0, path));
}

struct unusable {
	const char *path;
	const struct message *wrong;
};

static char *compose_unusable(const void *arg)
{
	const struct unusable *u = arg;

	return xasprintf(translate("cannot use the journal %s: %s"), quote_always(0, u->path),
			 message_now(u->wrong));
}

void folder_unusable(const char *path, const struct message *wrong)
{
	struct message m = message_twice(compose_unusable, &(struct unusable){ path, wrong });

	report_error_message(&(struct report_about){ .op = OP_RUN }, 0, &m);
	message_free(&m);
}

/* As fsync(2), for the directory above fd.  Returns false with errno set after a failure. */
static bool sync_parent(int fd)
{
	int parent = RETRY(openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	/* One that is not to be read cannot be synced; the journal is as good until a crash. */
	if (parent < 0)
		return errno == EACCES;
	int r = RETRY(fsync(parent)), err = errno;
	close(parent);
	errno = err;
	return r == 0;
}

/*
 * As flock(2) without waiting, but for a moment: a run that was killed has its lock until its last
 * system call has ended, which on a file server takes a while.
 */
static int lock(int fd, int how)
{
	for (int left = TRIES;; left--) {
		int r = RETRY(flock(fd, how | LOCK_NB));

		if (r == 0 || errno != EWOULDBLOCK || !left)
			return r;
		nanosleep(&(struct timespec){ .tv_nsec = TRY_EVERY }, NULL);
	}
}

int folder_open(const char *path, bool write)
{
	bool made = write && RETRY(mkdir(path, 0700)) == 0;
	if (write && !made && errno != EEXIST) {
		refuse(errno, "cannot create the journal %s", path);
		return -1;
	}
	int fd = RETRY(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0) {
		refuse(errno, "cannot open the journal %s", path);
		return -1;
	}
	if (made && !sync_parent(fd))
		refuse(errno, "cannot sync the directory of the journal %s", path);
	if (lock(fd, write ? LOCK_EX : LOCK_SH) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		refuse(0, "the journal %s is in use by another run", path);
	else
		refuse(errno, "cannot lock the journal %s", path);
	close(fd);
	return -1;
}

/*
 * Call see for each name in the directory fd, until that returns false.  Returns true if it never
 * did; or false, with errno 0 if it did without an error.
 */
static bool for_names(int fd, bool (*see)(int fd, const char *name))
{
	int copy = RETRY(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	bool all = true;

	if (!stream) {
		int err = errno;

		if (copy >= 0)
			close(copy);
		errno = err;
		return false;
	}
	while (all && (errno = 0, entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			all = see(fd, entry->d_name);
	int err = errno;
	closedir(stream);
	errno = err;
	return all && !err;
}

static bool is_known(int fd, const char *name)
{
	(void)fd;
	return segment_number(name) || !strcmp(name, last_pass);
}

bool folder_is_fresh(int folder, const char *path)
{
	if (for_names(folder, is_known))
		return true;
	refuse(errno, errno ? "cannot list the journal %s" :
			      N_("%s is no journal, and not empty"), path);
	return false;
}

static bool drop_segment(int fd, const char *name)
{
	return !segment_number(name) || RETRY(unlinkat(fd, name, 0)) == 0;
}

static bool set_aside(int fd, const char *name)
{
	if (!segment_number(name))
		return true;
	int last = RETRY(openat(fd, last_pass, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	bool ok = last >= 0 && RETRY(renameat(fd, name, last, name)) == 0;
	int err = errno;

	if (last >= 0)
		close(last);
	errno = err;
	return ok;
}

bool folder_begin_pass(int folder, const char *path)
{
	bool ok = RETRY(mkdirat(folder, last_pass, 0700)) == 0 || errno == EEXIST;
	int last = ok ? RETRY(openat(folder, last_pass, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
				     O_NOFOLLOW)) : -1;

	ok = last >= 0 && for_names(last, drop_segment) && for_names(folder, set_aside);
	if (!ok)
		refuse(errno, "cannot set aside the last pass of the journal %s", path);
	if (last >= 0)
		close(last);
	return ok;
}
