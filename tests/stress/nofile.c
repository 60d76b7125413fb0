/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running out of descriptors: copies fail cleanly with EMFILE, or are not
 * started for EAGAIN; nothing half is left; and all is well when there is room
 * again.
 */
#include <config.h>

#include <sys/resource.h>

#include "scratch.h"
#include "tap.h"

enum { MANY = 64 };

static rlim_t hard;

static void limit_to(rlim_t n)
{
	struct rlimit limit = { n, hard };

	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		bail_out("setrlimit: %s", strerror(errno));
}

/* Descriptors in use, by number: what a limit counts */
static int highest_fd(void)
{
	int fd, highest = 2;

	for (fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			highest = fd;
	return highest;
}

/* Leave no gap below the highest descriptor, so that room means room */
static void fill_gaps(void)
{
	int highest = highest_fd(), fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd < highest);
}

static void test_room_for(int room, const char *how_name, unsigned long how, bool modest)
{
	int cookies[MANY], results[MANY], i, stray = 0, half = 0, done = 0, out = 0;
	char name[16];

	limit_to((rlim_t)(highest_fd() + 1 + room));
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "d%d", i);
		cookies[i] = copyfile("src", name, how);
	}
	for (i = 0; i < MANY; i++)
		results[i] = finish(cookies[i]);
	limit_to(hard < 4096 ? hard : 4096);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "d%d", i);
		if (results[i] == 0) {
			done++;
			half += !same_data("src", name);
		} else {
			out++;
			half += exists(name);
			if (results[i] != -EMFILE && results[i] != -EAGAIN) {
				stray++;
				diag("%s", strerror(-results[i]));
			}
		}
		drop(name);
	}
	diag("%s, room for %d: %d done, %d refused", how_name, room, done, out);
	is_int(stray, 0, "%s, room for %d: no error but EMFILE and EAGAIN", how_name, room);
	is_int(half, 0, "%s, room for %d: what is there is whole", how_name, room);
	if (room == 0)
		is_int(done, 0, "%s: nothing can be copied without a descriptor", how_name);
	/* Where cookies take what the copies need, it may be that none is */
	if (room >= 8 && (modest || how & COPYFILE_SYNC))
		ok(done > 0, "%s, room for %d: some are done", how_name, room);
	is_int(copy("src", "after", how), 0, "%s: with room again, copies are made", how_name);
	ok(same_data("src", "after"), "%s: good ones", how_name);
	drop("after");
}

int main(void)
{
	static const int rooms[] = { 0, 1, 2, 3, 5, 8, 20 };
	static const struct copyfile_setup setups[] = {
		{ 0 },
		{ .pending = MANY },
		{ .threads = 1, .pending = 2 },
	};
	struct rlimit limit;
	unsigned int room, setup;
	int i;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		skip_all("no RLIMIT_NOFILE");
	hard = limit.rlim_max;
	fill_gaps();
	scratch_enter("nofile");
	put_pattern("src", 10000, 1);
	for (setup = 0; setup < 3; setup++) {
		for (room = 0; room < sizeof rooms / sizeof rooms[0]; room++) {
			for (i = 0; i < SCHEDULES; i++) {
				/* A pool that is new has everything yet to open */
				is_int(copyfile_shutdown(), 0, "shutdown");
				if (copyfile_setup(&setups[setup], sizeof setups[setup]) != 0)
					bail_out("copyfile_setup");
				test_room_for(rooms[room], schedules[i].name,
					      schedules[i].flag,
					      setups[setup].pending == 2);
			}
		}
	}
	return scratch_done();
}
