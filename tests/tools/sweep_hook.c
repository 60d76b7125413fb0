/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep_hook - for LD_PRELOAD: the Nth call of one function fails.  For sweep.py and mirror.py.
 *
 * All functions of sweep_calls.h have the same wrapper, which passes on as many registers as
 * any of them has arguments.  That works where arguments are in registers, and a long is as
 * large as a pointer: on the 64-bit systems that Linux runs on.
 *
 * $SWEEP_FILE holds a struct shared.  The driver writes there what to fail, and reads what
 * became of it, also after a crash.  Calls are counted from the first one that the program
 * itself makes; those that were made earlier are the loader's.  Where the driver has given a
 * directory, only calls are counted that name something in it, or itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* ------------------------------------------------------- what is swept */

enum call {
#define CALL(name, what, fails, length, faults) CALL_##name,
#define SYSCALL(name, what, fails, length, faults) SYSCALL_##name,
#include "sweep_calls.h"
#undef CALL
#undef SYSCALL
	CALLS
};

enum what { NONE, FD, AT, NAME, TO, LINK, SYM, OPEN, DIRP };
enum fails { MINUS, NULLS, VALUE, AFTER, STREAM, FLAG };

static const struct {
	const char *name;
	enum what what;
	enum fails fails;
	int length;
	long number;		/* of a system call, or -1 */
} calls[] = {
#define CALL(name, what, fails, length, faults) { #name, what, fails, length, -1 },
#define SYSCALL(name, what, fails, length, faults) { #name, what, fails, length, SYS_##name },
#include "sweep_calls.h"
#undef CALL
#undef SYSCALL
};

/* ------------------------------------------------ shared with the driver */

#define MOST_CALLS 128
#define MOST_SITES 8192

_Static_assert(CALLS <= MOST_CALLS, "the driver expects fewer");

/*
 * What is no errno: half of the length; nothing at all; a directory of which half of the entries
 * that were read are given, and which then ends; the process stops itself, then makes the call.
 */
enum { SHORT = -1, ZERO = -2, CUT = -3, STOP = -4 };
enum { NOT_FIRED, FIRED, IN_VAIN };
enum { ANY = -1 };
enum { NAME_SIZE = 512 };

struct shared {
	int32_t call, nth, fault;	/* call: or ANY; nth is 0: nothing fails */
	_Atomic int32_t fired;
	int32_t fds, threads;		/* at the end */
	int32_t lasting;		/* all calls from that one on fail */
	_Atomic uint32_t all;		/* the sum of counts */
	_Atomic uint32_t counts[MOST_CALLS];
	char path[NAME_SIZE];		/* what the call that failed has named */
	char under[NAME_SIZE];		/* only calls for this directory are counted; or "" */
	_Atomic uint64_t sites[MOST_SITES];	/* call << 48 | offset; 0: free */
};

static struct shared *shared;		/* NULL: not yet */
static atomic_bool begun;
static uintptr_t base, text_begin, text_end;	/* of the program */

typedef long function(long, long, long, long, long, long, long);
static function *raw;			/* syscall(2) */

extern function __libc_malloc, __libc_calloc, __libc_realloc;

/* The function itself.  malloc() and its kin are called before dlsym() can be. */
static function *real(enum call call)
{
	static function *known[CALLS];

	switch (call) {
	case CALL_malloc:
		return __libc_malloc;
	case CALL_calloc:
		return __libc_calloc;
	case CALL_realloc:
		return __libc_realloc;
	default:
		break;
	}
	if (!known[call]) {
		int err = errno;

		known[call] = (function *)dlsym(RTLD_NEXT, calls[call].number < 0 ?
						calls[call].name : "syscall");
		errno = err;
	}
	return known[call];
}

static long system_call(long number, long a, long b, long c, long d)
{
	return raw(number, a, b, c, d, 0, 0);
}

/* ---------------------------------------------------------- what is seen */

/* Note that the program has called call, to return to offset. */
static void note_site(enum call call, uintptr_t offset)
{
	uint64_t site = (uint64_t)call << 48 | offset;

	for (uint64_t i = (site * 0x9e3779b97f4a7c15) >> 40;; i++) {
		_Atomic uint64_t *slot = &shared->sites[i % MOST_SITES];
		uint64_t there = *slot;

		if (!there && atomic_compare_exchange_strong(slot, &there, site))
			return;
		if (there == site)
			return;
	}
}

static void join(char *path, const char *dir, const char *name)
{
	snprintf(path, NAME_SIZE, "%s%s%s", dir, *dir ? "/" : "", name);
}

/* Set path to the name of what fd is open on, and name in it.  Returns false if fd is no file's. */
static bool name_at(char *path, long fd, const char *name)
{
	char self[64], target[400];

	if ((int)fd == AT_FDCWD || *name == '/') {
		join(path, "", name);
		return true;
	}
	snprintf(self, sizeof self, "/proc/self/fd/%d", (int)fd);
	long n = system_call(SYS_readlinkat, AT_FDCWD, (long)self, (long)target,
			     sizeof target - 1);
	target[n < 0 ? 0 : n] = '\0';
	join(path, target, name);
	return strncmp(target, "anon_inode:", 11) != 0;
}

/* Set path to what the call names.  Returns false if no kernel would let it fail: an eventfd. */
static bool find_name(char *path, enum call call, const long *arg)
{
	*path = '\0';
	switch (calls[call].what) {
	case FD:
		return name_at(path, arg[0], "");
	case TO:
		return name_at(path, arg[2], "");
	case AT:
		return name_at(path, arg[0], arg[1] ? (const char *)arg[1] : "");
	case SYM:
		return name_at(path, arg[1], (const char *)arg[2]);
	case LINK:
		return name_at(path, arg[2], (const char *)arg[3]);
	case NAME:
		join(path, "", (const char *)arg[0]);
		return true;
	case DIRP:
		return name_at(path, dirfd((DIR *)arg[0]), "");
	case OPEN:
		if ((FILE *)arg[0] == stderr)
			join(path, "", "stderr");
		return true;
	default:
		return true;
	}
}

/* Whether path is the directory whose calls are counted, or below it */
static bool is_under(const char *path)
{
	size_t length = strlen(shared->under);

	return strncmp(path, shared->under, length) == 0 &&
		(path[length] == '/' || !path[length]);
}

/* ------------------------------------------------------------- the fault */

/* Whether the call, which will return to site, is one of the program, or made for it. */
static bool is_made_by_program(enum call call, const void *site)
{
	uintptr_t at = (uintptr_t)site;

	if (at >= text_begin && at < text_end) {
		begun = true;
		note_site(call, at - base);
	}
	return begun;
}

/* Count the call.  Returns true if it is one to fail. */
static bool is_the_one(enum call call, const long *arg)
{
	char path[NAME_SIZE];

	if (shared->under[0] && !(find_name(path, call, arg) && is_under(path)))
		return false;
	uint32_t all = atomic_fetch_add(&shared->all, 1) + 1;
	uint32_t n = atomic_fetch_add(&shared->counts[call], 1) + 1;
	uint32_t nth = (uint32_t)shared->nth;

	if (shared->call == ANY)
		n = all;
	else if (shared->call != (int32_t)call)
		return false;
	return n == nth || (shared->lasting && nth && n > nth);
}

static long fail(enum call call, int err)
{
	if (calls[call].fails == VALUE)
		return err;
	errno = err;
	return calls[call].fails == NULLS ? 0 : calls[call].fails == FLAG ? 1 : -1;
}

/* As fail(), for a stream: glibc has its flags in front, and 0x20 is what ferror(3) tells. */
static long fail_stream(int *stream, int err)
{
	if (stream)
		*stream |= 0x20;
	errno = err;
	return -1;
}

static long make(enum call call, const long *arg)
{
	return real(call)(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5], arg[6]);
}

static _Atomic int cut_fd = -1;		/* a directory that ends with the next call */

/* The first half of what is in buf, n bytes from getdents64(2), as a number of bytes */
static long half_of_entries(const char *buf, long n)
{
	long half = 0;

	while (half < n / 2)
		half += ((const struct dirent64 *)(buf + half))->d_reclen;
	return half;
}

/* Give half of what is read.  readdir(3) has one entry at a time: there the end comes at once. */
static long cut(enum call call, const long *arg, int skip)
{
	if (call != SYSCALL_getdents64)
		return 0;
	long n = make(call, arg);

	if (n > 0) {
		n = half_of_entries((const char *)arg[skip + 1], n);
		cut_fd = (int)arg[skip];
	}
	return n;
}

static bool ends_now(enum call call, const long *arg, int skip)
{
	int fd = (int)arg[skip];

	return call == SYSCALL_getdents64 && atomic_compare_exchange_strong(&cut_fd, &fd, -1);
}

/* The arguments of the call begin at arg[skip]. */
static long sweep(enum call call, const void *site, long *arg, int skip)
{
	int length = skip + calls[call].length, fault;
	char path[NAME_SIZE];

	if (!shared || !is_made_by_program(call, site) || !is_the_one(call, arg + skip))
		return shared && ends_now(call, arg, skip) ? 0 : make(call, arg);
	fault = shared->fault;
	if (!find_name(path, call, arg + skip) || (fault == SHORT && arg[length] < 2)) {
		shared->fired = IN_VAIN;
		return make(call, arg);
	}
	memcpy(shared->path, path, sizeof path);
	shared->fired = FIRED;
	if (fault == STOP) {
		kill(getpid(), SIGSTOP);
		return make(call, arg);
	}
	if (fault == CUT)
		return cut(call, arg, skip);
	if (fault == ZERO)
		return 0;
	if (fault == SHORT) {
		arg[length] /= 2;
		return make(call, arg);
	}
	if (calls[call].fails == STREAM)
		return fail_stream((int *)arg[0], fault);
	if (calls[call].fails == AFTER)
		(void)make(call, arg);
	return fail(call, fault);
}

#define CALL(name, what, fails, length, faults)						\
	long sweep_##name(long a, long b, long c, long d, long e, long f) __asm__(#name);	\
	long sweep_##name(long a, long b, long c, long d, long e, long f)		\
	{										\
		return sweep(CALL_##name, __builtin_return_address(0),			\
			     (long[]){ a, b, c, d, e, f, 0 }, 0);			\
	}
#define SYSCALL(name, what, fails, length, faults)
#include "sweep_calls.h"
#undef CALL
#undef SYSCALL

long sweep_syscall(long number, long a, long b, long c, long d, long e, long f)
	__asm__("syscall");
long sweep_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	long arg[] = { number, a, b, c, d, e, f };

	for (int i = 0; i < CALLS; i++)
		if (calls[i].number == number)
			return sweep(i, __builtin_return_address(0), arg, 1);
	if (!raw)
		raw = (function *)dlsym(RTLD_NEXT, "syscall");
	return raw(number, a, b, c, d, e, f);
}

/* ------------------------------------------------------- begin and end */

/* The first object is the program.  Its text begins at its first byte, or a little later. */
static int find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	base = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && p->p_flags & PF_X) {
			text_begin = base + p->p_vaddr;
			text_end = text_begin + p->p_memsz;
		}
	}
	return 1;
}

__attribute__((constructor))
static void begin(void)
{
	const char *file = getenv("SWEEP_FILE");

	raw = (function *)dlsym(RTLD_NEXT, "syscall");
	dl_iterate_phdr(find_program, NULL);
	if (!file)
		return;
	long fd = system_call(SYS_openat, AT_FDCWD, (long)file, O_RDWR, 0);
	void *map = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);

	system_call(SYS_close, fd, 0, 0, 0);
	if (map != MAP_FAILED)
		shared = map;
}

static int count_threads(void)
{
	char status[4096];
	long fd = system_call(SYS_openat, AT_FDCWD, (long)"/proc/self/status", O_RDONLY, 0);
	long n = system_call(SYS_read, fd, (long)status, sizeof status - 1, 0);

	system_call(SYS_close, fd, 0, 0, 0);
	status[n < 0 ? 0 : n] = '\0';
	const char *threads = strstr(status, "Threads:");
	return threads ? atoi(threads + 8) : 0;
}

__attribute__((destructor))
static void end(void)
{
	const struct timespec a_moment = { .tv_nsec = 1000000 };

	if (!shared)
		return;
	for (int fd = 0; fd < 256; fd++)
		shared->fds += system_call(SYS_fcntl, fd, F_GETFD, 0, 0) >= 0;
	/* One that has been joined may take a moment to be gone. */
	for (int i = 0; i < 100 && (shared->threads = count_threads()) > 1; i++)
		system_call(SYS_nanosleep, (long)&a_moment, 0, 0, 0);
}
