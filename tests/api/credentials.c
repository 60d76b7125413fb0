/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A copy is made with the credentials of the thread that starts it, whoever started the
 * library's threads; or it is refused.  Most of it needs root.
 */
#include <config.h>

#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>

#include "scratch.h"
#include "tap.h"

enum { USER = 12345, GROUP = 23456, OTHER_GROUP = 23457, MANY = 200 };

/* For this thread alone, which the C library's functions would not do */
static void become_user(void)
{
	setfsgid(GROUP);
	setfsuid(USER);
}

static bool owned_by(const char *name, uid_t uid, gid_t gid)
{
	struct stat st = stat_of(name);

	if (st.st_uid == uid && st.st_gid == gid)
		return true;
	diag("%s: %d:%d, want %d:%d", name, (int)st.st_uid, (int)st.st_gid, (int)uid, (int)gid);
	return false;
}

struct act {
	int (*fn)(void);
	int ret;
	pthread_t thread;
};

static void *act_main(void *arg)
{
	struct act *act = arg;

	act->ret = act->fn();
	return NULL;
}

static void begin(struct act *act, int (*fn)(void))
{
	act->fn = fn;
	if (pthread_create(&act->thread, NULL, act_main, act) != 0)
		bail_out("no thread");
}

static int end(struct act *act)
{
	pthread_join(act->thread, NULL);
	return act->ret;
}

/* Run fn in a thread, and wait for it */
static int in_thread(int (*fn)(void))
{
	struct act act;

	begin(&act, fn);
	return end(&act);
}

/* A copy that is asked for again while the threads are at work for somebody else */
static int copy_patiently(const char *src, const char *dst, unsigned long flags)
{
	int ret;

	while ((ret = copyfile(src, dst, flags)) == -EAGAIN)
		sched_yield();
	return finish(ret);
}

/* -------------------------- the pool is idle: it becomes one of the caller's */

static int user_copies(void)
{
	become_user();
	return copy("src", "d/user", COPYFILE_ASYNC);
}

static void test_idle(void)
{
	is_int(copy("src", "d/root", COPYFILE_ASYNC), 0, "root copies");
	is_int(in_thread(user_copies), 0, "a thread that is somebody else copies");
	is_int(copy("src", "d/again", COPYFILE_ASYNC), 0, "root copies again");
	ok(owned_by("d/root", 0, 0), "root's copy is root's");
	ok(owned_by("d/user", USER, GROUP), "the other one is not");
	ok(owned_by("d/again", 0, 0), "and the last one is");
	drop("d/root");
	drop("d/user");
	drop("d/again");
}

/* ---------------------------------------------------- it is at work for root */

static int user_beside_root(void)
{
	int bad = 0;

	become_user();
	errno = 0;
	if (copyfile("src", "d/refused", COPYFILE_ASYNC) != -EAGAIN || errno != EAGAIN)
		bad |= 1;
	if (exists("d/refused"))
		bad |= 2;
	if (copy("src", "d/here", 0) != 0)
		bad |= 4;
	if (copy("big", "d/big", 0) != 0)
		bad |= 8;
	if (copy("src", "d/sync", COPYFILE_SYNC) != 0)
		bad |= 16;
	return bad;
}

static void test_busy(void)
{
	int cookie = long_start("d/long", 0);

	wait_for_data(cookie);
	is_int(in_thread(user_beside_root), 0,
	       "while it works for root: ASYNC is EAGAIN, all else is done by the caller");
	ok(owned_by("d/here", USER, GROUP), "by default");
	ok(owned_by("d/big", USER, GROUP), "even if it is big");
	ok(owned_by("d/sync", USER, GROUP), "SYNC");
	is_int(cancel(cookie), -ECANCELED, "root's copy goes on");
	drop("d/here");
	drop("d/big");
	drop("d/sync");
}

/* ----------------------------------------------------- both at the same time */

static int make_many(const char *prefix)
{
	char dst[32];
	int i, bad = 0;

	for (i = 0; i < MANY; i++) {
		snprintf(dst, sizeof dst, "d/%s%d", prefix, i);
		if (copy_patiently("src", dst, i % 2 ? COPYFILE_ASYNC : 0) != 0)
			bad++;
	}
	return bad;
}

static int user_makes_many(void)
{
	become_user();
	return make_many("u");
}

static void test_both(void)
{
	int i, bad = 0;
	struct act user;
	char name[32];

	begin(&user, user_makes_many);
	is_int(make_many("r"), 0, "%d copies of root", MANY);
	is_int(end(&user), 0, "and as many of another thread");
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "d/u%d", i);
		bad += !owned_by(name, USER, GROUP);
		drop(name);
		snprintf(name, sizeof name, "d/r%d", i);
		bad += !owned_by(name, 0, 0);
		drop(name);
	}
	is_int(bad, 0, "each belongs to whom it should");
}

/* -------------------------------- less than a user: groups, and capabilities */

static int with_group(void)
{
	gid_t group = OTHER_GROUP;
	int bad = 0;

	if (syscall(SYS_setgroups, 1, &group) != 0)
		return 128;
	become_user();
	if (copy_patiently("group-only", "d/g1", COPYFILE_ASYNC) != 0)
		bad |= 1;
	setfsuid(0);
	if (syscall(SYS_setgroups, 0, NULL) != 0)
		return 128;
	become_user();
	if (copy_patiently("group-only", "d/g2", COPYFILE_ASYNC) != -EACCES)
		bad |= 2;
	return bad;
}

static int without_capabilities(void)
{
	struct { uint32_t version; int pid; } header = { 0x20080522, 0 };
	struct { uint32_t effective, permitted, inheritable; } none[2] = { { 0 } };

	if (syscall(SYS_capset, &header, none) != 0)
		return 128;
	return copy_patiently("nobody", "d/c", COPYFILE_ASYNC) == -EACCES ? 0 : 1;
}

static void test_less(void)
{
	put_text("group-only", "for one group");
	put_text("nobody", "for nobody");
	if (chown("group-only", 0, OTHER_GROUP) != 0 || chmod("group-only", 0640) != 0 ||
	    chown("nobody", USER, GROUP) != 0 || chmod("nobody", 0) != 0)
		bail_out("chown: %s", strerror(errno));
	is_int(copy("nobody", "d/n", COPYFILE_ASYNC), 0, "root may read everything");
	drop("d/n");
	is_int(in_thread(with_group), 0, "a thread's own groups count");
	is_int(in_thread(without_capabilities), 0, "so do its capabilities");
	drop("d/g1");
}

/* ------------------------------------------------- the whole process changes */

/* setuid() of the C library reaches the pool's threads */
static int process_becomes_user(void)
{
	int running, waiting, ret, bad = 0;

	long_setup(1, 0);
	running = long_start("d/running", 0);
	wait_for_data(running);
	waiting = copyfile("src", "d/waiting", COPYFILE_ASYNC);
	if (waiting <= 0 || setgroups(0, NULL) != 0 || setgid(GROUP) != 0 || setuid(USER) != 0)
		return 128;
	if (copy("src", "d/meanwhile", 0) != 0 || !owned_by("d/meanwhile", USER, GROUP))
		bad |= 1;
	cancel(running);
	ret = finish(waiting);
	if (ret != -EPERM || exists("d/waiting"))
		bad |= 2;
	if (copy("src", "d/then", COPYFILE_ASYNC) != 0 || !owned_by("d/then", USER, GROUP))
		bad |= 4;
	if (copy("big", "d/big", 0) != 0 || !owned_by("d/big", USER, GROUP))
		bad |= 8;
	return bad;
}

static void test_process(void)
{
	if (chmod(".", 0777) != 0)
		bail_out("chmod: %s", strerror(errno));
	is_int(in_child(process_becomes_user), 0, "setuid() of the whole process");
	drop("d/running");
	drop("d/meanwhile");
	drop("d/then");
	drop("d/big");
}

/* ---------------------- a thread with a root, umask and directory of its own */

static int apart(void)
{
	int bad = 0;

	if (unshare(CLONE_FS) != 0)
		return 128;
	umask(077);
	if (chdir("d") != 0)
		return 128;
	if (copy_patiently("../src", "apart", COPYFILE_ASYNC) != 0)
		bad |= 1;
	if (copy_patiently("../big", "apart-big", 0) != 0)
		bad |= 2;
	if (copy("../src", "apart-owner", COPYFILE_SYNC | COPYFILE_OWNER) != 0)
		bad |= 4;
	return bad;
}

static void test_apart(void)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (syscall(SYS_kcmp, tid, tid, 3 /* KCMP_FS */, 0, 0) != 0) {
		skip(5, "no kcmp(2) here");
		return;
	}
	is_int(copy("src", "d/before", COPYFILE_ASYNC), 0, "there is a pool");
	is_int(in_thread(apart), 0, "a thread that has left the others' directory copies");
	is_int(mode_of("d/apart"), 0600, "under its own umask");
	is_int(mode_of("d/apart-big"), 0600, "by default as well");
	is_int(mode_of("d/apart-owner"), 0600, "and where the owner is copied");
	drop("d/before");
	drop("d/apart");
	drop("d/apart-big");
	drop("d/apart-owner");
}

/* Returns true if no byte of the copy was moved for some time. */
static bool stands_still(int cookie)
{
	struct copyfile_info before, after;

	if (copyfile_info(cookie, &before, sizeof before) != 0)
		bail_out("copyfile_info: %s", strerror(errno));
	nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	return copyfile_info(cookie, &after, sizeof after) == 0 &&
	       after.bytes_done == before.bytes_done;
}

/* Resumes the copy whose cookie it is, under an umask of its own. */
static int resumed;

static int resume_apart(void)
{
	if (unshare(CLONE_FS) != 0)
		return 128;
	umask(077);
	return copyfile_ctrl(resumed, COPYFILE_RESUME) > 0 ? 0 : 1;
}

/* The only thread stands still, so that the copy which is resumed needs another one. */
static void test_resume(void)
{
	int running;

	if (copyfile_shutdown() != 0)
		bail_out("shutdown: %s", strerror(errno));
	long_setup(1, 0);
	running = long_start("d/running", 0);
	wait_for_data(running);
	resumed = copyfile("src", "d/resumed", COPYFILE_ASYNC);
	ok(copyfile_ctrl(resumed, COPYFILE_PAUSE) > 0 &&
	   copyfile_ctrl(running, COPYFILE_PAUSE) > 0, "two copies are paused");
	while (!stands_still(running))
		;
	is_int(in_thread(resume_apart), 0, "a thread with another umask resumes one");
	is_int(finish(resumed), 0, "which is made");
	is_int(mode_of("d/resumed"), 0644, "under the umask of the thread that started it");
	is_int(cancel(running), -ECANCELED, "the other one is cancelled");
	drop("d/resumed");
	long_setup(2, 0);
}

int main(void)
{
	scratch_enter("credentials");
	put_pattern("src", 3000, 1);
	put_pattern("big", 3 << 20, 2);
	mkdir("d", 0755);
	long_setup(2, 0);
	test_apart();
	test_resume();
	if (geteuid() == 0) {
		if (chmod(".", 0755) != 0 || chmod("d", 0777) != 0)
			bail_out("chmod: %s", strerror(errno));
		test_idle();
		test_busy();
		test_both();
		test_less();
		test_process();
	} else
		skip(1, "only root can be somebody else");
	return scratch_done();
}
