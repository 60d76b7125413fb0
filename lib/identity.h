/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * identity - the credentials of a thread, as far as they count for files.  Thread-safe.
 */
#ifndef CF_IDENTITY_H
#define CF_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cf_identity {
	uid_t uid;			/* for file systems: setfsuid(2), setfsgid(2) */
	gid_t gid;
	uint64_t groups;		/* supplementary groups, hashed */
	uint64_t caps;			/* effective capabilities */
};

/* Get the identity of the calling thread.  Takes four short system calls. */
void cf_identity_get(struct cf_identity *ret);

bool cf_identity_same(const struct cf_identity *a, const struct cf_identity *b);

/* Returns the calling thread's number in the kernel. */
pid_t cf_identity_thread(void);

/*
 * Returns true if the calling thread shares its root, umask and mount namespace with
 * thread tid of this process, or if the kernel does not tell.
 */
bool cf_identity_shares_fs(pid_t tid);

#endif
