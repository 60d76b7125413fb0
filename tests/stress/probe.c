/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that try all descriptor numbers as cookies, while others start copies and
 * await them: whoever asks gets an answer, each result goes to one of them, and none is
 * lost.  ThreadSanitizer has most to say of it.
 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>

#include "scratch.h"
#include "tap.h"

enum { COPIERS = 4, PROBERS = 3, NUMBERS = 64, COPIES = 3000 };

static atomic_bool stop;
static atomic_int started, results, odd;

static void note(int ret)
{
	if (ret <= 0 && ret != -EBADF) {
		results++;
		if (ret != 0 && ret != -ECANCELED)
			odd++;
	}
}

/* Takes results, by STATUS, unless it is to look only; CANCEL takes none. */
static void * probe(void *arg)
{
	bool only_look = arg;
	struct copyfile_info info;
	unsigned int round = 0;

	while (!stop) {
		for (int fd = 0; fd < NUMBERS; fd++) {
			int ret = fd ? copyfile_info(fd, &info, sizeof info) : 0;

			if (ret != 0 && ret != -EBADF)
				odd++;
			if (!only_look)
				note(copyfile_ctrl(fd, round % 16 ? COPYFILE_STATUS
								  : COPYFILE_CANCEL));
		}
		round++;
	}
	return NULL;
}

static void *work(void *arg)
{
	const char *name = arg;
	char dst[3][16];
	int cookies[3], i, j, ret;

	for (i = 0; i < 3; i++)
		snprintf(dst[i], sizeof dst[i], "%s%d", name, i);
	for (i = 0; i < COPIES; i += 3) {
		for (j = 0; j < 3; j++) {
			cookies[j] = copyfile("src", dst[j], COPYFILE_ASYNC | COPYFILE_TRUNCATE);
			if (cookies[j] > 0)
				started++;
			else if (cookies[j] != -EAGAIN)
				odd++;
		}
		/* EBADF: another thread has taken the result */
		for (j = 0; j < 3; j++)
			if (cookies[j] > 0) {
				do
					ret = copyfile_ctrl(cookies[j], COPYFILE_WAIT);
				while (ret > 0);
				note(ret);
			}
	}
	return NULL;
}

/* One copy, and then the library is shut down: what that returns */
static int await_one(const char *dst)
{
	int cookie = copyfile("src", dst, COPYFILE_ASYNC | COPYFILE_TRUNCATE), ret;

	if (cookie > 0) {
		started++;
		do
			ret = copyfile_ctrl(cookie, COPYFILE_WAIT);
		while (ret > 0);
		note(ret);
	}
	return copyfile_shutdown();
}

static void storm(const char *name, bool only_look)
{
	static char names[COPIERS][2] = { "a", "b", "c", "d" };
	pthread_t copiers[COPIERS], probers[PROBERS];
	int i;

	stop = false;
	started = results = odd = 0;
	for (i = 0; i < PROBERS; i++)
		if (pthread_create(&probers[i], NULL, probe, only_look ? names : NULL) != 0)
			bail_out("no thread");
	for (i = 0; i < COPIERS; i++)
		if (pthread_create(&copiers[i], NULL, work, names[i]) != 0)
			bail_out("no thread");
	for (i = 0; i < COPIERS; i++)
		pthread_join(copiers[i], NULL);
	/* What they look at goes away under them */
	for (i = 0; i < 300; i++) {
		int ret = await_one("z");

		if (ret != 0 && ret != -EBUSY)	/* a result is just being taken */
			odd++;
	}
	stop = true;
	for (i = 0; i < PROBERS; i++)
		pthread_join(probers[i], NULL);
	ok(started > 0, "%s: %d copies", name, (int)started);
	is_int(results, started, "%s: as many results", name);
	is_int(odd, 0, "%s: all of them such as may be", name);
	is_int(copyfile_shutdown(), 0, "%s: no cookie is left", name);
}

int main(void)
{
	struct copyfile_setup setup = { .threads = 4, .pending = 48 };

	/* A thread that hangs must not hang the test run */
	alarm(300);
	scratch_enter("probe");
	put_pattern("src", 5000, 1);
	is_int(copyfile_setup(&setup, sizeof setup), 0, "set up");
	storm("others look on", true);
	storm("others take what they find", false);
	return scratch_done();
}
