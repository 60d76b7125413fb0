/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copyfile_room_fd(): an event loop is told when a copy that was refused may be tried again.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <sys/fsuid.h>

#include "scratch.h"
#include "tap.h"

enum { CLIENT = 7, NOBODY = 65534 };

static int start(const char *dst, uint64_t client)
{
	const struct copyfile_how how = { .flags = LONG_FLAGS, .client = client };

	return copyfileat(AT_FDCWD, "long", AT_FDCWD, dst, &how, sizeof how);
}

static void test_refusal(void)
{
	int fd = copyfile_room_fd(CLIENT), first = start("a", CLIENT);

	ok(fd >= 3, "there is a descriptor");
	ok(first > 0 && readable(fd, 0), "it is readable while nothing was refused");
	is_int(start("b", CLIENT), -EAGAIN, "a second copy is refused");
	ok(!readable(fd, 50), "then it is not readable");
	ok(copyfile_ctrl(first, COPYFILE_CANCEL) > 0, "the first copy is cancelled");
	readable(first, -1);
	ok(!readable(fd, 50), "nor when a copy has ended, whose cookie is still live");
	is_int(finish(first), -ECANCELED, "the cookie is released");
	ok(readable(fd, 0), "now it is");
	first = start("b", CLIENT);
	ok(first > 0, "and the second copy can be started");
	cancel(first);
}

static void * cancel_soon(void *cookie)
{
	struct timespec wait = { .tv_nsec = 20000000 };

	nanosleep(&wait, NULL);
	cancel(*(int *)cookie);
	return NULL;
}

/* A thread that names no client waits for the room that another thread makes. */
static void test_other_thread(void)
{
	int fd = copyfile_room_fd(0), first = start("a", CLIENT);
	pthread_t thread;

	is_int(start("b", 0), -EAGAIN, "a copy is refused for that of another client");
	pthread_create(&thread, NULL, cancel_soon, &first);
	ok(readable(fd, 10000), "poll() is woken when the other client is done");
	pthread_join(thread, NULL);
	first = start("b", 0);
	ok(first > 0, "and the copy can be started");
	cancel(first);
}

static int inherited;

static int child(void)
{
	int own;

	if (fcntl(inherited, F_GETFD) >= 0)
		return 1;
	own = copyfile_room_fd(CLIENT);
	return own < 0 ? 2 : !readable(own, 0) ? 3 : 0;
}

static void test_fork(void)
{
	inherited = copyfile_room_fd(CLIENT);
	is_int(in_child(child), 0, "a child does not have it, and gets its own");
#ifndef SCRATCH_TSAN
	ok(fcntl(inherited, F_GETFD) >= 0, "the parent's is still there");
#endif
}

static void test_end(void)
{
	int fd = copyfile_room_fd(CLIENT);

	is_int(copyfile_shutdown(), 0, "shutdown");
	ok(fcntl(fd, F_GETFD) < 0, "closes the descriptor");
}

static void * as_nobody(void *ret)
{
	setfsuid(NOBODY);
	*(int *)ret = start("b", CLIENT + 1);
	return NULL;
}

static void test_credentials(void)
{
	int first, r = 0, fd;
	pthread_t thread;

	if (getuid() != 0) {
		skip(3, "only root has other credentials");
		return;
	}
	long_setup(0, 16);
	if (chmod(".", 0755) != 0)
		bail_out("chmod: %s", strerror(errno));
	fd = copyfile_room_fd(CLIENT + 1);
	first = start("a", CLIENT);
	pthread_create(&thread, NULL, as_nobody, &r);
	pthread_join(thread, NULL);
	is_int(r, -EAGAIN, "a thread with other credentials is refused");
	ok(!readable(fd, 50), "its descriptor is not readable");
	cancel(first);
	ok(readable(fd, 0), "until no copy is under way");
}

int main(void)
{
	scratch_enter("room");
	long_setup(0, 1);
	test_refusal();
	test_other_thread();
	test_fork();
	test_end();
	test_credentials();
	return done_testing();
}
