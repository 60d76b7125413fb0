/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: in Linux each thread has credentials of its own.  The C library's setuid()
 * and its kin change those of all threads; setfsuid(2), capset(2) and direct system calls
 * change those of one.  No call compares two threads.  So each thread reads its own, as far
 * as they count for access to files, by calls that take no lock.
 *
 * The list of groups is hashed: it may have 65536 entries, and is compared with lists
 * of the same process only, which has no reason to look for a collision.
 *
 * A user namespace need not be compared: a process with several threads cannot change it.
 * A thread that has a mount namespace, a root or a working directory of its own has left
 * the "fs" that the threads of a process share, and kcmp(2) tells that.
 *
 * Not compared, since no cheap call tells: Landlock domains, labels of security modules,
 * keyrings, network namespaces.
 */
#include <config.h>

#include "identity.h"

#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From <linux/capability.h> and <linux/kcmp.h>, which a libc without kernel headers lacks */
#define CAPABILITY_VERSION_3 0x20080522
#define KCMP_FS 3

/* Lists of groups up to this length take no allocation. */
#define FEW_GROUPS 64

static uint64_t hash_groups(const gid_t *groups, int n)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ (uint64_t)n;

	for (int i = 0; i < n; i++)
		h = (h ^ groups[i]) * 0x100000001b3ULL;
	return h;
}

/* Returns the hash of a long list; without memory, of its length alone. */
static uint64_t many_groups(void)
{
	int n = getgroups(0, NULL);
	gid_t *groups = n > 0 ? malloc(n * sizeof *groups) : NULL;
	int got = groups ? getgroups(n, groups) : -1;
	uint64_t h = hash_groups(groups, got > 0 ? got : 0) ^ (uint64_t)n << 32;

	free(groups);
	return h;
}

static uint64_t groups_of_thread(void)
{
	gid_t few[FEW_GROUPS];
	int n = getgroups(FEW_GROUPS, few);

	return n >= 0 ? hash_groups(few, n) : many_groups();
}

static uint64_t capabilities(void)
{
	struct { uint32_t version; int pid; } header = { CAPABILITY_VERSION_3, 0 };
	struct { uint32_t effective, permitted, inheritable; } data[2] = { { 0 } };

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

void cf_identity_get(struct cf_identity *ret)
{
	*ret = (struct cf_identity){
		/* -1 is no valid id: nothing changes. */
		.uid = setfsuid(-1), .gid = setfsgid(-1),
		.groups = groups_of_thread(), .caps = capabilities(),
	};
}

bool cf_identity_same(const struct cf_identity *a, const struct cf_identity *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->groups == b->groups &&
	       a->caps == b->caps;
}

pid_t cf_identity_thread(void)
{
	return syscall(SYS_gettid);
}

bool cf_identity_shares_fs(pid_t tid)
{
	/* 1 and 2: not the same; -1: no such call here, or a filter refuses it */
	return syscall(SYS_kcmp, cf_identity_thread(), tid, KCMP_FS, 0, 0) <= 0;
}
