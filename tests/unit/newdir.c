/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* newdir: where there is something to gain. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "newdir.h"

#include "scratch.h"
#include "tap.h"

static int make_dir(const char *name)
{
	int dir = mkdir(name, 0755) < 0 ? -1 : open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		bail_out("%s: %s", name, strerror(errno));
	return dir;
}

static void test_begin(void)
{
	int dir = make_dir("d");
	struct cf_newdir *n, *nfs;
	struct stat st;

	is_int(cf_newdir_begin(dir, NULL, &n), 0, "it may be begun");
	ok(!n, "and is not needed, if it is not NFS");
	is_int(cf_newdir_begin(-1, NULL, &n), -EBADF, "a bad descriptor is told");
	int file = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	is_int(cf_newdir_begin(file, NULL, &n), -ENOTDIR, "a file is told");
	close(file);
	if (fstat(dir, &st) < 0 || !(nfs = cf_newdir_new(&st, 10)))
		bail_out("no directory as if on NFS");
	is_int(cf_newdir_begin(dir, nfs, &n), 0, "one that was made in a directory on NFS");
	ok(cf_newdir_set(n), "is on NFS, too");
	cf_newdir_free(n);
	cf_newdir_free(nfs);
	close(dir);
}

int main(void)
{
	scratch_enter("newdir");
	test_begin();
	return scratch_done();
}
