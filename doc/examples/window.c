/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * window - copy files into a directory, a bounded number of them at a time
 *
 *     window DIRECTORY FILE...
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <libcopyfile.h>

enum { WINDOW = 64 };

static struct pollfd window[WINDOW]; /* a cookie each */
static int pending; /* of them in use */
static char **args;
static int failed;

/* A copy has ended in our hands.  Its tag tells which. */
static void
ended(void)
{
	struct copyfile_info info;

	if (copyfile_info(0, &info, sizeof(info)) < 0 || info.error == 0)
		return;
	failed = 1;
	fprintf(stderr, "window: %s: %s: %s%s\n", args[info.tag],
		copyfile_stage_name(info.stage), strerror(-info.error),
		info.partial == COPYFILE_PARTIAL_KEPT ? " (incomplete file left)" : "");
}

/* Wait until no more than max are pending */
static void
settle(int max)
{
	int i;

	while (pending > max) {
		if (poll(window, pending, -1) < 0)
			continue; /* a signal */
		for (i = pending - 1; i >= 0; i--) {
			if (window[i].revents == 0)
				continue;
			if (copyfile_ctrl(window[i].fd, COPYFILE_STATUS) > 0)
				continue;
			ended();
			window[i] = window[--pending];
		}
	}
}

static void
start(int dir, int arg)
{
	struct copyfile_how how = { 0 };
	const char *src = args[arg];
	const char *slash = strrchr(src, '/');
	int ret;

	how.flags = COPYFILE_MODE;
	how.tag = arg;
	if (pending == WINDOW)
		settle(WINDOW / 2);
	for (;;) {
		ret = copyfileat(AT_FDCWD, src, dir, slash ? slash + 1 : src,
				 &how, sizeof(how));
		if (ret != -EAGAIN || pending == 0)
			break;
		settle(pending / 2); /* the library's limit is lower than ours */
	}
	if (ret > 0) {
		window[pending].fd = ret;
		window[pending++].events = POLLIN;
	} else {
		ended();
	}
}

int
main(int argc, char **argv)
{
	int dir, i;

	if (argc < 3) {
		fprintf(stderr, "usage: window DIRECTORY FILE...\n");
		return 2;
	}
	args = argv;
	dir = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (dir < 0) {
		perror(argv[1]);
		return 1;
	}
	for (i = 2; i < argc; i++)
		start(dir, i);
	settle(0);
	return failed;
}
