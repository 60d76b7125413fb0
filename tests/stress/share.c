/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two clients in one process, one with a window of 1024 copies, and one of 16: the second one
 * gets its share of the threads, and of the cookies.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <stdatomic.h>

#include "scratch.h"
#include "tap.h"

enum { LARGE = 1024, SMALL = 16, FILE_SIZE = 256 * 1024, SECONDS = 2 };

struct client {
	char name;
	int window;
	int cookies[LARGE];		/* a ring */
	int first, count;		/* the oldest; how many there are */
	atomic_int done, refused, failed;
};

static atomic_bool stop;

/* Start a copy.  Returns false if it was refused. */
static bool start(struct client *c)
{
	int i = (c->first + c->count) % c->window, r;
	char name[64];

	/* In one directory, where the copies of both would have a single queue */
	snprintf(name, sizeof name, "dst/%c%d", c->name, i);
	r = copyfile("src", name, COPYFILE_ASYNC | COPYFILE_TRUNCATE | COPYFILE_NO_REFLINK);
	if (r > 0) {
		c->cookies[i] = r;
		c->count++;
	}
	c->refused += r == -EAGAIN;
	c->failed += r <= 0 && r != -EAGAIN;
	return r > 0;
}

static void reap_oldest(struct client *c)
{
	int r = finish(c->cookies[c->first]);

	c->failed += r != 0;
	c->done += r == 0;
	c->first = (c->first + 1) % c->window;
	c->count--;
}

/* Keep the window full, as far as the library lets it. */
static void * keep_copying(void *arg)
{
	struct client *c = arg;

	while (!stop) {
		if (c->count < c->window && start(c))
			continue;
		if (c->count > 0)
			reap_oldest(c);
		else
			sched_yield();
	}
	while (c->count > 0)
		reap_oldest(c);
	return NULL;
}

static void run(const char *what, unsigned int nthreads, unsigned int pending)
{
	struct copyfile_setup setup = { .threads = nthreads, .pending = pending };
	struct client large = { .name = 'l', .window = LARGE };
	struct client small = { .name = 's', .window = SMALL };
	struct timespec time = { .tv_sec = SECONDS }, ahead = { .tv_nsec = 50000000 };
	pthread_t threads[2];
	int large_done, small_done;

	if (copyfile_setup(&setup, sizeof setup) != 0)
		bail_out("copyfile_setup");
	stop = false;
	pthread_create(&threads[0], NULL, keep_copying, &large);
	nanosleep(&ahead, NULL);
	pthread_create(&threads[1], NULL, keep_copying, &small);
	nanosleep(&time, NULL);
	large_done = large.done;
	small_done = small.done;
	stop = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	diag("%s: %d and %d copies; refused: %d and %d", what, large_done, small_done,
	     (int)large.refused, (int)small.refused);
	/* A fair share is a half. */
	ok(small_done >= (large_done + small_done) / 6,
	   "%s: the small window has a third of its share at least", what);
	is_int(large.failed + small.failed, 0, "%s: no copy fails", what);
}

int main(void)
{
	scratch_enter("share");
	put_pattern("src", FILE_SIZE, 1);
	if (mkdir("dst", 0755) != 0)
		bail_out("mkdir: %s", strerror(errno));
	run("one thread", 1, 4096);
	run("two threads", 2, 4096);
	run("eight threads", 8, 4096);
	run("few cookies", 2, 24);
	return done_testing();
}
