/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: to read a FIFO or a device as if it were a file may block for ever, or never end,
 * so pcp does it here, and not in the library's threads.  Holes are made as the library
 * makes them: by not writing.  The attributes go through the library, from descriptor to
 * descriptor.
 *
 * No signal reaches the workers, and one may come just before main begins to wait.  So no
 * thread waits for longer than POLL_MS before it checks whether the run has to end.  A FIFO
 * is opened with O_NONBLOCK, since open(2) would wait for its other end; one that is written
 * to keeps that, since write(2) would wait until it is read.
 */
#include <config.h>

#include "copy/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/loop.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/stop.h"
#include "base/tally.h"
#include "base/writeall.h"
#include "copy/again.h"
#include "copy/attrs.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/existing.h"
#include "copy/method.h"
#include "copy/plan.h"
#include "same-inode.h"
#include "tree/dir.h"
#include "xalloc.h"

#define BUFFER_SIZE (128 * 1024)

/* How long to wait for data between two checks, in milliseconds */
#define POLL_MS 100

/* System calls that move a piece: poll, read, write */
#define PIECE_CALLS 3

/* The destination while it is written.  Zeros that may be a hole are left out of a file. */
struct sink {
	int fd;
	size_t block;		/* zeros of so many bytes, aligned, are a hole; 0: never */
	off_t end;		/* where the next byte belongs, */
	off_t written;		/* and up to where the file has been written */
	uint64_t moved;		/* bytes of that which were no hole */
};

static bool must_stop(void)
{
	return stop_now();
}

/* Returns false with errno set if not all could be written. */
static bool write_data(struct sink *s, const char *buf, size_t len)
{
	int err = writeall(s->fd, buf, len, s->block ? s->end : WRITEALL_APPEND, must_stop);

	if (err) {
		errno = err;
		return false;
	}
	s->end += len;
	s->moved += len;
	s->written = s->end;
	return true;
}

static bool all_zero(const char *buf, size_t len)
{
	return !buf[0] && !memcmp(buf, buf + 1, len - 1);
}

/*
 * Make a hole of what was left out since the file was last written: XFS may have allocated
 * space there in advance.  File systems that cannot punch holes do not do that.
 */
static void punch(const struct sink *s)
{
	if (s->written && s->written < s->end)
		(void)RETRY(fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				      s->written, s->end - s->written));
}

/* Write buf, but for its blocks of zeros.  Returns false with errno set after a failure. */
static bool write_sparse(struct sink *s, const char *buf, size_t len)
{
	while (len) {
		size_t run = 0, n;	/* of blocks that are alike */
		bool zero = false;

		for (; run < len; run += n) {
			n = s->block - (s->end + run) % s->block;
			n = n < len - run ? n : len - run;
			bool z = all_zero(buf + run, n);
			if (run && z != zero)
				break;
			zero = z;
		}
		if (zero)
			s->end += run;
		else {
			punch(s);
			if (!write_data(s, buf, run))
				return false;
		}
		buf += run;
		len -= run;
	}
	return true;
}

/* Make zeros that were left out at the end part of the file.  Returns false with errno set. */
static bool finish(const struct sink *s)
{
	if (s->written == s->end)
		return true;
	if (RETRY(ftruncate(s->fd, s->end)) < 0)
		return false;
	punch(s);
	return true;
}

static struct sink open_sink(const struct context *c, int fd)
{
	struct sink s = { .fd = fd };
	struct stat st;

	if (c->opts->sparse == WHEN_ALWAYS && RETRY(fstat(fd, &st)) == 0 && S_ISREG(st.st_mode))
		s.block = st.st_blksize > 0 ? st.st_blksize : 4096;
	return s;
}

/* Add to the tally.  Negative numbers take away what was added; see tally_add(). */
static void count(uint64_t bytes, uint64_t moved)
{
	tally_add(&(struct tally){
		.bytes = bytes, .bytes_moved = moved, .bytes_holes = bytes - moved,
	});
}

/*
 * Write the n bytes in buf, if any; n is -1 if reading them failed with err.  Returns false
 * after a failure, which has been reported, or if the run has to end.
 */
static bool move_some(const struct entry *e, struct sink *to, const char *buf, ssize_t n, int err)
{
	uint64_t moved = to->moved;

	/* A pipe may have another reader, who was faster. */
	if (n < 0 && err != EINTR && err != EAGAIN) {
		complain_src(e, OP_READ, err, "error reading %s");
		return false;
	}
	if (n <= 0)
		return true;
	if (!(to->block ? write_sparse(to, buf, n) : write_data(to, buf, n))) {
		if (errno != EINTR)
			complain_dst(e, OP_WRITE, errno, "error writing %s");
		to->moved = moved;
		return false;
	}
	count(n, to->moved - moved);
	return true;
}

/* Wait until src can be read.  Returns false if the run has to end. */
static bool await_data(struct context *c, int src)
{
	struct pollfd wanted = { .fd = src, .events = POLLIN };
	int n;

	do {
		n = poll(&wanted, 1, POLL_MS);
		/* The main thread may be in here for long. */
		loop_tick(&c->loop);
	} while (!stop_now() && (n == 0 || (n < 0 && errno == EINTR)));
	return !stop_now();
}

/*
 * Returns a buffer for move_all(), if that is needed, which the caller frees; else NULL.  The
 * memory that a copy takes is allocated before there is a file that could be left behind.
 */
static char *prepare_move(const struct options *o)
{
	count(0, 0);
	return o->attributes_only || o->reflink == WHEN_ALWAYS ? NULL : xmalloc(BUFFER_SIZE);
}

/* Returns false after a failure, which has been reported, or if the run has to end. */
static bool move_all(struct context *c, const struct entry *e, int src, int dst, char *buf)
{
	struct sink to = open_sink(c, dst);
	uint64_t got = 0;
	bool ok = true;
	ssize_t n;

	while (ok && (ok = await_data(c, src)) && (n = read(src, buf, BUFFER_SIZE)) != 0) {
		ok = move_some(e, &to, buf, n, errno);
		copyfile_limit_take(n > 0 ? n : 0, PIECE_CALLS);
		if (ok && n > 0)
			got += n;
	}
	if (ok && !finish(&to)) {
		complain_dst(e, OP_WRITE, errno, "failed to extend %s");
		ok = false;
	}
	/* What is not kept does not count. */
	if (!ok)
		count(-got, -to.moved);
	return ok;
}

/*
 * Returns a descriptor for reading, or -1 with errno set.  Only a device is opened without
 * O_NONBLOCK: it may have to be waited for.
 */
static int try_open_src(const struct context *c, const struct entry *e)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
	int fd;

	flags |= options_follows(c->opts, e->operand) ? 0 : O_NOFOLLOW;
	flags |= S_ISCHR(e->type) || S_ISBLK(e->type) ? 0 : O_NONBLOCK;
	do
		fd = openat(dir_src_fd(e->dir), e->src, flags);
	while (fd < 0 && errno == EINTR && !stop_now());
	return fd;
}

/* Returns a descriptor; or -1 if the run has to end, or after a failure, reported here. */
static int open_src(const struct context *c, const struct entry *e, struct stat *ret)
{
	int fd = try_open_src(c, e);

	if (fd < 0 && errno == EINTR)
		return -1;
	if (fd < 0 || RETRY(fstat(fd, ret)) < 0 || RETRY(fcntl(fd, F_SETFL, O_RDONLY)) < 0)
		complain_open_src(e, errno);
	else if ((ret->st_mode & S_IFMT) == e->type)
		return fd;
	else
		complain_replaced(e);
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * As openat(2), for writing.  A FIFO, if one was found there, is waited for until it has a
 * reader; EINTR means that a signal asks for an end.
 */
static int open_patiently(int dir, const char *name, int flags, mode_t mode, bool fifo)
{
	struct stat st;
	int fd;

	while ((fd = openat(dir, name, flags | O_NONBLOCK, mode)) < 0 &&
	       (errno == EINTR || (errno == ENXIO && fifo))) {
		if (errno == ENXIO)
			poll(NULL, 0, POLL_MS);
		if (stop_now()) {
			errno = EINTR;
			return -1;
		}
	}
	/* A FIFO stays non-blocking: writing must not wait for room in it either. */
	if (fd >= 0 && !(RETRY(fstat(fd, &st)) == 0 && S_ISFIFO(st.st_mode)) &&
	    RETRY(fcntl(fd, F_SETFL, O_WRONLY)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Check that fd is what plan has found.  The inode of a file may be a FIFO's by now.  Returns 0
 * or an errno value: ESTALE if it is something else.
 */
static int check_found(int fd, const struct plan *plan)
{
	struct stat st;

	if (!plan->dst.st_mode)
		return 0;
	if (RETRY(fstat(fd, &st)) < 0)
		return errno;
	return SAME_INODE(st, plan->dst) &&
	       !((st.st_mode ^ plan->dst.st_mode) & S_IFMT) ? 0 : ESTALE;
}

/*
 * Open what plan has found at the destination.  Returns a descriptor; or -1 with errno set:
 * ESTALE if that is another inode by now.
 */
static int open_found(const struct entry *e, const struct plan *plan, int flags)
{
	bool fifo = S_ISFIFO(plan->dst.st_mode);
	int fd = open_patiently(dir_dst_fd(e->dir), e->dst, flags, 0, fifo);
	int err = fd < 0 ? 0 : check_found(fd, plan);

	if (!err)
		return fd;
	close(fd);
	errno = err;
	return -1;
}

/* Returns true if err may mean that a file system overwrites files only with O_TRUNC. */
static bool wants_trunc(int err)
{
	return err == EPERM || err == EACCES || err == EINVAL || err == EOPNOTSUPP;
}

/*
 * Open what plan has found at the destination, and empty it.  O_TRUNC could empty what has its
 * name by now, so it is used only on file systems that let files be overwritten in no other
 * way.  Returns as open_found().
 */
static int open_existing(const struct context *c, const struct entry *e,
			 const struct plan *plan, int flags)
{
	/* Only a symlink that was seen there is followed. */
	flags |= plan->through ? 0 : O_NOFOLLOW;
	int fd = open_found(e, plan, flags);
	bool special = plan->dst.st_mode && !S_ISREG(plan->dst.st_mode);
	if (c->opts->attributes_only || special || (fd >= 0 && RETRY(ftruncate(fd, 0)) == 0))
		return fd;
	int err = errno;
	if (fd >= 0)
		close(fd);
	errno = err;
	return wants_trunc(err) ? open_found(e, plan, flags | O_TRUNC) : -1;
}

/*
 * Returns a descriptor; or -1 if the run has to end, or after a failure, reported here.
 * *ret_made tells whether the destination was made.
 */
static int open_dst(const struct context *c, const struct entry *e, const struct stat *src,
		    const struct plan *plan, bool *ret_made)
{
	const struct options *o = c->opts;
	/* If the owner is set later, nobody else has rights until then. */
	mode_t mode = src->st_mode & (o->attrs & COPYFILE_OWNER ? 0700 : 0777);
	int fd = -1, flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
	bool retry = !plan->over;

	*ret_made = false;
	if (plan->over) {
		fd = open_existing(c, e, plan, flags);
		retry = fd < 0 && errno != EINTR && (errno == ENOENT || o->force);
		if (retry && errno != ENOENT && !existing_remove(c, e))
			return -1;
	}
	if (retry) {
		flags |= O_CREAT | (o->through_dangling ? 0 : O_EXCL);
		/* With O_EXCL it is a new file, which nothing has to be waited for. */
		fd = o->through_dangling ?
		     open_patiently(dir_dst_fd(e->dir), e->dst, flags, mode, false) :
		     RETRY(openat(dir_dst_fd(e->dir), e->dst, flags, mode));
		*ret_made = fd >= 0 && !o->through_dangling;
	}
	if (fd < 0 && errno != EINTR)
		complain_create(e, errno);
	return fd;
}

/* Copy the data.  Returns false as move_all(). */
static bool copy_data(struct context *c, const struct entry *e, int src, int dst, char *buf)
{
	if (c->opts->attributes_only)
		return true;
	if (c->opts->reflink != WHEN_ALWAYS)
		return move_all(c, e, src, dst, buf);
	if (RETRY(ioctl(dst, FICLONE, src)) == 0)
		return true;
	complain_both(e, OP_COPY, errno, true, "failed to clone %s from %s");
	return false;
}

/* mode is the source's.  Returns false if the mode could not be set, which was reported. */
static bool copy_attributes(struct context *c, const struct entry *e, int src, int dst, bool over,
			    mode_t mode)
{
	const struct options *o = c->opts;

	if (o->attrs)
		attrs_result(c, e, copyfile_attrs(src, dst, attrs_flags(o)));
	/* open_dst() gave a new file its mode, but for what it left out for the owner's sake. */
	if (over || o->attrs & COPYFILE_MODE || !(o->default_mode || o->attrs & COPYFILE_OWNER))
		return true;
	return attrs_default_mode(c, e, dst, o->default_mode ? 0666 : mode & 0777);
}

/* With --fsync, flush dst, which may be a device.  Returns false after a failure, reported. */
static bool flush(const struct context *c, const struct entry *e, int dst)
{
	/* EINVAL: a FIFO, say, which has nothing to flush. */
	if (!c->opts->fsync || RETRY(fsync(dst)) == 0 || errno == EINVAL)
		return true;
	complain_dst(e, OP_SYNC, errno, "cannot sync %s");
	return false;
}

/* The copy of e has failed: remove what was made; after a signal, say what is incomplete. */
static void undo(const struct entry *e, bool made)
{
	struct entry left = *e;

	if (made && (RETRY(unlinkat(dir_dst_fd(e->dir), e->dst, 0)) == 0 || errno == ENOENT))
		return;
	left.partial = COPYFILE_PARTIAL_KEPT;
	again_left_incomplete(e);
	if (made)
		complain_dst(&left, OP_REMOVE, errno, "cannot remove %s");
	if (stop_now())
		complain_dst(&left, OP_WRITE, 0, "interrupted: %s is incomplete");
}

/* For --debug: print how the data was copied; or, unless it is DONE, that stage has failed. */
static void print_method(const struct context *c, const struct entry *e, enum copyfile_stage stage)
{
	const struct copyfile_info info = {
		.method = c->opts->reflink == WHEN_ALWAYS ? COPYFILE_BY_REFLINK :
							    COPYFILE_BY_BUFFER,
		.stage = stage, .error = stage == COPYFILE_DONE ? 0 : -EIO,
	};

	if (c->opts->debug && !c->opts->attributes_only)
		method_print(c->opts, e, &info);
}

bool stream_copy(struct context *c, const struct entry *e, const struct plan *plan)
{
	struct stat st;
	bool made;
	int src = open_src(c, e, &st);

	if (src < 0)
		return false;
	char *buf = prepare_move(c->opts);
	int dst = open_dst(c, e, &st, plan, &made);
	if (dst < 0) {
		free(buf);
		close(src);
		print_method(c, e, COPYFILE_OPEN_DST);
		return false;
	}
	bool data = copy_data(c, e, src, dst, buf);
	free(buf);
	print_method(c, e, data ? COPYFILE_DONE : COPYFILE_MOVE);
	bool ok = data && copy_attributes(c, e, src, dst, plan->over && !made, st.st_mode);
	ok = ok && flush(c, e, dst);
	close(src);
	if (close(dst) < 0 && errno != EINTR) {
		complain_dst(e, OP_CLOSE, errno, "failed to close %s");
		data = false;
	}
	if (!data)
		undo(e, made);
	return data && ok;
}
