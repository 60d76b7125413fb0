/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the adversary puts something evil beside a name of a tree: a symlink to a canary, a
 * FIFO, or an empty directory.  Then it exchanges the two, waits for some microseconds, and
 * exchanges them again, so that what comes next finds the tree as it was.  Where the name is
 * free, the evil thing is given it.  An ordinary user may do this in all directories that
 * belong to that user.
 */
#include <config.h>

#include "adversary.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place.h"

/* Flags of renameat2(2), which not every libc has */
#define NOREPLACE 1
#define EXCHANGE 2

unsigned int adversary_random(uint64_t *state, unsigned int n)
{
	/* xorshift64 */
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned int)(*state >> 33) % n;
}

static int rename_with(const char *from, const char *to, unsigned int flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

enum kind { TO_CANARY, TO_SAME_NAME, UPWARDS, FIFO, DIRECTORY, KINDS };

/* Make path, in the place of the name of a tree.  Returns false if that can't be done. */
static bool make_evil(const char *top, const char *path, const char *name, enum kind kind)
{
	char target[160], cwd[96];

	switch (kind) {
	case FIFO:
		return mkfifo(path, 0666) == 0;
	case DIRECTORY:
		return mkdir(path, 0777) == 0;
	case UPWARDS:
		/* From the top of dst/src to out; from elsewhere it dangles. */
		snprintf(target, sizeof target, "../%sout", top[0] == 'd' ? "../" : "");
		break;
	default:
		if (!getcwd(cwd, sizeof cwd))
			return false;
		if (kind != TO_SAME_NAME)
			name = "";
		snprintf(target, sizeof target, "%s/out%s%s", cwd, *name ? "/" : "", name);
	}
	return symlink(target, path) == 0;
}

static void wait_some(uint64_t *state)
{
	for (volatile unsigned int i = adversary_random(state, 60000); i; i--)
		;
}

/* Exchange path and evil for a while; or give evil the name path, if that is free. */
static bool swap(const char *path, const char *evil, uint64_t *state)
{
	if (rename_with(evil, path, EXCHANGE) == 0) {
		wait_some(state);
		(void)rename_with(evil, path, EXCHANGE);
		return true;
	}
	if (errno != ENOENT || rename_with(evil, path, NOREPLACE) < 0)
		return false;
	wait_some(state);
	(void)rename_with(path, evil, NOREPLACE);
	return true;
}

static void attack(const struct adversary *a, uint64_t *state, unsigned int serial)
{
	unsigned int n = adversary_random(state, PLACE_DIRS + (a->dirs_alone ? 0 : PLACE_FILES));
	bool is_dir = n < PLACE_DIRS;
	const char *name = is_dir ? place_dirs[n] : place_files[n - PLACE_DIRS];
	bool src = a->in_src && (!a->in_dst || adversary_random(state, 2));
	const char *top = src ? "src" : "dst/src";
	enum kind kind = a->dirs_alone ? TO_SAME_NAME : adversary_random(state, KINDS);
	char path[80], evil[128];

	/* The source itself is an operand. */
	if (src && !*name)
		return;
	if (!src && !is_dir && !a->for_dst_files && kind != FIFO && kind != DIRECTORY)
		kind = FIFO;
	snprintf(path, sizeof path, "%s%s%s", top, *name ? "/" : "", name);
	snprintf(evil, sizeof evil, "%s.evil%u", path, serial);
	if (!make_evil(top, evil, name, kind))
		return;
	if (swap(path, evil, state))
		++*a->swaps;
	if (unlink(evil) < 0)
		(void)rmdir(evil);
}

void adversary_run(const struct adversary *a)
{
	uint64_t state = a->seed | 1;

	if (setgroups(0, NULL) < 0 || setresgid(ADVERSARY, ADVERSARY, ADVERSARY) < 0 ||
	    setresuid(ADVERSARY, ADVERSARY, ADVERSARY) < 0)
		_exit(1);
	for (unsigned int serial = 0;; serial++)
		attack(a, &state, serial);
}
