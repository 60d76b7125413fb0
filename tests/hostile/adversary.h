/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adversary - a process that rearranges the trees of a place until it is killed. */
#ifndef HOSTILE_ADVERSARY_H
#define HOSTILE_ADVERSARY_H

#include <stdbool.h>
#include <stdint.h>

/* What it may put in the place of something */
struct adversary {
	bool in_src, in_dst;		/* where it does so */
	bool for_dst_files;		/* a symlink out of dst, in the place of a file there */
	bool dirs_alone;		/* nothing but symlinks in the place of directories */
	uint64_t seed;
	_Atomic uint64_t *swaps;	/* shared with the parent: how often it has succeeded */
};

/* Be the adversary, as an ordinary user.  Does not return. */
void adversary_run(const struct adversary *a) __attribute__((noreturn));

/* The next pseudo-random number of *state, which is below n */
unsigned int adversary_random(uint64_t *state, unsigned int n);

#endif
