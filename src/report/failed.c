/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: a name is written in one call, and so in one piece: the FILE has a lock. */
#include <config.h>

#include "report/failed.h"

#include <stdio.h>
#include <string.h>

#include "close-stream.h"
#include "report/outfile.h"

static FILE *file;			/* NULL: none is open */
static char terminator;			/* of each name */

bool failed_open(const char *path, bool null)
{
	terminator = null ? '\0' : '\n';
	file = outfile_open(path, OUTFILE_REPLACE);
	return file;
}

bool failed_close(void)
{
	FILE *closed = file;

	file = NULL;
	return !closed || close_stream(closed) == 0;
}

bool failed_is_open(void)
{
	return file;
}

void failed_add(const char *src, bool whole)
{
	int len = strlen(src);

	if (!file)
		return;
	while (len > 1 && src[len - 1] == '/')
		len--;
	/* An empty name must not become that of the root. */
	bool slash = whole && len && src[len - 1] != '/';
	fprintf(file, "%.*s%s%c", len, src, slash ? "/" : "", terminator);
}
