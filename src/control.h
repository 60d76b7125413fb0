/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control - a file that says, while a run goes on, what holds it back.  One thread at a time. */
#ifndef PCP_CONTROL_H
#define PCP_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct control_settings {
	uint64_t bwlimit, ops_limit;	/* a second; 0: any number */
	uint32_t jobs;			/* 0: automatic */
	bool paused;
};

struct control {
	const char *path;		/* of the file; NULL: there is none */
	struct control_settings base;	/* what holds where the file says nothing */
	struct stat read;		/* the file, as it was read last; zeros: it was not */
	struct stat seen;		/* as it was seen in the last look */
	int error;			/* the errno for which it could not be read, reported */
};

/* path may be NULL; it is borrowed. */
void control_init(struct control *k, const char *path, const struct control_settings *base);

/*
 * Look whether the file has changed and, with settled, stayed the same since the last look.
 * Returns true if so, and *ret is what is in force from now on.  A mistake in the file, or a
 * failure to read it, is a warning, once, and false; so is a file that is not there, but silently.
 */
bool control_look(struct control *k, bool settled, struct control_settings *ret);

#endif
