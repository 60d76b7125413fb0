/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many cookies each client may have, and when its descriptor is readable; in a time that
 * exists in numbers only.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "quota.h"
#include "tap.h"

enum { LIMIT = 16 };

static const int64_t second = 1000000000;

static int64_t now = 1;

static int64_t clock_now(void)
{
	return now;
}

static struct cf_quota quota = { .clock = clock_now };
static struct cf_holder *places[4][LIMIT];
static unsigned int held[4];

static int take_within(int client, unsigned int limit)
{
	int r = cf_quota_take(&quota, client, limit, &places[client][held[client]]);

	held[client] += r == 0;
	return r;
}

static int take(int client)
{
	return take_within(client, LIMIT);
}

static void give(int client)
{
	cf_quota_give(&quota, places[client][--held[client]]);
}

static void reset(void)
{
	cf_quota_clear(&quota);
	memset(held, 0, sizeof held);
	now += 10 * second;
}

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

static void test_alone(void)
{
	int i;

	for (i = 0; i < LIMIT; i++)
		if (take(1) != 0)
			break;
	is_int(i, LIMIT, "a client that is alone may have all places");
	is_int(take(1), -EAGAIN, "and no more");
	give(1);
	is_int(take(1), 0, "one that was given back can be had at once");
	is_int(quota.live, LIMIT, "places are counted");
	reset();
}

static void test_late_comer(void)
{
	int i, refused = 0;

	while (take(1) == 0)
		;
	is_int(take(2), -EAGAIN, "a second client finds no room");
	/* Client 1 tries again each time before client 2 does. */
	for (i = 0; i < LIMIT; i++) {
		give(1);
		refused += take(1) != 0;
		take(2);
	}
	is_int(held[2], LIMIT / 2, "but gets its share, although the first one tries sooner");
	is_int(held[1], LIMIT / 2, "and leaves the first one as much");
	ok(refused >= LIMIT / 2, "which was refused (%d times)", refused);
	while (held[2] > 0)
		give(2);
	now += second;
	while (take(1) == 0)
		;
	is_int(held[1], LIMIT, "when nobody else tries any more the first may have all again");
	reset();
}

static void test_three(void)
{
	int i;

	while (take(1) == 0)
		;
	take(2);
	take(3);
	for (i = 0; i < 4 * LIMIT; i++) {
		if (held[1] > 0)
			give(1);
		take(1);
		take(2);
		take(3);
	}
	ok(held[1] >= LIMIT / 3 && held[2] >= LIMIT / 3 && held[3] >= LIMIT / 3,
	   "three clients share: %u, %u, %u", held[1], held[2], held[3]);
	reset();
}

static void test_lower_limit(void)
{
	int i;

	while (take(1) == 0)
		;
	for (i = 0; i < 3 * LIMIT; i++) {
		if (held[1] > 0)
			give(1);
		take(1);
		take_within(2, LIMIT / 2);
	}
	is_int(held[2], LIMIT / 4, "a client with a lower limit gets its share of that");
	reset();
}

static void test_fd(void)
{
	int fd = cf_quota_fd(&quota, 1), other;

	ok(fd >= 3 && is_readable(fd), "a descriptor is readable to begin with");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "it is closed by exec");
	is_int(cf_quota_fd(&quota, 1), fd, "a client has one");
	other = cf_quota_fd(&quota, 2);
	ok(other >= 0 && other != fd, "another client has another one");

	while (take(1) == 0)
		;
	ok(!is_readable(fd), "it is not readable once the client was refused");
	ok(is_readable(other), "which is no matter to the other client");
	give(1);
	ok(is_readable(fd), "it is when there is room");
	is_int(take(1), 0, "which is true");
	ok(is_readable(fd), "it stays so until the next refusal");

	take(2);
	ok(!is_readable(other), "a client that finds others at the limit is told to wait");
	take(1);
	give(1);
	ok(is_readable(other), "and told of the place that is given back");
	ok(!is_readable(fd), "which is not for the client that has more than its share");
	reset();
	ok(fcntl(fd, F_GETFD) < 0 && fcntl(other, F_GETFD) < 0, "in the end they are closed");
}

static void test_fd_late(void)
{
	int fd;

	while (take(1) == 0)
		;
	fd = cf_quota_fd(&quota, 1);
	ok(!is_readable(fd), "one that is asked for after a refusal is not readable");
	give(1);
	ok(is_readable(fd), "until there is room");
	reset();
	while (take(1) == 0)
		;
	give(1);
	ok(is_readable(cf_quota_fd(&quota, 1)), "or there was some meanwhile");
	reset();
}

static void test_until_idle(void)
{
	int fd = cf_quota_fd(&quota, 2);

	take(1);
	take(1);
	take(2);
	cf_quota_refuse_until_idle(&quota, places[2][--held[2]]);
	is_int(quota.live, 2, "a place that is of no use is given back");
	give(1);
	ok(!is_readable(fd), "room alone does not help");
	give(1);
	ok(is_readable(fd), "the last one does");
	reset();
}

int main(void)
{
	test_alone();
	test_late_comer();
	test_three();
	test_lower_limit();
	test_fd();
	test_fd_late();
	test_until_idle();
	return done_testing();
}
