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

/* Of so many sources the file systems are looked at. */
#define MOUNTS_SOURCES 20

/* Those of a run: what the sources are on, each once, and then what the destination is on */
struct mounts {
	unsigned int n;
	struct mounted list[MOUNTS_SOURCES + 1];
	bool has_destination;		/* it is the last one */
};

struct options;

/* Look what the operands of o are on.  It waits for servers, as the run will do. */
void mounts_look(const struct options *o, struct mounts *ret);

/*
 * Look what path is on, or if there is no such thing, the directory that it would be in.  Returns
 * false if that cannot be found out.  The caller releases *ret.
 */
bool mounts_find(const char *path, struct mounted *ret);
void mounts_release(struct mounted *m);

#endif
