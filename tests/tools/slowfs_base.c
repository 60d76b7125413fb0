/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slowfs_base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void die(const char *what, const char *arg)
{
	fprintf(stderr, "slowfs: %s: %s\n", what, arg);
	exit(2);
}

void nap(unsigned long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };
	while (us && nanosleep(&t, &t) && errno == EINTR)
		;
}
