/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steer - how many workers are worth it.  Thread-safe. */
#ifndef PCP_STEER_H
#define PCP_STEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct workers;

struct steer {
	struct workers *workers;
	_Atomic int64_t next_look;		/* at the size of the workers */
	_Atomic unsigned int dirs_begun;	/* see steer_dir_begins() */
	_Atomic int slow_dirs;			/* of those made lately: slow less fast ones */
};

void steer_init(struct steer *s, struct workers *workers);

/* Around the making of a directory, in any thread: does a walker mostly wait? */
struct steer_timer {
	int64_t wall, cpu;		/* nanoseconds, when it began; 0: not measured */
};
void steer_dir_begins(struct steer *s, struct steer_timer *t);
void steer_dir_made(struct steer *s, const struct steer_timer *t);

/* Could another walker take a subtree?  Any thread may ask. */
bool steer_wants_walker(struct steer *s);

/* Would somebody take some of a directory's files soon?  Any thread may ask. */
bool steer_wants_help(struct steer *s);

#endif
