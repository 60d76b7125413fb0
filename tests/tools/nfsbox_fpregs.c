/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nfsbox_fpregs - a library that nfsbox preloads into user-mode Linux, which before 6.14
 * keeps 2696 bytes of FPU state.  On processors with AMX the kernel insists on more in
 * PTRACE_SETREGSET (EFAULT), so the buffer is made larger here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static size_t full;

/* The registers that the buffer at c holds, or has room for, by a buffer of full size */
static long regset(int rq, pid_t pid, void *addr, struct iovec *c)
{
	static char buf[65536] __attribute__((aligned(64)));
	struct iovec v = { buf, sizeof buf };
	uint64_t bv;

	if (!full) {
		if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, addr, &v) < 0)
			return -1;
		full = v.iov_len;
	}
	if (c->iov_len >= full || c->iov_len < 576)
		return syscall(SYS_ptrace, rq, pid, addr, c);
	v.iov_len = full;
	if (rq == PTRACE_GETREGSET)
		return syscall(SYS_ptrace, rq, pid, addr, c);
	memcpy(buf, c->iov_base, c->iov_len);
	memset(buf + c->iov_len, 0, full - c->iov_len);
	memcpy(&bv, buf + 512, 8);
	bv &= ~(uint64_t)(3 << 17);
	memcpy(buf + 512, &bv, 8);
	return syscall(SYS_ptrace, rq, pid, addr, &v);
}

long ptrace(enum __ptrace_request rq, ...)
{
	static long (*real)(enum __ptrace_request, pid_t, void *, void *);
	va_list ap;

	va_start(ap, rq);
	pid_t pid = va_arg(ap, pid_t);
	void *addr = va_arg(ap, void *), *data = va_arg(ap, void *);
	va_end(ap);
	if (((int)rq == PTRACE_GETREGSET || (int)rq == PTRACE_SETREGSET) &&
	    (uintptr_t)addr == NT_X86_XSTATE)
		return regset(rq, pid, addr, data);
	if (!real)
		real = dlsym(RTLD_NEXT, "ptrace");
	return real(rq, pid, addr, data);
}
