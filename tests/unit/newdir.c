/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* newdir: where there is something to gain; and what is learnt of the files in a private one. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "newdir.h"

#include <sys/xattr.h>

#include "scratch.h"
#include "tap.h"

static int make_dir(const char *name, mode_t mode)
{
	int dir = mkdir(name, mode) < 0 ? -1 : open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* mkdir(2) does not know S_ISGID. */
	if (dir < 0 || fchmod(dir, mode) < 0)
		bail_out("%s: %s", name, strerror(errno));
	return dir;
}

static void test_begin(void)
{
	int dir = make_dir("d", 0755);
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

/* Begin name, made with mode, in above.  Returns what is known of its files, or NULL. */
static struct cf_private *begin(struct cf_newdir **n, const char *name, mode_t mode,
				const struct cf_newdir *above)
{
	int dir = make_dir(name, mode);

	if (cf_newdir_begin(dir, above, n) < 0)
		bail_out("%s cannot be begun", name);
	close(dir);
	return cf_newdir_private(*n);
}

static void test_who_may_enter(void)
{
	/* A default ACL: version, then tag, permissions and id of owner, group and others */
	static const char acl[] = "\2\0\0\0" "\1\0\7\0\377\377\377\377" "\4\0\5\0\377\377\377\377"
				  "\40\0\5\0\377\377\377\377";
	struct cf_newdir *n, *above;

	ok(!begin(&n, "group", 0710, NULL), "the group may");
	ok(!begin(&n, "others", 0701, NULL), "others may");
	ok(begin(&above, "owner", 0700, NULL), "only the owner may");
	ok(!cf_newdir_set(above), "which has nothing to do with O_EXCL");
	ok(begin(&n, "owner/below", 0700, above), "nor into one that was made there");
	cf_newdir_free(n);
	ok(!begin(&n, "owner/open", 0750, above), "but another one there is not private");
	cf_newdir_free(above);
	if (geteuid() == 0) {
		int dir = make_dir("other", 0700);

		if (fchown(dir, 1234, -1) < 0 || cf_newdir_begin(dir, NULL, &n) < 0)
			bail_out("other: %s", strerror(errno));
		ok(!n, "the owner is another user");
		close(dir);
	}
	int dir = make_dir("acl", 0700);
	if (fsetxattr(dir, "system.posix_acl_default", acl, sizeof acl - 1, 0) < 0)
		skip(1, "no ACLs here");
	else
		ok(cf_newdir_begin(dir, NULL, &n) == 0 && !n, "files would inherit an ACL");
	close(dir);
}

static void test_what_files_get(void)
{
	struct stat ours = { .st_uid = 1, .st_gid = 2, .st_mode = S_IFREG | 0644 };
	struct stat lost = { .st_uid = 1, .st_gid = 2, .st_mode = S_IFREG | 0644 };
	struct stat other = { .st_uid = 1, .st_gid = 3, .st_mode = S_IFREG | 0644 };
	struct cf_newdir *n, *sub, *setgid;
	struct cf_private *p = begin(&n, "files", 0700, NULL), *q;

	ok(!cf_private_gives_owner(p, &ours), "at first no owner is known");
	ok(!cf_private_keeps_mode(p, 0644), "and no mode");
	ok(!cf_private_learn(p, &lost, 0664), "a mode of which a bit is lost");
	ok(cf_private_gives_owner(p, &ours), "the owner of the next file is that of the first");
	ok(!cf_private_gives_owner(p, &other), "not another one");
	ok(!cf_private_keeps_mode(p, 0664) && !cf_private_keeps_mode(p, 0644), "no mode is known");
	ok(cf_private_learn(p, &ours, 0644), "a mode that was kept");
	ok(cf_private_keeps_mode(p, 0644), "will be kept");
	ok(!cf_private_keeps_mode(p, 0640) && !cf_private_keeps_mode(p, 0777), "no other one");
	q = begin(&sub, "files/sub", 0700, n);
	ok(q && cf_private_gives_owner(q, &ours) && cf_private_keeps_mode(q, 0644),
	   "the same is known of a directory below");
	cf_newdir_free(sub);
	q = begin(&setgid, "files/setgid", 02700, n);
	ok(q && !cf_private_gives_owner(q, &ours), "but not of one that hands its group down");
	cf_newdir_free(setgid);
	ok(!cf_private_learn(p, &other, 0644), "then a file has another owner");
	ok(!cf_private_gives_owner(p, &ours) && !cf_private_gives_owner(p, &other),
	   "which of the two the next one gets is not known");
	cf_newdir_free(n);
}

int main(void)
{
	scratch_enter("newdir");
	umask(0);
	test_begin();
	test_who_may_enter();
	test_what_files_get();
	return scratch_done();
}
