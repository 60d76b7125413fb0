/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chain - with --files-from, the directories that lead from an operand to the last name.  Main
 * thread only.
 */
#ifndef PCP_CHAIN_H
#define PCP_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct dir;
struct entry;
struct stat;
struct walk_root;

/* A directory of the chain */
struct chain_level {
	struct dir *dir;		/* a reference */
	const char *tag;		/* the only name that is copied in there; NULL: all are */
	bool closed;			/* it is another file system, and none is */
	int unread;			/* it cannot be read, for this errno value; or 0 */
	bool made;			/* its destination was made when it was entered */
};

struct chain {
	struct context *c;
	struct walk_root *root;		/* the operand */
	struct dir *base;		/* what the operand is in; a reference */
	struct chain_level *levels;	/* the operand's directory comes first */
	size_t n, room;
	bool walking;			/* below some directory a walk may be under way */
};

/* base, on which a reference is handed over, is what the operand root is in. */
void chain_begin(struct chain *ch, struct context *c, struct walk_root *root, struct dir *base);
void chain_end(struct chain *ch);

/* Leave all directories but the first n: what was copied into them may be all there is. */
void chain_cut(struct chain *ch, size_t n);

/* Returns the last directory, in which the next name is. */
struct dir *chain_last(const struct chain *ch);

/* Returns true if a walk of the last directory would not pass over the name e in it. */
bool chain_lets(const struct chain *ch, const struct entry *e);

/* Something is going to be made in the last directory: no walk may be under way there. */
void chain_settle(struct chain *ch);

enum chain_result {
	CHAIN_ENTERED,
	CHAIN_PASSED_OVER,		/* a walk would have left it out as well */
	CHAIN_UNTRIED,			/* the file system of its destination is full */
	CHAIN_FAILED,			/* which has been reported */
	CHAIN_NO_SOURCE			/* there is no such directory, as errno says */
};

/*
 * Enter the directory e, of the last one: make its destination, or merge it into what is there.
 * follow: it may be a symlink.  own: a name stands for e itself, which is counted.
 */
enum chain_result chain_enter(struct chain *ch, const struct entry *e, bool follow, bool own);

/* Copy all that is in the last directory, or begin to; just: it has been entered just now. */
void chain_walk(struct chain *ch, bool just);

#endif
