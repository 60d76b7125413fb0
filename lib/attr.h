/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* attr - carry attributes over, in the order that is safe. */
#ifndef CF_ATTR_H
#define CF_ATTR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

struct cf_attr {
	int src, dst;			/* open */
	bool path;			/* either is O_PATH: symlinks, devices, ... */
	const struct stat *st;		/* of src */
	uint64_t flags;			/* COPYFILE_ATTRS bits, COPYFILE_LENIENT, _GIVEN_MODE */
	const struct timespec *times;	/* of access and modification; NULL: src's */
	bool created;			/* dst is new */
	const struct stat *made;	/* its stat before any attribute was set; NULL: not known */
	bool as_made;			/* it had src's owner and mode by then, and no ACL */

	/* With COPYFILE_GIVEN_MODE, of a new dst */
	mode_t mode;			/* what it gets, under the umask, ... */
	bool exact;			/* ... or, if this is set, exactly */
	bool inherits;			/* its directory has a default ACL, or may have one */

	/*
	 * Results: attributes given up under COPYFILE_LENIENT, and the -errno of the first of
	 * them that is not extended; if all are extended, of the first
	 */
	uint32_t skipped;
	int skipped_error;
};

/*
 * Copy the attributes in a->flags.  Returns 0, or the -errno of the first that failed; with
 * COPYFILE_LENIENT always 0: see a->skipped.
 */
int cf_attr_copy(struct cf_attr *a);

/*
 * Returns the permission bits with which to create a file: those of its source, st, or with
 * COPYFILE_GIVEN_MODE in flags those of mode.  If attributes are set later, these are no more
 * than the owner needs until then.  inherits is that of struct cf_attr.
 */
mode_t cf_attr_create_mode(const struct stat *st, uint64_t flags, mode_t mode, bool inherits);

/* Returns true if the directory that dir/name is in has a default ACL, or may have one. */
bool cf_attr_inherits(int dir, const char *name);

/*
 * Returns permission bits that grant no more than those of the file fd, which may be O_PATH and
 * has the stat st, do together with its ACL: with one, those of its mode for the group are only
 * the most that the ACL may grant.
 */
mode_t cf_attr_plain_mode(int fd, const struct stat *st);

#endif
