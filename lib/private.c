/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a copy that gets the owner and the mode of its source is made with no rights for
 * others, looked at, given its owner and then its mode, so that at no moment anybody can open
 * it who may not open the source.  In a directory that only its owner, who makes the copies, can
 * enter, nobody else gets at it before the directory is complete.  There a file may have its
 * mode from the start; and if its owner and its mode are right then, all three steps are saved.
 *
 * They are right if they were with another file.  Who owns what is made in a directory depends
 * on the thread's credentials, the directory's group and S_ISGID and the file system; the
 * mode on the umask and the file system (some have modes of their own), and on a default ACL,
 * which a private directory does not have.  All of these stay, and names do not matter, on the
 * file systems that are known to be so; not with FUSE, say, nor on NFS, where a server may have
 * ACLs of its own.  So the first files are looked at, and what they were given the others will
 * be given: the owner, and each mode that was had exactly as asked for.  A mode of which a bit was
 * lost is looked at each time.
 *
 * The same holds in a directory that was made in this one, if group and S_ISGID are the same.
 */
#include <config.h>

#include "private.h"

#include <unistd.h>

#include "attr.h"
#include "fs.h"
#include "relaxed.h"

/* The owner of no file: chown(2) takes both numbers for "not changed". */
#define NOBODY UINT64_MAX

static uint64_t owner_of(const struct stat *st)
{
	return (uint64_t)st->st_uid << 32 | st->st_gid;
}

void cf_private_begin(struct cf_private *p, int dir, const struct stat *st,
		      const struct cf_private *above)
{
	bool known = above && above->on && above->dev == st->st_dev && above->uid == st->st_uid;

	*p = (struct cf_private){
		.dev = st->st_dev, .uid = st->st_uid, .gid = st->st_gid,
		.setgid = st->st_mode & S_ISGID, .owner = NOBODY,
	};
	/* The rights of the group are the most that an ACL can give to anybody. */
	if (st->st_mode & (S_IRWXG | S_IRWXO) || (!known && st->st_uid != geteuid()))
		return;
	/* No default ACL came from above, if there is none there. */
	p->on = known || (cf_fs_has_owners(dir) && !cf_attr_inherits(dir, "."));
	if (!known || above->gid != p->gid || above->setgid != p->setgid)
		return;
	cf_relaxed_set(p->mixed, cf_relaxed_get(above->mixed));
	cf_relaxed_set(p->owner, cf_relaxed_get(above->owner));
	for (unsigned int i = 0; i < sizeof p->kept / sizeof *p->kept; i++)
		cf_relaxed_set(p->kept[i], cf_relaxed_get(above->kept[i]));
}

bool cf_private_gives_owner(const struct cf_private *p, const struct stat *st)
{
	return !cf_relaxed_get(p->mixed) && cf_relaxed_get(p->owner) == owner_of(st);
}

bool cf_private_keeps_mode(const struct cf_private *p, mode_t mode)
{
	return cf_relaxed_get(p->kept[mode / 64]) >> mode % 64 & 1;
}

bool cf_private_learn(struct cf_private *p, const struct stat *made, mode_t mode)
{
	uint64_t owner = NOBODY;

	if (!atomic_compare_exchange_strong(&p->owner, &owner, owner_of(made)) &&
	    owner != owner_of(made))
		cf_relaxed_set(p->mixed, true);
	if ((made->st_mode & 07777) != mode)
		return false;
	atomic_fetch_or(&p->kept[mode / 64], (uint64_t)1 << mode % 64);
	return !cf_relaxed_get(p->mixed);
}
