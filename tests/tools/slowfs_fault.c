/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "slowfs_fault.h"

#include <fnmatch.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "slowfs_base.h"
#include "slowfs_errors.h"
#include "slowfs_gate.h"

static int nfault;
static struct fault {
	int op, err, quirk;
	long first, count;		/* count < 0: for ever */
	const char *glob;
	atomic_long seen;
} fault[256];

int fault_of(int o, const char *path, int *quirk)
{
	int r = 0;

	for (int i = 0; i < nfault && !r && !(quirk && *quirk); i++) {
		struct fault *f = &fault[i];
		if (f->op != o && f->op != NOPS)
			continue;
		if (f->glob && (!path || fnmatch(f->glob, path, 0)))
			continue;
		long n = atomic_fetch_add(&f->seen, 1) + 1;
		if (n < f->first || (f->count >= 0 && n >= f->first + f->count))
			continue;
		if (f->quirk && quirk)
			*quirk = f->quirk;
		else if (f->quirk)
			continue;
		r = -f->err;
	}
	return r;
}

void reset_faults(void)
{
	for (int i = 0; i < nfault; i++)
		fault[i].seen = 0;
}

void parse_fault(char *arg)		/* OP:N[+COUNT|+]:WHAT[:GLOB] */
{
	if (nfault == (int)(sizeof fault / sizeof *fault))
		die("too many faults", arg);
	struct fault *f = &fault[nfault++];
	char *o = strsep(&arg, ":"), *n = strsep(&arg, ":"), *w = strsep(&arg, ":"), *e;
	if (!n || !w)
		die("want OP:N[+COUNT]:WHAT[:GLOB]", o);
	f->op = find_op(o);
	f->glob = arg;
	f->first = strtol(n, &e, 10);
	f->count = *e != '+' ? 1 : e[1] ? strtol(e + 1, NULL, 10) : -1;
	if (f->first < 1)
		die("calls count from 1", n);
	if (!strcmp(w, "short"))
		f->quirk = Q_SHORT;
	else if (!strcmp(w, "zero"))
		f->quirk = Q_ZERO;
	else {
		for (size_t i = 0; i < sizeof errs / sizeof *errs; i++)
			if (!strcmp(w, errs[i].n))
				f->err = errs[i].e;
		if (!f->err)
			die("unknown fault", w);
	}
}
