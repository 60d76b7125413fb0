/* SPDX-License-Identifier: GPL-3.0-or-later */
/* beneath_open(): by one call, and component by component where a sandbox refuses that. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/beneath.h"
#include "scratch.h"
#include "tap.h"

static void make_tree(void)
{
	if (mkdir("top", 0700) < 0 || mkdir("top/a", 0700) < 0 || mkdir("top/a/b", 0700) < 0 ||
	    mkdir("out", 0700) < 0 || mkdir("out/b", 0700) < 0 ||
	    symlink("../out", "top/link") < 0 || symlink("a", "top/inside") < 0)
		bail_out("%s", strerror(errno));
}

/* Returns 0 or the errno value with which path below top is not opened. */
static int open_in(int top, const char *path)
{
	int fd = beneath_open(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void test_paths(const char *how)
{
	int top = open("top", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int next = dup(top);
	int err;

	close(next);
	is_int(open_in(top, "a"), 0, "%s: a directory", how);
	is_int(open_in(top, "a/b"), 0, "%s: one below it", how);
	is_int(open_in(top, "a//b/"), 0, "%s: with more slashes", how);
	is_int(open_in(top, "a/c"), ENOENT, "%s: one that is missing", how);
	is_int(open_in(top, "c/b"), ENOENT, "%s: one below that", how);
	err = open_in(top, "link");
	ok(err == ELOOP || err == ENOTDIR, "%s: a symlink that leads out", how);
	err = open_in(top, "link/b");
	ok(err == ELOOP || err == ENOTDIR, "%s: one on the way", how);
	err = open_in(top, "inside/b");
	ok(err == ELOOP || err == ENOTDIR, "%s: one that stays inside", how);
	ok(open_in(top, "../out"), "%s: the directory above", how);
	ok(open_in(top, "a/../../out"), "%s: also later in the path", how);
	is_int(dup(top), next, "%s: no descriptor is left open", how);
	close(next);
	close(top);
}

/* Have the kernel refuse openat2(2), as an old one does, or some sandboxes. */
static bool refuse_openat2(int err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int main(void)
{
	scratch_enter("beneath");
	make_tree();
	test_paths("as the kernel does it");
	if (refuse_openat2(EPERM))
		test_paths("without openat2(2)");
	else
		skip(11, "no seccomp here");
	return scratch_done();
}
