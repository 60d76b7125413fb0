/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a copy is a sequence of stages, each of which runs only if those
 * before it succeeded, and a single way out: publish on success, undo on
 * failure.  watch.stage is that of the stage that runs, and after a failure
 * that of the one that failed.
 *
 *	OPEN_SRC  OPEN_DST  MOVE (READ, WRITE)  COMPARE  SETATTR  FLUSH  PUBLISH  DONE
 *
 * A cancel is seen before each stage up to the last, and by data.c within it.  A pause
 * begins before the destination is opened, or in data.c.
 *
 * Where files are given by descriptors the job duplicates these.  So it need not know later
 * whose they are; and when it closes its duplicate of the destination, a file server
 * can report that it has not kept the data.  Only the positions of the open files are the
 * caller's, and are not used.
 *
 * The system calls of a small file: openat, fstat, openat, copy_file_range,
 * close, close.
 */
#include <config.h>

#include "job.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attr.h"
#include "count.h"
#include "dest.h"
#include "digest.h"
#include "limit.h"
#include "stage.h"
#include "sys.h"
#include "wait.h"

/* Attributes that a symlink can have: it has no mode, and no ACL of its own. */
#define SYMLINK_ATTRS (COPYFILE_ATTRS & ~(COPYFILE_MODE | COPYFILE_ACL))

/* The mode of COPYFILE_PLAIN_MODE, which is what programs give to open(2) */
#define PLAIN_MODE 0666

void cf_job_init(struct cf_job *j, int src_dir, const char *src, int dst_dir,
		 const char *dst, const struct copyfile_how *how, uint64_t chunk,
		 struct cf_place place)
{
	bool plain = how->flags & COPYFILE_PLAIN_MODE;

	j->src_dir = src_dir;
	j->src = src;
	j->dst_dir = dst_dir;
	j->dst = dst;
	j->by_fd = false;
	j->names = NULL;
	j->pin.held = false;
	j->flags = plain ? how->flags ^ (COPYFILE_PLAIN_MODE | COPYFILE_GIVEN_MODE) : how->flags;
	j->tag = how->tag;
	j->client = how->client;
	j->hash = how->hash || !(how->flags & COPYFILE_VERIFY) ? how->hash : cf_digest_default();
	j->mode = plain ? PLAIN_MODE : how->mode;
	j->exact_mode = false;
	j->chunk = chunk;
	j->place = place;
	j->newdir = (struct cf_newdir *)(uintptr_t)how->newdir;
	j->dst_dev = how->dst_dev;
	j->dst_ino = how->dst_ino;
	j->from = how->from;
	cf_relaxed_set(j->watch.total, 0);
	cf_relaxed_set(j->watch.done, 0);
	cf_relaxed_set(j->watch.moved, 0);
	cf_relaxed_set(j->watch.cloned, 0);
	cf_relaxed_set(j->watch.holes, 0);
	cf_relaxed_set(j->watch.prefix, 0);
	cf_relaxed_set(j->watch.mtime, 0);
	cf_relaxed_set(j->watch.mtime_ns, 0);
	cf_relaxed_set(j->watch.stage, COPYFILE_QUEUED);
	cf_relaxed_set(j->watch.method, COPYFILE_BY_NONE);
	cf_relaxed_set(j->watch.cancel, false);
	cf_relaxed_set(j->watch.paused, 0);
	cf_relaxed_set(j->watch.was_paused, false);
	j->opened = false;
	j->inherits = false;
	j->src_fd = -1;
	j->error = j->skipped_error = 0;
	j->skipped = 0;
	j->partial = COPYFILE_PARTIAL_NONE;
	j->data = (struct cf_move_result){ .changed = false };
	j->calls = 0;
}

void cf_job_init_fds(struct cf_job *j, int src, int dst, const struct copyfile_how *how,
		     uint64_t chunk, struct cf_place place)
{
	cf_job_init(j, src, "", dst, "", how, chunk, place);
	j->by_fd = true;
	j->flags |= COPYFILE_TRUNCATE;
}

int cf_job_adopt(struct cf_job *to, const struct cf_job *from, const struct cf_pin *pin)
{
	const struct copyfile_how how = {
		.flags = from->flags, .tag = from->tag, .client = from->client, .mode = from->mode,
		.newdir = (uintptr_t)from->newdir, .hash = from->hash,
		.dst_dev = from->dst_dev, .dst_ino = from->dst_ino, .from = from->from,
	};
	size_t src_size = strlen(from->src) + 1, dst_size = strlen(from->dst) + 1;
	char *names = malloc(src_size + dst_size);

	if (!names)
		return -ENOMEM;
	memcpy(names, from->src, src_size);
	memcpy(names + src_size, from->dst, dst_size);
	cf_job_init(to, pin->held ? pin->src_dir : from->src_dir, names,
		    pin->held ? pin->dst_dir : from->dst_dir, names + src_size, &how,
		    from->chunk, from->place);
	to->by_fd = from->by_fd;
	to->names = names;
	to->pin = *pin;
	cf_relaxed_set(to->watch.total, cf_relaxed_get(from->watch.total));
	return 0;
}

static void close_src(struct cf_job *j)
{
	/* The source was only read from, so an error of close(2) says nothing. */
	if (j->src_fd >= 0)
		cf_close(j->src_fd);
	j->src_fd = -1;
}

void cf_job_fini(struct cf_job *j)
{
	close_src(j);
	cf_pin_put(&j->pin);
	free(j->names);
	j->names = NULL;
}

static bool right_type(const struct cf_job *j)
{
	if (j->flags & COPYFILE_ATTRS_ONLY)
		return true;
	return S_ISREG(j->st.st_mode) ||
	       (j->flags & COPYFILE_NOFOLLOW && S_ISLNK(j->st.st_mode));
}

/*
 * Open the source in the way that its copy needs.  Returns a descriptor or -errno.  *ret_link: it
 * is a symlink, unless it was exchanged meanwhile.
 */
static int open_for(const struct cf_job *j, bool *ret_link)
{
	int nofollow = j->flags & COPYFILE_NOFOLLOW ? O_NOFOLLOW : 0;

	if (j->by_fd)
		return cf_dup(j->src_dir);
	/* O_PATH opens files of any type, wakes no device, and needs no right to read. */
	if (j->flags & COPYFILE_ATTRS_ONLY)
		return cf_openat(j->src_dir, j->src, O_PATH | nofollow, 0);
	/* O_NONBLOCK: a FIFO put in the place of the file must not hang us. */
	int r = cf_wait_open(j->src_dir, j->src, O_RDONLY | nofollow, &j->watch);
	/* ELOOP may also come from a directory on the way; then it comes again. */
	*ret_link = r == -ELOOP && nofollow;
	if (*ret_link)
		r = cf_openat(j->src_dir, j->src, O_PATH | nofollow, 0);
	if (r == -ENXIO)	/* a socket, or a device without a driver */
		r = -EOPNOTSUPP;
	return r;
}

static int open_source(struct cf_job *j)
{
	int r = cf_stage_begin(&j->watch, COPYFILE_OPEN_SRC);
	bool link = false;

	if (r == 0)
		r = open_for(j, &link);
	if (r < 0)
		return r;
	j->src_fd = r;
	r = cf_fstat(j->src_fd, &j->st);
	if (r == 0 && link && !S_ISLNK(j->st.st_mode))
		r = -ELOOP;
	if (r == 0 && !right_type(j))
		r = -EOPNOTSUPP;
	if (r == 0 && j->flags & COPYFILE_ONE_NAME && j->st.st_nlink > 1)
		r = -EMLINK;
	if (r < 0)
		return r;
	if (S_ISREG(j->st.st_mode) && !(j->flags & COPYFILE_ATTRS_ONLY))
		cf_relaxed_set(j->watch.total, j->st.st_size);
	cf_relaxed_set(j->watch.mtime, j->st.st_mtim.tv_sec);
	cf_relaxed_set(j->watch.mtime_ns, j->st.st_mtim.tv_nsec);
	j->opened = true;
	return 0;
}

/* Give a->dst those of the source's attributes that are asked for and are in which. */
static int set_attributes(struct cf_job *j, struct cf_attr *a, uint64_t which)
{
	a->src = j->src_fd;
	a->st = &j->st;
	a->flags = j->flags & (which | COPYFILE_LENIENT);
	a->mode = j->mode;
	a->exact = j->exact_mode;
	a->inherits = j->inherits;
	if (a->created)
		a->flags |= j->flags & COPYFILE_GIVEN_MODE;
	if (!(a->flags & (COPYFILE_ATTRS | COPYFILE_GIVEN_MODE)))
		return 0;
	int r = cf_stage_begin(&j->watch, COPYFILE_SETATTR);
	if (r == 0)
		r = cf_attr_copy(a);
	j->skipped = a->skipped;
	j->skipped_error = a->skipped_error;
	return r;
}

/* ------------------------------------------------------ a regular file */

static int move(struct cf_job *j, struct cf_dest *dst)
{
	const struct cf_move m = {
		.src = j->src_fd, .borrowed = j->by_fd, .st = &j->st, .dst = dst,
		.flags = j->flags, .chunk = j->chunk, .pair = j->place.pair, .hash = j->hash,
		.watch = &j->watch,
	};

	return cf_move(&m, &j->data);
}

/* Returns what is known of the files in a new directory that nobody else may enter, or NULL. */
static struct cf_private *private_of(const struct cf_job *j)
{
	bool mode = j->flags & (COPYFILE_MODE | COPYFILE_ACL);

	return mode && j->flags & COPYFILE_STEADY && S_ISREG(j->st.st_mode) ?
		cf_newdir_private(j->newdir) : NULL;
}

/* Returns true if a file in p belongs to whom it is to belong from the start. */
static bool gets_owner(const struct cf_job *j, const struct cf_private *p)
{
	return !(j->flags & COPYFILE_OWNER) || cf_private_gives_owner(p, &j->st);
}

/*
 * Returns true if the destination is made with the mode of its source, since nobody else gets at
 * it, and it has the right owner for that.  What gets extended attributes has to be writable.
 */
static bool gets_mode_at_once(const struct cf_job *j)
{
	const struct cf_private *p = private_of(j);
	mode_t mode = j->st.st_mode & 07777, needed = j->flags & COPYFILE_XATTR ? S_IWUSR : 0;

	return p && mode <= 0777 && !(needed & ~mode) && gets_owner(j, p);
}

static struct cf_dest dest_of(struct cf_job *j)
{
	mode_t mode = gets_mode_at_once(j) ? j->st.st_mode & 0777 :
		      cf_attr_create_mode(&j->st, j->flags, j->mode, j->inherits);

	return (struct cf_dest){
		.dir = j->dst_dir, .name = j->dst, .given = j->by_fd, .flags = j->flags, .fd = -1,
		.mode = mode, .src = j->src_fd, .st = &j->st, .place = j->place.dir,
		.newset = cf_newdir_set(j->newdir), .watch = &j->watch,
		.want_dev = j->dst_dev, .want_ino = j->dst_ino, .want_from = j->from,
	};
}

/* Publish the destination if r, the result of the stages so far, is 0; else undo it. */
static int finish(struct cf_job *j, struct cf_dest *d, int r)
{
	uint32_t stage;

	if (r == 0) {
		r = cf_dest_publish(d, &stage);
		if (r < 0)
			cf_relaxed_set(j->watch.stage, stage);
	}
	if (r < 0)
		j->partial = cf_dest_undo(d);
	return r;
}

/* Open the destination; if it keeps the permissions of what it replaces, ask for those. */
static int open_dest(struct cf_job *j, struct cf_dest *d)
{
	int r = cf_dest_open(d);

	if (r == 0 && d->old_mode) {
		j->flags |= COPYFILE_GIVEN_MODE;
		j->mode = d->old_mode & 0777;
		j->exact_mode = true;
		j->inherits = cf_attr_inherits(j->dst_dir, j->dst);
	}
	return r;
}

/* Returns true if d was made with the mode of its source and, if that is asked for, its owner. */
static bool is_as_source(const struct cf_job *j, const struct cf_dest *d,
			 const struct cf_private *p)
{
	return gets_owner(j, p) && d->mode == (j->st.st_mode & 07777);
}

static int set_file_attributes(struct cf_job *j, const struct cf_dest *d)
{
	struct cf_private *p = d->created ? private_of(j) : NULL;
	struct cf_attr a = { .dst = d->fd, .created = d->created, .made = cf_dest_made(d) };
	struct stat st;

	/* Where O_EXCL is spared, on NFS, no directory is private. */
	assert(!p || !a.made);
	if (p)
		a.as_made = is_as_source(j, d, p) && cf_private_keeps_mode(p, d->mode);
	if (p && !a.as_made && cf_fstat(d->fd, &st) == 0) {
		a.made = &st;
		a.as_made = cf_private_learn(p, &st, d->mode) && is_as_source(j, d, p);
	}
	return set_attributes(j, &a, COPYFILE_ATTRS);
}

static int copy_regular(struct cf_job *j)
{
	int r = cf_stage_begin(&j->watch, COPYFILE_OPEN_DST);

	if (r == 0 && j->flags & COPYFILE_GIVEN_MODE)
		j->inherits = cf_attr_inherits(j->dst_dir, j->dst);
	struct cf_dest d = dest_of(j);
	if (r == 0)
		r = open_dest(j, &d);
	if (r == 0)
		r = move(j, &d);
	if (r == 0)
		r = set_file_attributes(j, &d);
	return finish(j, &d, r);
}

/* ----------------------------------------------------------- a symlink */

/* Read the target of the symlink.  The caller frees *ret. */
static int read_link(const struct cf_job *j, char **ret)
{
	/* st_size is 0 in /proc, and may be out of date. */
	for (size_t size = j->st.st_size + 1;; size = size * 2 + PATH_MAX) {
		char *target = malloc(size + 1);

		if (!target)
			return -ENOMEM;
		ssize_t n = cf_readlink_fd(j->src_fd, target, size);
		if (n >= 0 && (size_t)n < size) {
			target[n] = '\0';
			*ret = target;
			return 0;
		}
		free(target);
		if (n < 0)
			return n;
	}
}

/*
 * Check that the symlink's name still stood for a new symlink, which has no other name, when
 * it was opened.  What has taken its place gets no attributes, and is not removed.
 */
static int check_symlink(struct cf_dest *d)
{
	struct stat st;
	int r = cf_fstat(d->fd, &st);

	if (r < 0 || (S_ISLNK(st.st_mode) && st.st_nlink <= 1))
		return r;
	d->flags |= COPYFILE_KEEP_PARTIAL;
	return -ESTALE;
}

static int copy_symlink(struct cf_job *j)
{
	bool attrs = j->flags & SYMLINK_ATTRS;
	struct cf_dest d = dest_of(j);
	char *target = NULL;
	int r = read_link(j, &target);

	if (r < 0)
		return r;
	r = cf_stage_begin(&j->watch, COPYFILE_OPEN_DST);
	if (r == 0)
		r = cf_dest_symlink(&d, target, attrs);
	free(target);
	if (r == 0 && attrs)
		r = check_symlink(&d);
	if (r == 0 && attrs)
		r = set_attributes(j, &(struct cf_attr){ .dst = d.fd, .path = true },
				   SYMLINK_ATTRS);
	return finish(j, &d, r);
}

/* ----------------------------------------------------- attributes only */

static int copy_attributes_only(struct cf_job *j)
{
	int nofollow = j->flags & COPYFILE_NOFOLLOW ? O_NOFOLLOW : 0;
	int r = cf_stage_begin(&j->watch, COPYFILE_OPEN_DST);

	if (r < 0)
		return r;
	int dst = cf_openat(j->dst_dir, j->dst, O_PATH | nofollow, 0);
	if (dst < 0)
		return dst;
	r = set_attributes(j, &(struct cf_attr){ .dst = dst, .path = true },
			   S_ISLNK(j->st.st_mode) ? SYMLINK_ATTRS : COPYFILE_ATTRS);
	/* Nothing was written through it. */
	cf_close(dst);
	return r;
}

/* --------------------------------------------------------- entry points */

static void count(struct cf_job *j)
{
	uint64_t cloned = cf_relaxed_get(j->watch.cloned), moved = cf_relaxed_get(j->watch.moved);
	bool kernel = cf_relaxed_get(j->watch.method) == COPYFILE_BY_KERNEL;

	cf_limit_copied(&j->watch);
	j->calls = cf_sys_calls();
	cf_count(CF_COPIES, 1);
	cf_count(CF_CALLS, j->calls);
	if (cloned)
		cf_count(CF_CLONED, cloned);
	if (moved)
		cf_count(kernel ? CF_OFFLOADED : CF_BUFFERED, moved);
}

/* Record that the copy has ended with r.  After a failure j->watch.stage tells where. */
static int ended(struct cf_job *j, int r)
{
	assert(r <= 0);
	close_src(j);
	cf_pin_put(&j->pin);
	/* These two errors are about the call that starts a copy, so no copy ends with them. */
	if (r == -EAGAIN || r == -EINTR)
		r = -EBUSY;
	j->error = r;
	count(j);
	if (r == 0) {
		/* The source may have shrunk. */
		cf_relaxed_set(j->watch.total, cf_relaxed_get(j->watch.done));
		cf_relaxed_set(j->watch.stage, COPYFILE_DONE);
	}
	return r;
}

int cf_job_open(struct cf_job *j)
{
	int r = open_source(j);

	return r < 0 ? ended(j, r) : 0;
}

void cf_job_refuse(struct cf_job *j, int r)
{
	(void)ended(j, r);
}

void cf_job_close(struct cf_job *j)
{
	close_src(j);
	j->opened = false;
	cf_relaxed_set(j->watch.stage, COPYFILE_QUEUED);
}

int cf_job_run(struct cf_job *j)
{
	int r = j->opened ? 0 : open_source(j);

	if (r == 0)
		r = j->flags & COPYFILE_ATTRS_ONLY ? copy_attributes_only(j)
		    : S_ISLNK(j->st.st_mode)	   ? copy_symlink(j)
						   : copy_regular(j);
	return ended(j, r);
}

int cf_job_remaining(const struct cf_job *j)
{
	uint64_t total = cf_relaxed_get(j->watch.total);
	uint64_t done = cf_relaxed_get(j->watch.done);

	if (!total || done >= total)
		return done ? 1 : 100;
	uint64_t left = total - done;
	/* The low bits of a large number do not matter, and its multiple would overflow. */
	if (total > UINT64_MAX / 200) {
		left >>= 8;
		total >>= 8;
	}
	int percent = (int)((left * 100 + total - 1) / total);
	return percent < 1 ? 1 : percent > 100 ? 100 : percent;
}

void cf_job_info(const struct cf_job *j, bool ended, struct copyfile_info *ret)
{
	*ret = (struct copyfile_info){
		.tag = j->tag,
		.bytes_total = cf_relaxed_get(j->watch.total),
		.bytes_done = cf_relaxed_get(j->watch.done),
		.bytes_moved = cf_relaxed_get(j->watch.moved),
		.bytes_cloned = cf_relaxed_get(j->watch.cloned),
		.bytes_holes = cf_relaxed_get(j->watch.holes),
		.stage = cf_relaxed_get(j->watch.stage),
		.method = cf_relaxed_get(j->watch.method),
		.prefix = cf_relaxed_get(j->watch.prefix),
		.src_mtime = cf_relaxed_get(j->watch.mtime),
		.src_mtime_ns = cf_relaxed_get(j->watch.mtime_ns),
	};
	if (!ended) {
		ret->paused = cf_relaxed_get(j->watch.paused);
		return;
	}
	ret->error = j->error;
	ret->skipped = j->skipped;
	ret->skipped_error = j->skipped_error;
	ret->partial = j->partial;
	ret->changed = j->data.changed;
	if (j->opened) {
		ret->src_dev = j->st.st_dev;
		ret->src_ino = j->st.st_ino;
		ret->src_links = j->st.st_nlink < UINT32_MAX ? j->st.st_nlink : UINT32_MAX;
	}
	if (!j->data.summed)
		return;
	ret->hash = j->hash;
	ret->compared = j->data.compared;
	ret->differs_at = j->data.differs_at;
	memcpy(ret->digest, j->data.digest, sizeof ret->digest);
}
