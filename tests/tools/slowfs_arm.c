/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The model of a disk.  A request that begins where the last one ended takes the time of its
 * transfer.  Any other one first takes a seek, which is
 *
 *	settle + (stroke - settle) * sqrt(distance / size) + turn / 2
 *
 * for the way of the arm and half a rotation; or the time in which what lies between passes
 * below the arm, if that is ahead and takes less.
 *
 * The thread whose request is served sleeps, the others wait.  When it wakes it hands the arm
 * to the request that takes the least time, among the first `queue` in the order of their
 * arrival: a drive that is given several requests at once (NCQ) does that, too.  Where the seeks
 * are long, 32 at a time take half as long as one after the other; and readers of files that lie
 * close together, in whatever order, become one sweep over them.
 *
 * A request that had to wait begins at the time at which the last one was due to end, so that
 * the delay of a thread that wakes late does not add up.
 */
#define _GNU_SOURCE
#include "slowfs_arm.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "slowfs_base.h"

struct request {
	uint64_t address;
	size_t n;
	int served;			/* the arm is this request's */
	pthread_cond_t is_served;
	struct request *next;
};

static struct {
	int exists;
	double settle, stroke, turn;	/* in microseconds */
	double rate;			/* bytes in a microsecond */
	double size;			/* in bytes */
	unsigned queue;			/* requests of which the quickest is chosen */

	pthread_mutex_t lock;		/* of all below */
	int busy;
	uint64_t head;			/* the address below the arm */
	double free_at;			/* when the last request is due to end */
	struct request *first, **last;	/* those that wait, in the order of their arrival */
	unsigned long requests, waiting, most_waiting;
	double us;			/* what all of them took */
} arm = {
	.settle = 1000, .stroke = 15000, .turn = 8333, .rate = 150 * 1.048576,
	.size = (double)(1UL << 40), .queue = 32,
	.lock = PTHREAD_MUTEX_INITIALIZER, .last = &arm.first,
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void sleep_until(double us)
{
	struct timespec t = { us / 1e6, fmod(us, 1e6) * 1e3 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static double duration(const struct request *r)
{
	double ahead = (double)r->address - (double)arm.head, way = fabs(ahead), seek;

	seek = arm.settle + (arm.stroke - arm.settle) * sqrt(fmin(way / arm.size, 1));
	seek += arm.turn / 2;
	if (ahead >= 0)
		seek = fmin(seek, way / arm.rate);
	return seek + r->n / arm.rate;
}

static struct request **quickest_locked(void)
{
	struct request **best = &arm.first;
	unsigned seen = 0;

	for (struct request **r = best; *r && seen < arm.queue; r = &(*r)->next, seen++)
		if (duration(*r) < duration(*best))
			best = r;
	return best;
}

static void hand_over_locked(void)
{
	struct request **which = quickest_locked(), *r = *which;

	arm.busy = r != NULL;
	if (!r)
		return;
	*which = r->next;
	if (!r->next)
		arm.last = which;
	arm.waiting--;
	r->served = 1;
	pthread_cond_signal(&r->is_served);
}

static void wait_in_queue_locked(struct request *r)
{
	*arm.last = r;
	arm.last = &r->next;
	if (++arm.waiting > arm.most_waiting)
		arm.most_waiting = arm.waiting;
	while (!r->served)
		pthread_cond_wait(&r->is_served, &arm.lock);
}

void arm_move(uint64_t address, size_t n)
{
	struct request r = { .address = address, .n = n, .is_served = PTHREAD_COND_INITIALIZER };
	double begin, took;

	if (!arm.exists)
		return;
	pthread_mutex_lock(&arm.lock);
	if (arm.busy) {
		wait_in_queue_locked(&r);
		begin = arm.free_at;
	} else {
		arm.busy = 1;
		begin = now_us();
	}
	took = duration(&r);
	arm.free_at = begin + took;
	arm.head = address + n;
	arm.us += took;
	arm.requests++;
	pthread_mutex_unlock(&arm.lock);

	sleep_until(begin + took);

	pthread_mutex_lock(&arm.lock);
	hand_over_locked();
	pthread_mutex_unlock(&arm.lock);
}

int arm_exists(void)
{
	return arm.exists;
}

size_t report_arm(char *b, size_t n)
{
	size_t l = 0;

	pthread_mutex_lock(&arm.lock);
	if (arm.exists)
		l = snprintf(b, n, "arm requests %lu waiting %lu us %.0f\n", arm.requests,
			     arm.most_waiting, arm.us);
	pthread_mutex_unlock(&arm.lock);
	return l < n ? l : n;
}

void reset_arm(void)
{
	pthread_mutex_lock(&arm.lock);
	arm.requests = 0;
	arm.most_waiting = 0;
	arm.us = 0;
	pthread_mutex_unlock(&arm.lock);
}

void parse_arm(char *arg)		/* NAME=VALUE,... */
{
	arm.exists = 1;
	for (char *s = strtok(arg, ","); s; s = strtok(NULL, ",")) {
		char *v = strchr(s, '='), *end;
		if (!v)
			die("want NAME=VALUE", s);
		*v++ = 0;
		double value = strtod(v, &end);
		if (end == v || *end || value <= 0)
			die("want a number above 0", v);
		if (!strcmp(s, "settle"))
			arm.settle = value;
		else if (!strcmp(s, "stroke"))
			arm.stroke = value;
		else if (!strcmp(s, "turn"))
			arm.turn = value;
		else if (!strcmp(s, "rate"))
			arm.rate = value * 1.048576;
		else if (!strcmp(s, "size"))
			arm.size = value * (1 << 30);
		else if (!strcmp(s, "queue"))
			arm.queue = value;
		else
			die("not of the arm", s);
	}
}
