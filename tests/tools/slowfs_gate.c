/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "slowfs_gate.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slowfs_base.h"
#include "slowfs_corrupt.h"
#include "slowfs_disk.h"
#include "slowfs_fault.h"

#define NAME(n) #n,
static const char *const opname[] = { OPS(NAME) };

static struct { atomic_ulong calls, faults; atomic_int now, peak; unsigned us; } op[NOPS];
static atomic_int now_all, peak_all;
unsigned us_per_mib;
static int have_slots;
static sem_t slots;
_Thread_local int implied;

static void rise(atomic_int *now, atomic_int *peak)
{
	int n = atomic_fetch_add(now, 1) + 1, p = atomic_load(peak);
	while (n > p && !atomic_compare_exchange_weak(peak, &p, n))
		;
}

static int has_attr(enum op o)
{
	return o == OP_create || o == OP_mkdir || o == OP_mknod || o == OP_symlink ||
	       o == OP_link || o == OP_chmod || o == OP_chown || o == OP_truncate ||
	       o == OP_utimens;
}

int enter(enum op o, const char *path, size_t len, int *quirk)
{
	int r;

	implied = 0;
	rise(&op[o].now, &op[o].peak);
	rise(&now_all, &peak_all);
	atomic_fetch_add(&op[o].calls, 1);
	if (have_slots)
		while (sem_wait(&slots))
			;
	nap(op[o].us + (unsigned long)((double)us_per_mib * len / 1048576));
	r = fault_of(o, path, quirk);
	if (r || (quirk && *quirk))
		atomic_fetch_add(&op[o].faults, 1);
	return r;
}

int leave(enum op o, long r)
{
	implied = r >= 0 && has_attr(o);
	if (have_slots)
		sem_post(&slots);
	atomic_fetch_sub(&op[o].now, 1);
	atomic_fetch_sub(&now_all, 1);
	return r == -1 ? -errno : (int)r;
}

size_t report(char *b, size_t n)
{
	size_t l = snprintf(b, n, "all peak %d\n", atomic_load(&peak_all));
	for (int i = 0; i < NOPS && l < n; i++)
		if (op[i].calls)
			l += snprintf(b + l, n - l, "%s calls %lu peak %d faults %lu\n", opname[i],
				      op[i].calls, op[i].peak, op[i].faults);
	return l < n ? l + report_disk(b + l, n - l) : n;
}

void reset(void)
{
	for (int i = 0; i < NOPS; i++) {
		op[i].calls = 0;
		op[i].faults = 0;
		op[i].peak = 0;
	}
	reset_faults();
	reset_corruptions();
	reset_disk();
	peak_all = 0;
}

void set_slots(unsigned n)
{
	have_slots = 1;
	sem_init(&slots, 0, n);
}

int find_op(const char *s)
{
	if (!strcmp(s, "all"))
		return NOPS;
	for (int i = 0; i < NOPS; i++)
		if (!strcmp(s, opname[i]))
			return i;
	die("unknown operation", s);
}

void list_ops(void)
{
	for (int i = 0; i < NOPS; i++)
		fprintf(stderr, " %s", opname[i]);
}

void parse_delay(char *arg)		/* OP=US,... */
{
	for (char *s = strtok(arg, ","); s; s = strtok(NULL, ",")) {
		char *v = strchr(s, '=');
		if (!v)
			die("want OP=MICROSECONDS", s);
		*v++ = 0;
		int o = find_op(s);
		for (int i = 0; i < NOPS; i++)
			if (o == i || o == NOPS)
				op[i].us = strtoul(v, NULL, 10);
	}
}
