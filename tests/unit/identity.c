/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Credentials of threads: a difference that counts for files is seen, whichever call made
 * it.  Most of this takes root, and is tried in threads and children that change.
 */
#include <config.h>

#include "identity.h"

#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>

#include "scratch.h"
#include "tap.h"

enum { NOBODY = 65534, MANY_GROUPS = 100 };

static struct cf_identity first;

/* Returns whether the calling thread is still like the first one. */
static bool is_first(void)
{
	struct cf_identity now;

	cf_identity_get(&now);
	return cf_identity_same(&first, &now);
}

static void test_same(void)
{
	ok(is_first(), "who has not changed is the same");
	ok(is_first(), "to ask changes nothing");
}

static void *other_thread(void *arg)
{
	pid_t *tid = arg;

	*tid = cf_identity_thread();
	return is_first() && cf_identity_shares_fs(getpid()) ? arg : NULL;
}

static void test_threads(void)
{
	pthread_t thread;
	void *alike;
	pid_t tid = 0;

	is_int(cf_identity_thread(), getpid(), "the first thread has the number of the process");
	if (pthread_create(&thread, NULL, other_thread, &tid) != 0)
		bail_out("no thread");
	pthread_join(thread, &alike);
	ok(tid > 0 && tid != getpid(), "another one has another number");
	ok(alike, "but the same credentials, and the same root");
}

static void *leave(void *arg)
{
	(void)arg;
	if (unshare(CLONE_FS) != 0)
		return NULL;
	return cf_identity_shares_fs(getpid()) ? NULL : &first;
}

static void test_left(void)
{
	pthread_t thread;
	void *left;

	if (syscall(SYS_kcmp, getpid(), getpid(), 2, 0, 0) != 0) {
		skip(1, "the kernel does not compare threads");
		return;
	}
	if (pthread_create(&thread, NULL, leave, NULL) != 0)
		bail_out("no thread");
	pthread_join(thread, &left);
	ok(left, "a thread that has a working directory of its own does not share it");
}

/* Each returns 1 if the change cannot be made, 2 if it is not seen, else 0. */

static int seen(bool made)
{
	return !made ? 1 : is_first() ? 2 : 0;
}

static int other_user(void)
{
	return seen(setresuid(-1, NOBODY, -1) == 0);
}

static int other_user_for_files(void)
{
	setfsuid(NOBODY);
	return seen(setfsuid(-1) == NOBODY);
}

static int other_group_for_files(void)
{
	setfsgid(NOBODY);
	return seen(setfsgid(-1) == NOBODY);
}

static int one_group_more(void)
{
	gid_t groups[] = { 1, 2, NOBODY };

	if (setgroups(2, groups) != 0)
		return 1;
	cf_identity_get(&first);
	return seen(setgroups(3, groups) == 0);
}

/* A list that is longer than what is kept on the stack */
static int one_of_many_groups(void)
{
	gid_t groups[MANY_GROUPS];

	for (int i = 0; i < MANY_GROUPS; i++)
		groups[i] = i + 1;
	if (setgroups(MANY_GROUPS, groups) != 0)
		return 1;
	cf_identity_get(&first);
	if (!is_first())
		return 2;
	groups[MANY_GROUPS - 1]++;
	return seen(setgroups(MANY_GROUPS, groups) == 0);
}

/* The user stays; the capabilities go. */
static int fewer_capabilities(void)
{
	struct { uint32_t version; int pid; } header = { 0x20080522, 0 };
	struct { uint32_t effective, permitted, inheritable; } data[2] = { { 0 } };

	return seen(syscall(SYS_capset, &header, data) == 0);
}

static void test_changes(void)
{
	static const struct {
		int (*change)(void);
		const char *name;
	} changes[] = {
		{ other_user,            "another effective user" },
		{ other_user_for_files,  "setfsuid()" },
		{ other_group_for_files, "setfsgid()" },
		{ one_group_more,        "one more group" },
		{ one_of_many_groups,    "one of many groups" },
		{ fewer_capabilities,    "fewer capabilities" },
	};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		int r = geteuid() == 0 ? in_child(changes[i].change) : 1;

		if (r == 1)
			skip(1, "%s: not permitted", changes[i].name);
		else
			is_int(r, 0, "%s: is seen", changes[i].name);
	}
}

int main(void)
{
	scratch_enter("identity");
	cf_identity_get(&first);
	test_same();
	test_threads();
	test_left();
	test_changes();
	return scratch_done();
}
