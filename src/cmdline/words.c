/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an option counts unless it is in the list of those that do not matter, so that one which
 * is forgotten there only makes two runs differ that are alike.  Words are quoted as a shell would
 * read them.  Of the files that options name there is a hash.
 */
#include <config.h>

#include "cmdline/words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmdline/table.h"
#include "journal/xxh.h"
#include "quotearg.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* Options that say how fast something is done, or what is told of it */
static const int other[] = {
	'j', 'q', 'v', OPT_ADAPTIVE, OPT_BWLIMIT, OPT_CHUNK, OPT_CONTROL, OPT_DEBUG, OPT_FAILED_TO,
	OPT_FSYNC, OPT_JOURNAL, OPT_JOURNAL_RESTART, OPT_JSON, OPT_JSON_FILES, OPT_JSON_INTERVAL,
	OPT_LOG, OPT_MAX_DELETE, OPT_MAX_ERRORS, OPT_MAX_TIME, OPT_METRICS, OPT_NICE, OPT_OPS_LIMIT,
	OPT_PROGRESS, OPT_REPORT, OPT_RETRY, OPT_STATS, OPT_STOP_AT, OPT_WINDOW,
};

static char *line;			/* NULL: empty */
static uint64_t read_hash;		/* of all lines that options have read, in order; 0: none */

static void add(const char *before, const char *word)
{
	char *longer = xasprintf("%s%s%s%s", line ? line : "", line ? " " : "", before, word);

	free(line);
	line = longer;
}

static const char *quoted(const char *word)
{
	return quotearg_style(shell_escape_quoting_style, word);
}

static bool matters(int c)
{
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		if (other[i] == c)
			return false;
	return true;
}

void words_add_option(int c, const char *arg)
{
	const char *name = table_name(c);
	char letter[] = { c, 0 };

	if (!matters(c))
		return;
	char *option = name ? xasprintf("--%s%s", name, arg ? "=" : "") :
			      xasprintf("-%s", letter);
	add(option, arg ? quoted(arg) : "");
	free(option);
}

void words_add_read(const char *text)
{
	read_hash = xxh_numbered(read_hash, text).low;
}

const char *words_end(char *const *operands, int n)
{
	bool relative = false;

	if (read_hash) {
		char *hash = xasprintf("%" PRIx64, read_hash);

		add("# ", hash);
		free(hash);
	}
	for (int i = 0; i < n; i++) {
		relative |= operands[i][0] != '/';
		add("", quoted(operands[i]));
	}
	char *cwd = relative ? getcwd(NULL, 0) : NULL;
	if (cwd)
		add("in ", quoted(cwd));
	free(cwd);
	return line ? line : "";
}
