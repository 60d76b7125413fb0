/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cookies from inside: what a start is refused for, what belongs to a cookie and what to
 * its caller, when a result is given away, and what keeps the pool from being shut down.
 */
#include <config.h>

#include "cookie.h"

#include "scratch.h"
#include "tap.h"

enum { PENDING = 4 };

/* A cookie for a copy in this directory; tag is that of the copy */
static int start_in(int dir, const char *src, const char *dst, uint64_t tag)
{
	static const struct cf_pool_limits limits = { .least = 1, .most = 1 };
	const struct copyfile_how how = { .flags = LONG_FLAGS, .tag = tag, .client = 1 };
	struct cf_job job;

	cf_job_init(&job, dir, src, dir, dst, &how, 16384, cf_place_of(dir, src, dir, dst));
	return cf_cookie_start(&job, PENDING, limits);
}

static int start(const char *src, const char *dst)
{
	return start_in(AT_FDCWD, src, dst, 0);
}

/* See the copy to its end.  Returns its result. */
static int wait_for(int cookie, struct copyfile_info *info)
{
	bool released;
	int ret;

	do
		ret = cf_cookie_ctrl(cookie, COPYFILE_WAIT, info, &released);
	while (ret > 0);
	return ret;
}

static int cancel_cookie(int cookie)
{
	struct copyfile_info info;
	bool released;

	cf_cookie_ctrl(cookie, COPYFILE_CANCEL, &info, &released);
	return released ? info.error : wait_for(cookie, &info);
}

static void test_pending(void)
{
	struct copyfile_info info;
	int cookies[PENDING], i;

	for (i = 0; i < PENDING; i++)
		cookies[i] = start("long", "dst");
	ok(cookies[PENDING - 1] > 0, "as many cookies as may be pending");
	is_int(start("src", "more"), -EAGAIN, "one more is refused");
	ok(!exists("more"), "and nothing is copied");
	is_int(cancel_cookie(cookies[0]), -ECANCELED, "one is released");
	cookies[0] = start("src", "more");
	ok(cookies[0] > 0, "then there is room for another");
	for (i = 1; i < PENDING; i++)
		cancel_cookie(cookies[i]);
	is_int(wait_for(cookies[0], &info), 0, "which ends well");
	drop("more");
}

/* The caller's names and descriptors are its own again. */
static void test_adopted(void)
{
	char src[] = "src", dst[] = "in-d";
	struct copyfile_info info;
	int dir, busy = start("long", "dst"), cookie;

	put_text("d/src", "of the directory");
	dir = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cookie = start_in(dir, src, dst, 77);
	close(dir);
	memset(src, 'x', 3);
	memset(dst, 'y', 4);
	is_int(cf_cookie_info(cookie, &info), 0, "a copy that waits for its turn");
	ok(info.tag == 77 && info.stage == COPYFILE_QUEUED, "is described");
	cancel_cookie(busy);
	is_int(wait_for(cookie, &info), 0, "it needs nothing of its caller's");
	ok(holds("d/in-d", "of the directory"), "and copies what was asked for");
	is_int(info.tag, 77, "the result comes with its description");
	is_int(cf_cookie_info(cookie, &info), -EBADF, "which is gone then");
}

static void test_released(void)
{
	int cookie = start("long", "dst"), again;
	struct copyfile_info info;
	bool released = true;

	ok(cf_cookie_ctrl(cookie, COPYFILE_STATUS, &info, &released) > 0 && !released,
	   "a look at a live copy releases nothing");
	ok(cf_cookie_ctrl(cookie, COPYFILE_CANCEL, &info, &released) > 0 && !released,
	   "nor does the cancel of one");
	ok(readable(cookie, 60000), "it comes to its end");
	is_int(cf_cookie_ctrl(cookie, COPYFILE_STATUS, &info, &released), -ECANCELED,
	       "then there is a result");
	ok(released, "which releases the cookie");
	is_int(info.error, -ECANCELED, "it is described");
	is_int(cf_cookie_ctrl(cookie, COPYFILE_STATUS, &info, &released), -EBADF,
	       "nobody gets it twice");
	ok(!released, "which releases nothing");
	again = start("src", "more");
	is_int(again, cookie, "the descriptor serves the next copy");
	ok(wait_for(again, &info) == 0, "it was not readable from the last one");
	drop("more");
}

/* A copy that has ended is not under way, once its thread has let go of it. */
static bool is_calm(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < 60000 && cf_cookie_busy(); i++)
		nanosleep(&ms, NULL);
	return !cf_cookie_busy();
}

static int note_change(const void *arg)
{
	*(int *)(uintptr_t)arg += 1;
	return -EDOM;
}

static void test_quiesce(void)
{
	int changes = 0, cookie = start("src", "more");

	ok(readable(cookie, 60000), "a copy has ended");
	ok(is_calm(), "no copy is under way");
	is_int(cf_cookie_quiesce(note_change, &changes), -EBUSY, "but its cookie is live");
	is_int(changes, 0, "so nothing is changed");
	is_int(cf_cookie_shutdown(), -EBUSY, "nor can the pool be shut down");
	finish(cookie);
	is_int(cf_cookie_quiesce(note_change, &changes), -EDOM, "without one the change is made");
	is_int(changes, 1, "once");
	cookie = start("long", "dst");
	ok(cf_cookie_busy(), "a copy is under way");
	cancel_cookie(cookie);
	ok(is_calm(), "until it has ended");
	is_int(cf_cookie_shutdown(), 0, "then the pool can be shut down");
	is_int(cf_cookie_ctrl(cookie, COPYFILE_STATUS, &(struct copyfile_info){ 0 },
			      &(bool){ false }), -EBADF, "no cookie is known");
	drop("more");
}

static int end_all(void)
{
	int cookie = start("long", "ended"), queued = start("src", "never");
	struct copyfile_info info;
	struct timespec until;
	int bad = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	cf_cookie_end_all(&until);
	if (start("src", "more") != -ECANCELED || exists("more"))
		bad |= 1;
	if (wait_for(cookie, &info) != -ECANCELED || exists("ended"))
		bad |= 2;
	if (wait_for(queued, &info) != -ECANCELED || exists("never"))
		bad |= 4;
	return bad;
}

int main(void)
{
	scratch_enter("cookie");
	mkdir("d", 0755);
	put_text("src", "source");
	put_hole("long", LONG_SIZE);
	test_pending();
	test_adopted();
	test_released();
	test_quiesce();
	is_int(in_child(end_all), 0,
	       "at the end of the process all are cancelled, and none is new");
	return scratch_done();
}
