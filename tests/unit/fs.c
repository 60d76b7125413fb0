/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kinds of file systems: what the kernel makes up is told from what is stored. */
#include <config.h>

#include "fs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tap.h"

/* A device number that no file system here has */
#define NOWHERE ((dev_t)0x7fffff01)

static int open_on(const char *path, long type)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0 || (long)fs.f_type != type)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void test_kinds(void)
{
	static const struct {
		const char *path;
		long type;
		enum cf_fs kind;
	} places[] = {
		{ "/proc",          PROC_SUPER_MAGIC,    CF_FS_PSEUDO },
		{ "/sys",           SYSFS_MAGIC,         CF_FS_PSEUDO },
		{ "/dev/shm",       TMPFS_MAGIC,         CF_FS_PLAIN },
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int fd = open_on(places[i].path, places[i].type);

		if (fd < 0) {
			skip(3, "no usual %s", places[i].path);
			continue;
		}
		is_int(cf_fs_of(fd), places[i].kind, "the kind of %s", places[i].path);
		is_int(cf_fs_keeps_numbers(fd), places[i].kind == CF_FS_PLAIN,
		       "and whether it keeps its numbers");
		is_int(cf_fs_has_owners(fd), places[i].type == TMPFS_MAGIC,
		       "and whether files have owners as on Linux");
		close(fd);
	}
}

static void test_others(void)
{
	int ends[2];

	is_int(cf_fs_of(-1), CF_FS_OTHER, "of no descriptor nothing is assumed");
	if (pipe(ends) != 0)
		bail_out("no pipe");
	is_int(cf_fs_of(ends[0]), CF_FS_OTHER, "nor of a pipe");
	close(ends[0]);
	close(ends[1]);
}

/* A device number may come to mean another file system. */
static void test_remembered(void)
{
	int proc = open_on("/proc", PROC_SUPER_MAGIC), uses = 0;

	if (proc < 0) {
		skip(3, "no usual /proc");
		return;
	}
	is_int(cf_fs_known(proc, NOWHERE), CF_FS_PSEUDO, "a new number is looked up");
	while (uses < 10000 && cf_fs_known(-1, NOWHERE) == CF_FS_PSEUDO)
		uses++;
	ok(uses > 0, "then it is remembered (%d times)", uses);
	ok(uses < 10000, "but not for ever");
	close(proc);
}

int main(void)
{
	test_kinds();
	test_others();
	test_remembered();
	return done_testing();
}
