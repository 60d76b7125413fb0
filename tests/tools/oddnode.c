/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oddnode: makes what no shell command makes.
 *
 *	oddnode socket NAME		a socket, bound and left behind
 *	oddnode deep DIR LEVELS		DIR/ddddd/ddddd/..., LEVELS of them, a
 *					file "leaf" in each; may exceed PATH_MAX
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int make_socket(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(name) >= sizeof addr.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(addr.sun_path, name);
	return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&addr, sizeof addr);
}

static int make_deep(const char *dir, long levels)
{
	if ((mkdir(dir, 0777) && errno != EEXIST) || chdir(dir))
		return -1;
	for (long i = 1; i <= levels; i++) {
		if (mkdir("ddddd", 0777) || chdir("ddddd"))
			return -1;
		int fd = open("leaf", O_WRONLY | O_CREAT | O_EXCL, 0666);
		if (fd < 0 || dprintf(fd, "level %ld\n", i) < 0 || close(fd))
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int r;

	if (argc == 3 && !strcmp(argv[1], "socket"))
		r = make_socket(argv[2]);
	else if (argc == 4 && !strcmp(argv[1], "deep"))
		r = make_deep(argv[2], atol(argv[3]));
	else {
		fputs("usage: oddnode socket NAME | oddnode deep DIR LEVELS\n", stderr);
		return 2;
	}
	if (r)
		perror("oddnode");
	return r != 0;
}
