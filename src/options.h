/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options - what the command line asks for.  Filled once, then only read. */
#ifndef PCP_OPTIONS_H
#define PCP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum options_follow {
	FOLLOW_DEFAULT,		/* not said: FOLLOW_NEVER with recursive, else ALWAYS */
	FOLLOW_NEVER,
	FOLLOW_ALWAYS
};

struct options {
	bool recursive;			/* -R */
	bool verbose;			/* -v */
	enum options_follow follow;	/* symlinks in sources */
	bool keep_links;		/* hard links stay hard links: -d, -a */
	bool quiet_attrs;		/* xattr and context: keep if it works (-a) */
	uint64_t attrs;			/* COPYFILE_ATTRS bits to carry over */
	const char *target_dir;		/* -t, or NULL */
	bool no_target_dir;		/* -T */
	bool stats;			/* --stats */
	uint32_t jobs;			/* copying threads; 0: automatic */
	uint32_t window;		/* pending cookies; 0: automatic */
	uint64_t chunk;			/* bytes; 0: automatic */

	char *const *operands;
	int noperands;
};

/*
 * Parse argv into o.  Exits by itself after --help and --version, and with
 * status 1 and cp's message after a mistake.
 */
void options_parse(struct options *o, int argc, char **argv);

/* Say where to find help, and exit with status 1. */
_Noreturn void options_usage_error(void);

#endif
