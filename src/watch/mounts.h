/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mounts - the file systems that names are on, for people.  Main thread only. */
#ifndef PCP_MOUNTS_H
#define PCP_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* What a name is on */
struct mounted {
	uint64_t id;			/* by which one mount is told from another */
	char *type;			/* such as ext4; "unknown", if /proc does not tell */
	char *device;			/* what is mounted: a device, a server's export */
	char *point;			/* where it is mounted */
	uint64_t size, free;		/* in bytes; size 0: not known */
};

/*
 * Look what path is on, or if there is no such thing, the directory that it would be in.  Returns
 * false if that cannot be found out.  The caller releases *ret.
 */
bool mounts_find(const char *path, struct mounted *ret);
void mounts_release(struct mounted *m);

#endif
