/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "cmdline/jsonfd.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <unistd.h>

#include "cmdline/table.h"
#include "report/json.h"
#include "xstrtol.h"

int jsonfd_parse(const char *arg)
{
	unsigned long fd;

	if (!arg)
		return STDOUT_FILENO;
	if (xstrtoul(arg, NULL, 10, &fd, "") != LONGINT_OK || fd > INT_MAX || fd == STDERR_FILENO)
		return -1;
	int flags = fcntl((int)fd, F_GETFL);
	return flags < 0 || (flags & O_ACCMODE) == O_RDONLY ? -1 : (int)fd;
}

void jsonfd_begin_later(void)
{
	opterr = 0;
	for (int c; !json_is_on() && (c = table_next()) != -1;) {
		int fd = c == OPT_JSON ? jsonfd_parse(optarg) : -1;

		if (fd >= 0)
			json_begin(fd, false);
	}
}
