/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcopyfile - start file copies, watch them, wait for them.
 *
 * copyfile() may have finished the copy when it returns (a reflink, say).  Otherwise it
 * returns a cookie, which the caller owns until copyfile_ctrl() returns zero or less for it.
 *
 * - A cookie is a close-on-exec file descriptor, 3 or above.  Give it to poll() or epoll: it
 *   is readable when the copy has ended, and progress does not make it readable.  Do not
 *   read, write or close it; copyfile_ctrl() releases it.
 * - epoll: the descriptor stays open, and is used again for a later cookie.  Remove it
 *   (EPOLL_CTL_DEL) before the call that may release the cookie, or arm it with EPOLLONESHOT and
 *   use EPOLL_CTL_MOD where EPOLL_CTL_ADD fails with EEXIST.
 * - A negative return value is a negated errno value, and errno is set to match, so that
 *   perror() works, too.  Interruption by a signal (EINTR) is never a failure.
 * - Any thread may call any function; a signal handler may call none.  No function is a
 *   cancellation point.  A null pointer is EFAULT.
 * - By default a copy may be made within the call that starts it, which then takes as long
 *   as the copy does: usually microseconds, but tens of milliseconds where a file system is
 *   slow.  A thread that must not wait, such as an event loop, uses COPYFILE_ASYNC.
 * - A live cookie keeps what it needs: after the start the caller may close or reuse its
 *   descriptors, free the names, and call chdir().  The copy is made with the credentials,
 *   root and umask of the thread that started it, or it fails.  See COPYFILE_STEADY.
 * - A child of fork() owns no cookies: those of its parent are EBADF there, and its first
 *   copy starts a pool of threads of its own.
 * - exit(), and a return from main(), cancel all copies that are under way.  They wait until
 *   the files that these had created are removed, but no longer than 5 s.  Copies that are
 *   started later are refused (ECANCELED).  _exit(), quick_exit() and deadly signals leave
 *   incomplete files.
 */
#ifndef LIBCOPYFILE_H
#define LIBCOPYFILE_H 1

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
/* Some functions have the name of the structure that they take, as stat(2) has. */
#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#endif

/* The version of this header; COPYFILE_VERSION can be compared: 1.2.3 is 10203. */
#define COPYFILE_VERSION_MAJOR	0
#define COPYFILE_VERSION_MINOR	1
#define COPYFILE_VERSION_PATCH	0
#define COPYFILE_VERSION	(COPYFILE_VERSION_MAJOR * 10000 + \
				 COPYFILE_VERSION_MINOR * 100 + COPYFILE_VERSION_PATCH)
#define COPYFILE_VERSION_STRING	"0.1.0"

#ifndef COPYFILE_API
#define COPYFILE_API
#endif
#ifdef __GNUC__
#define COPYFILE_CHECKED __attribute__((__warn_unused_result__))
#else
#define COPYFILE_CHECKED
#endif

/*
 * Flags.  Zero means: the destination must not exist, a source symlink is followed, extents
 * are shared where possible, holes stay holes, and data and permission bits (as far as the
 * umask lets them) are copied.  Unknown or contradictory bits are EINVAL.
 */

/* An existing destination ... */
#define COPYFILE_REPLACE	0x00000001UL	/* is replaced by rename, at the end */
#define COPYFILE_TRUNCATE	0x00000002UL	/* is rewritten in place, like cp */

/* Attributes to copy exactly, whatever the umask; a failure is an error ... */
#define COPYFILE_MODE		0x00000010UL
#define COPYFILE_OWNER		0x00000020UL
#define COPYFILE_TIMES		0x00000040UL
#define COPYFILE_ACL		0x00000080UL
#define COPYFILE_XATTR		0x00000100UL
#define COPYFILE_CONTEXT	0x00000200UL	/* SELinux security context */
#define COPYFILE_ATTRS		0x000003f0UL	/* all of them */
#define COPYFILE_LENIENT	0x00000400UL	/* ... unless this is set: see .skipped */
#define COPYFILE_ATTRS_ONLY	0x00000800UL	/* no data: dst exists, maybe a directory */

/* Data */
#define COPYFILE_REFLINK	0x00001000UL	/* share extents, or fail */
#define COPYFILE_NO_REFLINK	0x00002000UL	/* never share extents */
#define COPYFILE_SPARSE		0x00004000UL	/* also make holes of blocks of zeros */
#define COPYFILE_NO_SPARSE	0x00008000UL	/* make no holes: write zeros */
#define COPYFILE_FSYNC		0x00010000UL	/* "done" means on stable storage */
#define COPYFILE_NOFOLLOW	0x00020000UL	/* copy a symlink as a symlink */
#define COPYFILE_KEEP_PARTIAL	0x00040000UL	/* after a failure leave an incomplete file */

/*
 * A new destination gets the permission bits that any new file gets, 0666 under the umask, and no
 * ACL; one that exists keeps its permissions.  Excludes MODE, ACL and ATTRS_ONLY.  A failure to
 * set the bits is an error; with LENIENT it is a skipped MODE.
 */
#define COPYFILE_PLAIN_MODE	0x00080000UL

/*
 * As PLAIN_MODE, but with the permission bits in copyfile_how.mode in place of 0666.
 * Excludes PLAIN_MODE as well.
 */
#define COPYFILE_GIVEN_MODE	0x00800000UL

/*
 * Who makes the copy, and when.  By default the library decides: a copy that costs no more
 * than to hand it to another thread, or that the file system makes at once, is made before
 * the call returns; one that would wait or take long gets a cookie.
 */
#define COPYFILE_SYNC		0x00100000UL	/* before the call returns: no cookie, no thread */
#define COPYFILE_ASYNC		0x00200000UL	/* after it: the call does no file I/O */

/*
 * The caller promises that until the cookie is released
 * - the descriptors, or with AT_FDCWD and a relative name the working directory, stay what
 *   they are;
 * - all threads that start copies have the same credentials (user and group ids for file
 *   systems, supplementary groups, capabilities), root and umask, namely those of the thread
 *   whose copy was the first to get a cookie.
 * Then no descriptor is duplicated and no credentials are compared, which saves a copy with
 * a cookie about a dozen short system calls and two descriptors.
 */
#define COPYFILE_STEADY		0x00400000UL

/*
 * A source that has other names as well, hard links, is EMLINK, at COPYFILE_OPEN_SRC, and
 * nothing is made.  So a program that keeps hard links need not call stat(2) for each file.
 */
#define COPYFILE_ONE_NAME	0x01000000UL

/*
 * The copy of a regular file is read back, after it was written out and dropped from the page
 * cache, and its digest compared with that of what was read from src.  Where they differ, that
 * is EBADMSG, at COPYFILE_COMPARE, and the copy is undone as after any failure.  See
 * copyfile_info.compared for what was read, and copyfile_how.hash.  Excludes ATTRS_ONLY.
 */
#define COPYFILE_VERIFY		0x02000000UL

/*
 * The destination has its name only when it is complete, with its attributes.  If there is
 * something of that name by then it stays, and the copy is EEXIST, maybe only at
 * COPYFILE_PUBLISH; with REPLACE it is replaced.  A regular file that is replaced so hands its
 * permission bits on, if no flag says which the copy has.  Excludes TRUNCATE and ATTRS_ONLY.
 *
 * Even SIGKILL leaves nothing incomplete under that name; see copyfile_sweep().
 */
#define COPYFILE_ATOMIC		0x04000000UL

/*
 * With TRUNCATE: if dst is a symlink the copy fails with ELOOP, and nothing is written through
 * it.  (Without TRUNCATE that is never done.)  See also copyfile_how.dst_ino.  Excludes
 * ATTRS_ONLY.
 */
#define COPYFILE_NOFOLLOW_DST	0x08000000UL

/* src is looked at again at the end, however small, for copyfile_info.changed; not ATTRS_ONLY. */
#define COPYFILE_CHECK_SRC	0x10000000UL

/*
 * Start to copy src to dst.
 *
 *   0   the copy is done.
 *  >0   the copy was started: the value is its cookie.
 *  <0   the copy failed; nothing is pending.
 *         EAGAIN      too many cookies are live, or more than this client's share
 *                     while another client waits for its own; or (COPYFILE_ASYNC)
 *                     copies of threads with other credentials are under way.
 *                     Finish one and try again, or see copyfile_room_fd().
 *         EINVAL      bad flags, or src and dst are the same file
 *         EOPNOTSUPP  src is not a regular file (or, with NOFOLLOW, a symlink);
 *                     or COPYFILE_REFLINK, and this file system cannot share extents
 *         EBUSY       src or dst stayed in use for too long (a lease, say).  A copy
 *                     that has begun never ends with EAGAIN, but with this.
 *         EBADMSG     COPYFILE_VERIFY has found that dst is not what was read from src
 *         EIO         also: src ended before its size, without having become shorter
 *         EEXIST, EISDIR, EMFILE, ENOENT, ENOSPC, EXDEV ...  as from open(2),
 *                     ioctl_ficlone(2), write(2)
 *
 * A copy with a cookie can also end with EPERM: the credentials of the whole process were
 * changed, as by setuid(), before a thread had begun with the copy.
 *
 * Copies that write to one file, by whatever names, do so one after the other; on NFS and SMB
 * those of this process alone.  If a copy fails or is cancelled, a file that it created is removed
 * again, one that it was to replace is untouched, and one that it rewrites in place is incomplete.
 */
COPYFILE_API COPYFILE_CHECKED
int copyfile(const char *src, const char *dst, unsigned long flags);

/* Commands for copyfile_ctrl() */
#define COPYFILE_WAIT	1UL	/* sleep until the copy has ended */
#define COPYFILE_STATUS	2UL	/* only look */
#define COPYFILE_CANCEL	3UL	/* ask the copy to stop; never takes the result */
#define COPYFILE_PAUSE	4UL	/* let the copy stand still; never takes the result */
#define COPYFILE_RESUME	5UL	/* let it go on; never takes the result */

/*
 * Await, watch, cancel, pause or resume the copy behind cookie.
 *
 *   0   done, dst is complete.  Cookie released.
 *  <0   failed; ECANCELED if a cancel took effect.  Cookie released.
 *  >0   percent remaining, 1 to 100.  Cookie still valid.
 *       COPYFILE_WAIT returns this only if a signal handler ran: call again.
 *
 * Two errors are about the call, release nothing, and are never the result of a copy: EBADF,
 * not a live cookie of this process; ENOSYS, unknown cmd.
 *
 * COPYFILE_CANCEL, COPYFILE_PAUSE and COPYFILE_RESUME return > 0 also if the copy has ended
 * already (then 1): results come from COPYFILE_WAIT and COPYFILE_STATUS.  A cancel takes effect
 * at the next chunk (see copyfile_setup); if the copy was complete by then, its result is 0.
 *
 * A paused copy that waits for its turn does not begin.  One that runs stands still from the
 * next chunk on, with its files open and its destination claimed.  A cancel ends the pause.
 *
 * One call gets the result.  While a thread sleeps in COPYFILE_WAIT, that thread gets it;
 * calls from other threads then return > 0.
 */
COPYFILE_API COPYFILE_CHECKED
int copyfile_ctrl(long cookie, unsigned long cmd);

/*
 * What follows is for programs that want more than those two calls.
 *
 * Structures may grow: pass sizeof, as for openat2(2).  What the library does not know must
 * be zero in what it is given, else E2BIG, and is zero in what it returns.  That holds for
 * fields called reserved, too, which later versions will give names to.
 */

/* The size that each structure had in the first version: fewer bytes are EINVAL. */
#define COPYFILE_HOW_SIZE_VER0		(64 + 2 * sizeof(void *))
#define COPYFILE_INFO_SIZE_VER0		128
#define COPYFILE_SETUP_SIZE_VER0	16
#define COPYFILE_ADVICE_SIZE_VER0	32
#define COPYFILE_LIMITS_SIZE_VER0	40
#define COPYFILE_STATS_SIZE_VER0	80	/* without decisions */

struct copyfile_info;

/* Hashes of the contents of a regular file */
enum copyfile_hash {
	COPYFILE_HASH_DEFAULT = 0,	/* none; with COPYFILE_VERIFY XXH128, or else SHA256 */
	COPYFILE_HASH_XXH128  = 1,	/* 16 bytes; finds accidents, and takes next to no time */
	COPYFILE_HASH_SHA256  = 2	/* 32 bytes */
};

#define COPYFILE_DIGEST_MAX 32	/* bytes of the longest one */

struct copyfile_how {
	uint64_t flags;		/* as for copyfile() */
	uint64_t tag;		/* any number of the caller's; comes back in copyfile_info */
	/*
	 * Any number of the caller's, for those on whose behalf it copies; 0 stands for the
	 * calling thread.  The library shares its threads, and the room for live cookies, among
	 * clients, however many copies each of them starts.  Parts of a program that copy for
	 * different users should be different clients; a program that copies one tree with many
	 * threads should be one.
	 */
	uint64_t client;
	/* If the call returns zero or less, the copy that has ended is described here, in as
	   much as fits.  Else nothing is written.  NULL: not wanted.  The pointer is not kept. */
	struct copyfile_info *result;
	size_t result_size;	/* sizeof *result */
	uint32_t mode;		/* with COPYFILE_GIVEN_MODE: 0 to 0777; else 0 */
	uint32_t hash;		/* enum copyfile_hash: a digest is wanted in copyfile_info.
				   EOPNOTSUPP: see copyfile_hash_name() */
	uint64_t newdir;	/* from copyfile_newdir_begin(), for dst's directory; or 0 */
	/*
	 * With TRUNCATE: st_dev and st_ino of the regular file that the caller has found at
	 * dst.  If something else is there by now it is neither waited for nor written to, and
	 * the copy fails with ESTALE.  If nothing is there a new file is made.  Other regular
	 * files are told from it only where files keep their numbers: not on overlayfs, with
	 * FUSE or on SMB.  0, 0: not known.
	 */
	uint64_t dst_dev, dst_ino;
	uint64_t from;		/* with TRUNCATE and dst_ino: so many bytes of dst are those of src,
				   as copyfile_info.prefix told of a copy that did not end; only
				   what follows is copied, if dst has them.  Excludes REFLINK. */
};

/*
 * copyfile() with names that are relative to directory descriptors, or to AT_FDCWD.  how may
 * be NULL if size is 0.
 */
COPYFILE_API COPYFILE_CHECKED
int copyfileat(int src_dir, const char *src, int dst_dir, const char *dst,
	       const struct copyfile_how *how, size_t size);

/*
 * Copy the whole regular file src_fd, which is open for reading, into the regular file
 * dst_fd, which is open for writing.  dst is rewritten in place, and gets the size of src.
 * The offsets of the two are neither used nor changed.  No /proc is needed.
 *
 *         EINVAL      also: REPLACE, ATOMIC, KEEP_PARTIAL, NOFOLLOW, PLAIN_MODE, GIVEN_MODE
 *                     or ATTRS_ONLY, which have no meaning here; or O_DIRECT
 *         EBADF       src_fd is not open for reading; or dst_fd is not open for
 *                     writing, or has O_APPEND
 */
COPYFILE_API COPYFILE_CHECKED
int copyfilefd(int src_fd, int dst_fd, const struct copyfile_how *how, size_t size);

/*
 * Tell the library that dir, an open directory, is new: this program has made it, and until
 * copyfile_newdir_end() only copies that *ret is given to (as copyfile_how.newdir) make regular
 * files in it; who may use it does not change, nor do the umask, which must let the owner of a
 * file write, and the credentials of the threads that copy.  On NFS files are made without O_EXCL
 * then, which takes a round trip more; if a name is taken it is EEXIST all the same.  If only its
 * owner, the caller, may enter dir, copies with STEADY and MODE or ACL spare the calls for owners
 * and modes that are right from the start.  above: for the directory that dir was made in, or 0.
 *
 * Returns 0; or -EFAULT, -ENOTDIR, -ENOMEM, or an error as from fstatfs(2) or fstat(2).  *ret
 * is 0 where there is nothing to gain.  On NFS it takes 16 to 32 bytes for each file until then.
 * newdir excludes REPLACE, ATOMIC, TRUNCATE and ATTRS_ONLY.
 */
COPYFILE_API COPYFILE_CHECKED
int copyfile_newdir_begin(int dir, uint64_t above, uint64_t *ret);

/* Free what copyfile_newdir_begin() has returned; 0 is allowed.  No live cookie may have it. */
COPYFILE_API
void copyfile_newdir_end(uint64_t newdir);

/*
 * Remove the temporary names from dir, an open directory, that copies with COPYFILE_REPLACE or
 * COPYFILE_ATOMIC have left there when their processes were killed.  What may belong to a process
 * that is alive stays; see the manual page.  Returns how many were removed, or a negative errno
 * value if dir cannot be read.
 */
COPYFILE_API
int copyfile_sweep(int dir);

/* Room for a temporary name, without the directory in front of it */
#define COPYFILE_TEMP_SIZE 96

/*
 * Put a new name beside name, which is relative to dir, into ret: one that copyfile_sweep() will
 * know when this process has ended.  Returns 0, -EFAULT, -ENOMEM, or -ENAMETOOLONG: size must be
 * COPYFILE_TEMP_SIZE and the length of what is before the last slash of name.
 */
COPYFILE_API COPYFILE_CHECKED
int copyfile_temp_name(int dir, const char *name, char *ret, size_t size);

/*
 * Returns a descriptor for poll() or epoll, or -EMFILE, -ENFILE or -ENOMEM.  It is readable but
 * from the moment when a copy of client (0: the calling thread) is refused with EAGAIN until there
 * is room for a cookie again.  Where several threads try, the next attempt may be refused again.
 *
 * A client has one descriptor, which belongs to the library: do not read, write or close it.
 * It is close-on-exec, and lasts until copyfile_shutdown(); a child of fork() does not have
 * it.
 */
COPYFILE_API COPYFILE_CHECKED
int copyfile_room_fd(uint64_t client);

/*
 * Where a copy is, or where it failed.  The numbers rise in the order in which a copy goes
 * through the stages, so they can be compared: stage > COPYFILE_OPEN_DST means that the
 * destination was opened.  READ, WRITE and MOVE are one phase, in which any of them may be
 * seen at any time.  A later version may put a stage between two of these, with a number
 * between theirs.  So treat an unknown number as the greatest known one below it.
 */
enum copyfile_stage {
	COPYFILE_QUEUED   = 0,
	COPYFILE_OPEN_SRC = 10,
	COPYFILE_OPEN_DST = 20,
	COPYFILE_READ     = 30,
	COPYFILE_WRITE    = 40,
	COPYFILE_MOVE     = 50,	/* in the kernel; after a failure, either file may be to blame */
	COPYFILE_COMPARE  = 55,	/* reading dst back */
	COPYFILE_SETATTR  = 60,
	COPYFILE_FLUSH    = 70,
	COPYFILE_PUBLISH  = 80,	/* giving dst its name */
	COPYFILE_DONE     = 100
};

/* How the data went */
enum copyfile_method {
	COPYFILE_BY_NONE    = 0,
	COPYFILE_BY_REFLINK = 1,
	COPYFILE_BY_KERNEL  = 2,	/* copy_file_range(2), maybe on a server */
	COPYFILE_BY_BUFFER  = 3		/* read(2) and write(2) */
};

/* What COPYFILE_VERIFY has read back, to compare it with src */
enum copyfile_compared {
	COPYFILE_COMPARED_NOT     = 0,	/* nothing: it was not asked for, or dst is no file */
	COPYFILE_COMPARED_DEVICE  = 1,	/* what the device has; it may have a cache itself */
	COPYFILE_COMPARED_SERVER  = 2,	/* what the server, or a FUSE program, has */
	COPYFILE_COMPARED_SHARED  = 3,	/* what the device has, which src shares: a clone */
	COPYFILE_COMPARED_MEMORY  = 4,	/* all that there is, on tmpfs and the like */
	COPYFILE_COMPARED_CACHE   = 5,	/* some of it from the page cache, which would not drop
					   it: another program uses it */
	COPYFILE_COMPARED_UNKNOWN = 6	/* the kernel cannot tell: it is older than 6.5, or the
					   file system has a cache of its own */
};

/* What a failed or cancelled copy left under the destination's name */
enum copyfile_partial {
	COPYFILE_PARTIAL_NONE    = 0,	/* nothing: not begun, or dst is untouched */
	COPYFILE_PARTIAL_REMOVED = 1,	/* created, and removed again */
	COPYFILE_PARTIAL_KEPT    = 2	/* an incomplete file is there */
};

struct copyfile_info {
	uint64_t tag;
	uint64_t bytes_total;	/* size of src when it was opened; 0 before */
	uint64_t bytes_done;	/* bytes of those that are in place; after a good end the sum of */
	uint64_t bytes_moved;	/* - bytes that were transferred, */
	uint64_t bytes_cloned;	/* - bytes shared with src, with the holes of a clone, */
	uint64_t bytes_holes;	/* - and bytes in holes */
	int32_t  error;		/* 0, or the negated errno it ended with */
	uint32_t stage;		/* enum copyfile_stage */
	uint32_t method;	/* enum copyfile_method */
	uint32_t skipped;	/* attributes given up under COPYFILE_LENIENT */
	int32_t  skipped_error;	/* the negated errno of the first skipped attribute that is
				   neither XATTR nor CONTEXT; if there is none, of the first
				   skipped attribute; 0 if none was skipped */
	uint32_t partial;	/* enum copyfile_partial */
	uint32_t changed;	/* 1: the size or a time of src changed during the copy.  Unless
				   COPYFILE_CHECK_SRC is set a short copy is not checked: one in
				   one call of up to 64 KiB, which is the size; 0 is no proof */
	uint32_t paused;	/* 1: COPYFILE_PAUSE is in force */
	uint32_t hash;		/* enum copyfile_hash: that of digest; 0: there is none */
	uint32_t compared;	/* enum copyfile_compared */
	uint64_t differs_at;	/* after EBADMSG at COPYFILE_COMPARE: the offset of the first
				   byte that differs; UINT64_MAX: when both files were read
				   once more, none did */
	uint8_t  digest[COPYFILE_DIGEST_MAX];	/* of what was read from src, with the most
				   significant byte first, as it is printed; then zeros */
	uint64_t src_dev, src_ino;	/* fstat(2) of src when it was opened, else zeros: */
	int64_t  src_mtime;	/* st_mtim in seconds, */
	uint32_t src_mtime_ns, src_links;	/* and nanoseconds; st_nlink, only at the end */
	uint64_t prefix;	/* bytes at the beginning of dst that are in place */
};

/*
 * Does what copyfile_ctrl() does, and describes the copy in the first size bytes of *ret: its
 * result if the call returns zero or less, else how far it is.  A short structure gets as
 * much as fits, so that a result is never lost.  EFAULT, for a null pointer, releases nothing,
 * like EBADF and ENOSYS; after these three *ret is untouched.
 *
 * Unlike copyfile_info(0, ...) it does not depend on which thread makes the next call. */
COPYFILE_API COPYFILE_CHECKED
int copyfile_ctrl_info(long cookie, unsigned long cmd, struct copyfile_info *ret, size_t size);

/*
 * Describe the copy behind cookie; never sleeps, never releases.  Cookie 0 is the copy that last
 * ended in a call of this thread that starts copies, releases a cookie, or copies attributes.
 */
COPYFILE_API
int copyfile_info(long cookie, struct copyfile_info *ret, size_t size);

/* Returns the name of a hash (enum copyfile_hash), for 0 of the default; or NULL: we lack it. */
COPYFILE_API
const char *copyfile_hash_name(unsigned int hash);

/* Returns a short English name of a stage, for messages.  Never NULL. */
COPYFILE_API
const char *copyfile_stage_name(unsigned int stage);

/*
 * Copy attributes (COPYFILE_ATTRS bits and COPYFILE_LENIENT) between two open files or
 * directories, before the call returns.  The second also says in *ret what was skipped.
 */
COPYFILE_API COPYFILE_CHECKED
int copyfile_attrs(int src_fd, int dst_fd, unsigned long flags);
COPYFILE_API COPYFILE_CHECKED
int copyfile_attrs_info(int src_fd, int dst_fd, unsigned long flags,
			struct copyfile_info *ret, size_t size);

/*
 * Does what copyfile_attrs() does, but with COPYFILE_TIMES dst gets times, as of utimensat(2),
 * with UTIME_NOW and UTIME_OMIT.  If times is NULL it gets those of src.
 */
struct timespec;
COPYFILE_API COPYFILE_CHECKED
int copyfile_attrs_times(int src_fd, int dst_fd, unsigned long flags,
			 const struct timespec *times);

struct copyfile_setup {
	uint32_t threads;	/* the most worker threads */
	uint32_t pending;	/* the most live cookies, whether queued, running or ended */
	uint64_t chunk;		/* the most bytes that are copied before a cancel is noticed */
};

/*
 * Set the limits of the pool of threads, of which a process has one; it starts with the first copy
 * that needs it.  A field that is zero asks for the default.  EBUSY while cookies are live.
 */
COPYFILE_API
int copyfile_setup(const struct copyfile_setup *setup, size_t size);

/* Why the number of threads was changed */
enum copyfile_why {
	COPYFILE_CPU_BOUND	= 0,	/* copies keep the processors busy: one thread a core */
	COPYFILE_LATENCY_BOUND	= 1,	/* copies mostly wait: more threads may be faster */
	COPYFILE_TRY_MORE	= 2,	/* a trial of more threads; kept unless NO_GAIN follows */
	COPYFILE_TRY_FEWER	= 3,	/* a trial of fewer threads; kept unless SLOWER follows */
	COPYFILE_NO_GAIN	= 4,	/* more threads were not faster: fewer again */
	COPYFILE_SLOWER		= 5	/* fewer threads were slower: more again */
};

struct copyfile_decision {
	uint32_t ms;		/* since the first copy was queued */
	uint32_t threads;	/* for small copies, from then on */
	uint32_t rate;		/* small copies, or work, a second before; 0: not measured */
	uint32_t why;		/* enum copyfile_why */
};

/* What this process has done with the library so far; for people */
struct copyfile_stats {
	uint64_t copies;	/* copies that have ended, well or not */
	uint64_t cookies;	/* of those, made by a thread of the pool */
	uint64_t calls;		/* system calls made for copies; libattr's are not counted */
	uint64_t bytes_cloned;	/* bytes shared with the source */
	uint64_t bytes_offloaded;	/* bytes copied in the kernel, or by the server */
	uint64_t bytes_buffered;	/* bytes read and written */
	uint32_t threads, threads_peak;	/* threads of the pool: now, and at most */
	uint32_t threads_target;	/* threads that small copies may have now */
	uint32_t callers;	/* threads of the program that made copies themselves lately */
	uint32_t cores;		/* processors that the process may run on */
	uint32_t waiting;	/* percent of the copies measured lately that mostly waited */
	uint32_t ndecisions;	/* entries of decisions that are filled in */
	uint32_t busy_big;	/* threads that are at work on a big copy */
	struct copyfile_decision decisions[32];	/* the last ones, oldest first */
};

/*
 * Fill *ret.  size is at least COPYFILE_STATS_SIZE_VER0.  Takes about a microsecond and a lock.
 * 0, -EFAULT or -EINVAL.
 */
COPYFILE_API
int copyfile_stats(struct copyfile_stats *ret, size_t size);

/* For programs that choose how many of their own threads start copies */
struct copyfile_advice {
	uint32_t threads;	/* of the pool that pay for small copies; 0: not known yet */
	uint32_t callers;	/* threads of the program that should make copies themselves where
				   copies do not wait: cores that no big copy uses, at least 1 */
	uint32_t waits;		/* 1: copies mostly wait; 0: they do not, or it is not known */
	uint32_t idle;		/* 1: the pool has nothing to copy */
	uint32_t reserved[4];	/* 0 */
};

/* Fill *ret.  Takes a few nanoseconds and no lock.  0, -EFAULT or -EINVAL. */
COPYFILE_API
int copyfile_advice(struct copyfile_advice *ret, size_t size);

/* A piece of work of the program's own that is under way in one thread */
struct copyfile_work {
	uint64_t opaque[8];
};

/*
 * What a program does between copies, such as looking whether a file needs one, tells as much of
 * the file systems.  What one thread does between begin and end, from below the directory src_dir
 * to below dst_dir, in about so many calls, is measured from time to time, for copyfile_advice();
 * while there are no copies it counts for the trials of more threads.  The calls count for
 * copyfile_limit(); begin sleeps until it allows more.  Otherwise this takes some nanoseconds, once
 * in 10 ms, and where work waits, some microseconds; errno stays as it is.
 */
COPYFILE_API
void copyfile_work_begin(struct copyfile_work *work);
COPYFILE_API
void copyfile_work_end(struct copyfile_work *work, int src_dir, int dst_dir,
		       unsigned int calls);

/* What all copies of the process may take together; 0: as much as they can */
struct copyfile_limits {
	uint64_t bytes;		/* a second, by reads and by copy_file_range(2), also where a
				   server then copies; clones and holes take none */
	uint64_t calls;		/* system calls a second, as copyfile_stats.calls counts them */
	uint32_t threads;	/* of the pool, at most, in place of copyfile_setup.threads */
	uint32_t paused;	/* 1: all stand still from the next chunk on, and none begins */
	uint32_t adaptive;	/* 1: they do less while calls take twice what they usually do */
	uint32_t reserved32;	/* 0 */
	uint64_t reserved;	/* 0 */
};

/*
 * From now on these limits hold, also for copies that are under way.  Threads sleep where they
 * would take more, with their files open; a cancel is seen.  0, -EFAULT, -EINVAL or -E2BIG.
 */
COPYFILE_API
int copyfile_limit(const struct copyfile_limits *limits, size_t size);

/* The program itself is about to take so much: sleep until the limits allow it. */
COPYFILE_API
void copyfile_limit_take(uint64_t bytes, unsigned int calls);

/* End the threads of the pool, free all memory.  EBUSY while cookies are live. */
COPYFILE_API
int copyfile_shutdown(void);

#ifdef __cplusplus
#ifdef __GNUC__
#pragma GCC diagnostic pop
#endif
}
#endif

#endif /* LIBCOPYFILE_H */
