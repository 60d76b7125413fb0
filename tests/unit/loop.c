/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main thread's event loop: what is readable is told once, wake-ups, ticks, blindness. */
#include <config.h>

#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "tap.h"

static struct {
	struct loop loop;
	int ready[256];			/* how often each entry was told */
	int ticks, looks;
} t;

static void on_ready(void *arg, void *entry)
{
	int n = (int)(intptr_t)entry;

	(void)arg;
	t.ready[n]++;
	if (n == 9)
		loop_turn(&t.loop, false);
}

static bool on_look(void *arg)
{
	(void)arg;
	return ++t.looks == 1;
}

static void on_tick(void *arg)
{
	(void)arg;
	t.ticks++;
}

static const struct loop_hooks hooks = { .ready = on_ready, .poll_all = on_look, .tick = on_tick };

static int raised(void)
{
	return eventfd(1, EFD_CLOEXEC);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + ts.tv_nsec / 1e9;
}

static void *wake_later(void *arg)
{
	(void)arg;
	nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
	loop_wake(&t.loop);
	return loop_is_main(&t.loop) ? &t : NULL;
}

static void test_once(void)
{
	int fd = raised();

	ok(loop_watch(&t.loop, fd, (void *)1), "a descriptor can be watched");
	loop_turn(&t.loop, true);
	loop_turn(&t.loop, false);
	is_int(t.ready[1], 1, "one that stays readable is told once");
	ok(loop_watch(&t.loop, fd, (void *)2), "and can be watched again");
	loop_turn(&t.loop, true);
	is_int(t.ready[2], 1, "as another entry");
	close(fd);
	/* The kernel gives the lowest number, which the loop knows. */
	int again = raised();
	ok(again == fd && loop_watch(&t.loop, again, (void *)4),
	   "a number that was closed and opened again can be watched");
	loop_turn(&t.loop, true);
	is_int(t.ready[4], 1, "and is told");
	close(again);
}

static void test_wake(void)
{
	pthread_t thread;
	void *was_main;
	double begin = now();

	pthread_create(&thread, NULL, wake_later, NULL);
	loop_turn(&t.loop, true);
	double took = now() - begin;
	pthread_join(thread, &was_main);
	ok(took >= 0.02 && took < 5, "a wake-up ends the sleep");
	ok(!was_main && loop_is_main(&t.loop), "only the thread that made the loop is main");
	int ticks = t.ticks;
	loop_tick(&t.loop);
	is_int(t.ticks, ticks + 1, "main ticks when it asks for that");
}

static void test_ticking(void)
{
	double begin = now();

	t.loop.ticking = true;
	loop_turn(&t.loop, true);
	t.loop.ticking = false;
	ok(now() - begin >= 0.05 && now() - begin < 5,
	   "a ticking loop sleeps no longer than a tick");
}

/* Of a batch, the rest is seen to by the turn within, and each once. */
static void test_nested(void)
{
	int fd[3] = { raised(), raised(), raised() };

	loop_watch(&t.loop, fd[0], (void *)9);
	loop_watch(&t.loop, fd[1], (void *)10);
	loop_watch(&t.loop, fd[2], (void *)11);
	loop_turn(&t.loop, true);
	ok(t.ready[9] == 1 && t.ready[10] == 1 && t.ready[11] == 1,
	   "a turn within a turn sees to the rest of the batch");
	is_int(t.loop.depth, 0, "and the nesting is over");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
}

static void test_blind(void)
{
	/* As if epoll had begun to fail */
	close(t.loop.epoll);
	t.loop.epoll = dup(STDIN_FILENO);
	loop_turn(&t.loop, false);
	loop_turn(&t.loop, false);
	is_int(t.looks, 1, "where epoll fails the owner of the loop looks");
	double begin = now();
	loop_turn(&t.loop, true);
	ok(t.looks == 2 && now() - begin >= 0.005, "and after a look in vain it waits for a while");
	ok(!loop_watch(&t.loop, STDIN_FILENO, (void *)5), "nothing can be watched any more");
}

int main(void)
{
	loop_init(&t.loop, &hooks);
	int fd = raised();
	loop_turn(&t.loop, true);
	is_int(t.ticks, 1, "a loop that is not open does not sleep, but ticks");
	close(fd);
	if (!ok(loop_open(&t.loop), "it can be opened"))
		return done_testing();
	test_once();
	test_wake();
	test_ticking();
	test_nested();
	test_blind();
	loop_fini(&t.loop);
	return done_testing();
}
