/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The second program of that e-mail: an efficient parallel copy.  Keep a
 * bounded window of pending cookies; when it is full, wait until half of it
 * has completed; at the end wait for all.  "It would need to be fleshed out to
 * remember the file names so that you can report which file failed": it is.
 *
 *   email_parallel DIRECTORY FILE...
 */
#include <errno.h>
#include <libcopyfile.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MAX_PENDING 100

static struct {
	int cookie;
	const char *name;
} pending[MAX_PENDING];

static int nr_pending;
static int failed;

static void report(const char *name, int error)
{
	fprintf(stderr, "%s: %s\n", name, strerror(-error));
	failed = 1;
}

/* Wait, oldest first, until no more than max are pending */
static void wait_for_completion(int max)
{
	int i, done = 0;

	while (nr_pending - done > max) {
		int ret;

		while ((ret = copyfile_ctrl(pending[done].cookie, COPYFILE_WAIT)) > 0)
			/* nothing */;
		if (ret < 0)
			report(pending[done].name, ret);
		done++;
	}
	nr_pending -= done;
	for (i = 0; i < nr_pending; i++)
		pending[i] = pending[i + done];
}

static void start_copy(const char *src, const char *dst)
{
	int cookie;

	if (nr_pending == MAX_PENDING)
		wait_for_completion(MAX_PENDING / 2);
	cookie = copyfile(src, dst, 0);
	if (cookie == -EAGAIN && nr_pending > 0) {
		wait_for_completion(0);
		cookie = copyfile(src, dst, 0);
	}
	if (cookie < 0)
		report(src, cookie);
	if (cookie <= 0)
		return;
	pending[nr_pending].cookie = cookie;
	pending[nr_pending].name = src;
	nr_pending++;
}

int main(int argc, char **argv)
{
	char dst[PATH_MAX];
	int i;

	for (i = 2; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');

		snprintf(dst, sizeof dst, "%s/%s", argv[1], slash ? slash + 1 : argv[i]);
		start_copy(argv[i], dst);
	}
	wait_for_completion(0);
	return failed;
}
