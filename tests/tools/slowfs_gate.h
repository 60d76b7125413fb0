/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each operation passes through: there it is counted, waits for a slot and for its delay,
 * and is told to fail.
 */
#ifndef SLOWFS_GATE_H
#define SLOWFS_GATE_H

#include <errno.h>
#include <stddef.h>

#define OPS(X) X(getattr) X(readlink) X(mknod) X(mkdir) X(unlink) X(rmdir) X(symlink) \
	X(rename) X(link) X(chmod) X(chown) X(truncate) X(utimens) X(open) X(create) \
	X(read) X(write) X(copy) X(flush) X(release) X(fsync) X(fallocate) X(lseek) X(statfs) \
	X(opendir) X(readdir) X(releasedir) X(setxattr) X(getxattr) X(listxattr) X(removexattr)
#define ENUM(n) OP_##n,
enum op { OPS(ENUM) NOPS };

extern unsigned us_per_mib;	/* of what is read, written or copied */

/*
 * libfuse's path interface asks for the attributes after each operation that makes or changes
 * something; that is part of one protocol request, so it is neither counted nor delayed.
 */
extern _Thread_local int implied;

/* Counts the call, waits, and returns -errno if the call is to fail, or 0. */
int enter(enum op o, const char *path, size_t len, int *quirk);

/* Ends the call.  Returns the result, for -1 -errno. */
int leave(enum op o, long r);

#define DO(o, path, expr) do {						\
	int r_ = enter(OP_##o, path, 0, NULL);				\
	if (r_) { errno = -r_; return leave(OP_##o, -1); }		\
	return leave(OP_##o, (expr));					\
} while (0)

/* The operation of that name; NOPS for "all". */
int find_op(const char *s);
void list_ops(void);
void parse_delay(char *arg);
void set_slots(unsigned n);

/* Writes the counts to a buffer, and returns their length. */
size_t report(char *b, size_t n);
void reset(void);

#endif
