/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * manager - the copy dialog of a file manager, without its windows
 *
 *     manager DIRECTORY FILE...
 *
 * It copies every FILE into DIRECTORY, and sleeps in one poll() alone.  Ten times
 * a second, if something changed, it prints "NAME: 42%" for each copy under way;
 * when one ends "NAME: done", "NAME: cancelled", or the stage and the error.  Until
 * its input ends, each line is a command: "cancel NAME", or "quit", to cancel all.
 *
 * The percentage is 100 less what COPYFILE_STATUS says remains.  That is never 0
 * for a copy that goes on, so 100% is said only once the cookie said 0.  (Of
 * copyfile_info(), bytes_done may be bytes_total while the file is not closed.)
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libcopyfile.h>

enum { WINDOW = 64, TICK = 100 }; /* copies; milliseconds */

/* Row 0 is standard input; rows 1 to live are copies, a cookie each. */
static struct pollfd polled[1 + WINDOW];
static struct row {
	const char *name;
	int percent;
} rows[1 + WINDOW];
static int live, failed;
static int changed; /* since the rows were shown */
static char **waiting; /* FILEs not started yet, up to NULL */

/* The last part; or all if that is empty, which no file can be copied by */
static const char *
name_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash && slash[1] ? slash + 1 : file;
}

/* A copy has ended in our hands, with ret. */
static void
report(const char *name, int ret)
{
	struct copyfile_info info = { 0 };
	const char *left;

	copyfile_info(0, &info, sizeof(info));
	left = info.partial == COPYFILE_PARTIAL_KEPT ? " (incomplete file left)" : "";
	if (ret == 0)
		printf("%s: 100%%\n%s: done\n", name, name);
	else if (ret == -ECANCELED)
		printf("%s: cancelled%s\n", name, left);
	else
		printf("%s: %s: %s%s\n", name, copyfile_stage_name(info.stage),
		       strerror(-ret), left);
	failed |= ret < 0 && ret != -ECANCELED;
}

/* See how far a row's copy is.  If it has ended, the last row moves here. */
static void
look(int row)
{
	int ret = copyfile_ctrl(polled[row].fd, COPYFILE_STATUS);

	if (ret <= 0) {
		report(rows[row].name, ret);
		rows[row] = rows[live];
		polled[row] = polled[live--];
	} else if (rows[row].percent != 100 - ret) {
		rows[row].percent = 100 - ret;
		changed = 1;
	}
}

/* Start a copy.  Returns 0 if it has to wait until another has ended. */
static int
start(int dir, const char *file)
{
	struct copyfile_how how = { 0 };
	int ret;

	how.flags = COPYFILE_MODE | COPYFILE_ASYNC;
	ret = copyfileat(AT_FDCWD, file, dir, name_of(file), &how, sizeof(how));
	if (ret == -EAGAIN && live > 0)
		return 0; /* the library's limit is lower than ours */
	if (ret > 0) {
		live++;
		polled[live].fd = ret;
		polled[live].events = POLLIN;
		rows[live].name = name_of(file);
		rows[live].percent = -1;
	} else {
		report(name_of(file), ret);
	}
	return 1;
}

/* Cancel what has that name; without one, everything. */
static void
cancel(const char *name)
{
	char **from, **to;
	int row;

	/* Each result comes by way of look(), as that of any copy. */
	for (row = 1; row <= live; row++)
		if ((!name || strcmp(rows[row].name, name) == 0) &&
		    copyfile_ctrl(polled[row].fd, COPYFILE_CANCEL) < 0)
			perror(rows[row].name);
	for (from = to = waiting; *from; from++)
		if (!name || strcmp(name_of(*from), name) == 0)
			printf("%s: cancelled\n", name_of(*from));
		else
			*to++ = *from;
	*to = NULL;
}

/* Read what is there, which need not be whole lines, and obey. */
static void
commands(void)
{
	static char line[1024];
	static size_t used;
	ssize_t got = read(STDIN_FILENO, line + used, sizeof(line) - used);
	char *end;

	if (got > 0)
		used += got;
	else if (got == 0 || (errno != EINTR && errno != EAGAIN))
		polled[0].fd = -1; /* no more of them; poll() passes over it */
	while ((end = (char *)memchr(line, '\n', used)) != NULL) {
		*end++ = '\0';
		if (strncmp(line, "cancel ", 7) == 0)
			cancel(line + 7);
		else if (strcmp(line, "quit") == 0)
			cancel(NULL);
		else
			fprintf(stderr, "manager: unknown command: %s\n", line);
		used -= end - line;
		memmove(line, end, used);
	}
}

static long long
milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Print the rows, if something changed, and the last time is long enough ago. */
static void
show(void)
{
	static long long last;
	int row;

	if (!changed || milliseconds() - last < TICK)
		return;
	for (row = 1; row <= live; row++)
		printf("%s: %d%%\n", rows[row].name, rows[row].percent);
	last = milliseconds();
	changed = 0;
}

int
main(int argc, char **argv)
{
	int dir, row;

	if (argc < 3) {
		fprintf(stderr, "usage: manager DIRECTORY FILE...\n");
		return 2;
	}
	dir = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (dir < 0) {
		perror(argv[1]);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	polled[0].fd = STDIN_FILENO;
	polled[0].events = POLLIN;
	waiting = argv + 2;
	for (;;) {
		while (*waiting && live < WINDOW && start(dir, *waiting))
			waiting++;
		if (live == 0)
			return failed;
		if (poll(polled, 1 + live, TICK) < 0)
			continue; /* a signal */
		for (row = live; row > 0; row--)
			look(row);
		if (polled[0].revents != 0)
			commands();
		show();
	}
}
