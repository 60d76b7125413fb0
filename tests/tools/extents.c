/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extents: reads names, NUL after each, and prints for every regular file where
 * SEEK_DATA and SEEK_HOLE see data, in blocks of 4096 bytes, and its size:
 *
 *	0-3 16-17 size 131072 ./name
 *
 * A run is widened to whole blocks and merged with the one before that it then
 * touches, so that file systems with smaller blocks give the same map.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 4096 };

static void print_run(off_t first, off_t end)
{
	if (end > first)
		printf("%lld-%lld ", (long long)first, (long long)end);
}

static int print_map(int fd, off_t size)
{
	off_t first = 0, end = 0, data, hole = 0;

	while ((data = lseek(fd, hole, SEEK_DATA)) >= 0) {
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole <= data)
			return -1;
		if (data / BLOCK > end) {
			print_run(first, end);
			first = data / BLOCK;
		}
		end = (hole + BLOCK - 1) / BLOCK;
	}
	print_run(first, end);
	printf("size %lld ", (long long)size);
	return errno == ENXIO ? 0 : -1;
}

int main(void)
{
	char *name = NULL;
	size_t room = 0;
	int failed = 0;

	while (getdelim(&name, &room, 0, stdin) > 0) {
		int fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || print_map(fd, st.st_size)) {
			fprintf(stderr, "extents: %s: %s\n", name, strerror(errno));
			failed = 1;
		}
		puts(name);
		if (fd >= 0)
			close(fd);
	}
	free(name);
	return failed;
}
