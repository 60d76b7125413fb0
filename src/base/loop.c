/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: epoll_wait(2), to which any thread adds descriptors while the main thread sleeps
 * in it.  Each is armed for one event (EPOLLONESHOT): its number may soon be another file's,
 * which must not get an event of this one.
 *
 * A hook may call loop_turn() again.  The nested call first handles the rest of the batch,
 * which epoll would not report again.
 *
 * A sandbox may refuse epoll; then loop_open() returns false.  If epoll fails later, in the
 * middle of a run, the loop goes on blind: it calls poll_all a hundred times a second.
 */
#include <config.h>

#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/relaxed.h"
#include "base/retry.h"
#include "base/stop.h"

/* Time from tick to tick, in milliseconds */
#define TICK_MS 100

/* Time between two calls of poll_all without epoll, in milliseconds */
#define BLIND_MS 10

static bool control(struct loop *l, int op, int fd, uint32_t events, void *entry)
{
	struct epoll_event e = { .events = events, .data.ptr = entry };

	return epoll_ctl(l->epoll, op, fd, &e) == 0;
}

void loop_init(struct loop *l, const struct loop_hooks *hooks)
{
	*l = (struct loop){
		.hooks = *hooks, .main = pthread_self(), .epoll = -1, .wakeup = -1,
	};
}

bool loop_open(struct loop *l)
{
	struct epoll_event none;

	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epoll >= 0 && l->wakeup >= 0 && epoll_wait(l->epoll, &none, 1, 0) >= 0 &&
	    control(l, EPOLL_CTL_ADD, l->wakeup, EPOLLIN, NULL))
		return true;
	loop_fini(l);
	return false;
}

void loop_fini(struct loop *l)
{
	if (l->epoll >= 0)
		close(l->epoll);
	if (l->wakeup >= 0)
		close(l->wakeup);
	l->epoll = l->wakeup = -1;
}

bool loop_is_main(const struct loop *l)
{
	return pthread_equal(pthread_self(), l->main);
}

/*
 * epoll forgets a descriptor when it is closed, and tells nobody.  So either operation may
 * be the right one; the likelier one is tried first.
 */
bool loop_watch(struct loop *l, int fd, void *entry)
{
	bool known = fd >= LOOP_KNOWN || atomic_exchange(&l->known[fd], true);
	int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	int second = known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	return control(l, first, fd, EPOLLIN | EPOLLONESHOT, entry) ||
	       control(l, second, fd, EPOLLIN | EPOLLONESHOT, entry);
}

void loop_wake(struct loop *l)
{
	static const uint64_t one = 1;

	/* This fails only if so many wake-ups are pending that no more can be counted. */
	if (l->wakeup >= 0 && RETRY(write(l->wakeup, &one, sizeof one)) < 0)
		return;
}

static void drain_wakeup(struct loop *l)
{
	uint64_t count;

	/* The main thread is awake, which is all that was asked for. */
	if (read(l->wakeup, &count, sizeof count) < 0)
		return;
}

/* Take the next batch of events, after the last one has been handled. */
static void take_batch(struct loop *l, bool wait)
{
	int n = epoll_wait(l->epoll, l->ready, LOOP_BATCH, !wait ? 0 : l->ticking ? TICK_MS : -1);

	if (n < 0 && errno != EINTR)
		relaxed_set(l->blind, true);
	l->next = 0;
	l->end = n < 0 ? 0 : n;
}

void loop_turn(struct loop *l, bool wait)
{
	assert(loop_is_main(l));
	l->depth++;
	if (l->next == l->end && l->epoll >= 0) {
		if (!relaxed_get(l->blind))
			take_batch(l, wait);
		else if (!l->hooks.poll_all(l->hooks.arg) && wait)
			poll(NULL, 0, BLIND_MS);
	}
	while (l->next < l->end) {
		void *entry = l->ready[l->next++].data.ptr;

		if (entry)
			l->hooks.ready(l->hooks.arg, entry);
		else
			drain_wakeup(l);
	}
	assert(l->depth > 0);
	l->depth--;
	l->hooks.tick(l->hooks.arg);
}

bool loop_turn_or(struct loop *l, int fd)
{
	bool blind = l->epoll < 0 || relaxed_get(l->blind);
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN }, { .fd = blind ? -1 : l->epoll, .events = POLLIN },
	};

	assert(l->next == l->end);
	int n = poll(fds, 2, stop_now() ? 0 : blind ? BLIND_MS :
			     l->ticking ? TICK_MS : -1);
	/* Where poll(2) fails, the caller has to do with waiting for fd alone. */
	bool readable = n < 0 ? errno != EINTR : fds[0].revents;
	loop_turn(l, false);
	return readable;
}

void loop_tick(struct loop *l)
{
	if (loop_is_main(l))
		l->hooks.tick(l->hooks.arg);
}
