/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "slowfs_corrupt.h"

#include <fnmatch.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "slowfs_base.h"
#include "slowfs_gate.h"

static int ncorruption;
static struct corruption {
	int op;
	off_t at;
	long count;			/* calls that it spoils; 0: all */
	const char *glob;		/* NULL: of any path */
	atomic_long seen;
} corruption[2048];

off_t corruption_of(int op, const char *path, off_t off, size_t n)
{
	for (int i = 0; i < ncorruption; i++) {
		struct corruption *c = &corruption[i];

		if (c->op != op || c->at < off || c->at - off >= (off_t)n ||
		    (c->glob && (!path || fnmatch(c->glob, path, 0))))
			continue;
		if (!c->count || atomic_fetch_add(&c->seen, 1) < c->count)
			return c->at;
	}
	return -1;
}

void reset_corruptions(void)
{
	for (int i = 0; i < ncorruption; i++)
		corruption[i].seen = 0;
}

static long number(const char *text, const char *what)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 0)
		die(what, text);
	return n;
}

void parse_corruption(char *arg)	/* OP:OFFSET[:COUNT[:GLOB]] */
{
	if (ncorruption == (int)(sizeof corruption / sizeof *corruption))
		die("too many corruptions", arg);
	struct corruption *c = &corruption[ncorruption++];
	char *o = strsep(&arg, ":"), *at = strsep(&arg, ":"), *n = strsep(&arg, ":");

	if (!at)
		die("want OP:OFFSET[:COUNT[:GLOB]]", o);
	c->op = find_op(o);
	if (c->op != OP_read && c->op != OP_write && c->op != OP_copy)
		die("can corrupt read, write and copy alone", o);
	c->at = number(at, "no offset");
	c->count = n ? number(n, "no count") : 0;
	c->glob = arg;
}
