/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * meter LOG TEXT COMMAND... - runs COMMAND, and adds a line to the file LOG:
 * TEXT, the seconds from its start to its end, those of the processor, and the
 * peak of its resident memory in KiB.  The status is COMMAND's; if it is not 0
 * there is no line.
 *
 * The peak is getrusage's: VmHWM in /proc can only be read while the process is
 * there, which at its peak it may be for the last time.  It is that of whoever
 * became COMMAND as well, so it must be somebody small: not a shell.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return t.tv_sec + t.tv_usec / 1e6;
}

/* As a shell has it */
static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	struct rusage usage;
	pid_t child;
	int status;

	if (argc < 4) {
		fprintf(stderr, "usage: meter LOG TEXT COMMAND...\n");
		return 2;
	}
	double begin = now();
	int error = posix_spawnp(&child, argv[3], NULL, NULL, argv + 3, environ);
	if (error) {
		fprintf(stderr, "meter: %s: %s\n", argv[3], strerror(error));
		return 127;
	}

	/* What ends a whole group of processes must not leave COMMAND alone. */
	for (const int *s = (const int[]){ SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0 }; *s; s++)
		signal(*s, SIG_IGN);
	while (wait4(child, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return 1;
	double wall = now() - begin;
	if (status)
		return exit_status(status);

	FILE *log = fopen(argv[1], "a");
	if (!log || fprintf(log, "%s %.6f %.6f %ld\n", argv[2], wall,
			    seconds(usage.ru_utime) + seconds(usage.ru_stime),
			    usage.ru_maxrss) < 0 || fclose(log)) {
		fprintf(stderr, "meter: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return 0;
}
