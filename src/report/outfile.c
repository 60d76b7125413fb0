/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a file is emptied only once it is known that no other option has it, so it is opened
 * before that.  Two names of one file are told by its inode.
 */
#include <config.h>

#include "report/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/retry.h"
#include "base/stop.h"
#include "same-inode.h"

/* Options that name a file */
#define MOST 4

/* Descriptors of regular files that have been opened; what was closed is none any more. */
static int opened[MOST];
static int nopened;

/* Returns true if st has been opened, by another descriptor than fd. */
static bool is_open(const struct stat *st, int fd)
{
	struct stat other;

	for (int i = 0; i < nopened; i++)
		if (opened[i] != fd && RETRY(fstat(opened[i], &other)) == 0 &&
		    SAME_INODE(other, *st))
			return true;
	return false;
}

bool outfile_has(const struct stat *st)
{
	return S_ISREG(st->st_mode) && is_open(st, -1);
}

/* Returns true if fd is a regular file that is open already; else it counts from now on. */
static bool is_another_ones(int fd)
{
	struct stat st;

	if (RETRY(fstat(fd, &st)) < 0 || !S_ISREG(st.st_mode))
		return false;
	if (is_open(&st, fd))
		return true;
	if (nopened < MOST)
		opened[nopened++] = fd;
	return false;
}

int outfile_open_list(const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	int fd;

	/* A FIFO may have no writer for long. */
	do
		fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) :
				open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR && !stop_asked());
	/* It is the first that is opened. */
	if (fd >= 0)
		(void)is_another_ones(fd);
	return fd;
}

/* Returns a descriptor for path, or -1. */
static int open_path(const char *path, enum outfile_mode mode)
{
	int append = mode == OUTFILE_APPEND ? O_APPEND : 0;
	int fd = RETRY(open(path, O_WRONLY | O_CREAT | O_CLOEXEC | append, 0666));

	if (fd < 0)
		return -1;
	if (is_another_ones(fd))
		errno = EEXIST;
	/* What is no regular file cannot be emptied, and need not be. */
	else if (append || RETRY(ftruncate(fd, 0)) == 0 || errno == EINVAL)
		return fd;
	int err = errno;
	close(fd);
	errno = err;
	return -1;
}

FILE *outfile_open(const char *path, enum outfile_mode mode)
{
	bool is_stderr = !strcmp(path, "-");
	int fd = is_stderr ? RETRY(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) :
			     open_path(path, mode);
	FILE *file = fd < 0 ? NULL : fdopen(fd, mode == OUTFILE_APPEND ? "a" : "w");

	if (!file && fd >= 0)
		close(fd);
	/* Among messages each line comes when it is written. */
	if (file && is_stderr)
		setvbuf(file, NULL, _IOLBF, 0);
	return file;
}
