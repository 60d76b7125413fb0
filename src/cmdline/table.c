/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: getopt_long() words its complaints as cp's users know them.  It is given cp's table
 * or the one of all options, by the name that comes next.
 */
#include <config.h>

#include "cmdline/table.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

static const char short_options[] = "0abdfHij:lLnpqrst:uvxPRS:TX:Z";

/* Options that cp does not have */
static const struct option own_options[] = {
	{ "adaptive", no_argument, NULL, OPT_ADAPTIVE },
	{ "atomic", no_argument, NULL, OPT_ATOMIC },
	{ "anchored", no_argument, NULL, OPT_ANCHORED },
	{ "beneath", no_argument, NULL, OPT_BENEATH },
	{ "bwlimit", required_argument, NULL, OPT_BWLIMIT },
	{ "check-journal", required_argument, NULL, OPT_CHECK_JOURNAL },
	{ "checksum-file", required_argument, NULL, OPT_CHECKSUM_FILE },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "delete", no_argument, NULL, OPT_DELETE },
	{ "delete-excluded", no_argument, NULL, OPT_DELETE_EXCLUDED },
	{ "dry-run", optional_argument, NULL, OPT_DRY_RUN },
	{ "exclude", required_argument, NULL, OPT_EXCLUDE },
	{ "exclude-caches", no_argument, NULL, OPT_EXCLUDE_CACHES },
	{ "exclude-from", required_argument, NULL, 'X' },
	{ "exclude-tag", required_argument, NULL, OPT_EXCLUDE_TAG },
	{ "failed-to", required_argument, NULL, OPT_FAILED_TO },
	{ "files-from", required_argument, NULL, OPT_FILES_FROM },
	{ "fsync", no_argument, NULL, OPT_FSYNC },
	{ "ignore-case", no_argument, NULL, OPT_IGNORE_CASE },
	{ "include", required_argument, NULL, OPT_INCLUDE },
	{ "jobs", required_argument, NULL, 'j' },
	{ "journal", required_argument, NULL, OPT_JOURNAL },
	{ "journal-restart", no_argument, NULL, OPT_JOURNAL_RESTART },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "json-files", no_argument, NULL, OPT_JSON_FILES },
	{ "json-interval", required_argument, NULL, OPT_JSON_INTERVAL },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "max-delete", required_argument, NULL, OPT_MAX_DELETE },
	{ "max-errors", required_argument, NULL, OPT_MAX_ERRORS },
	{ "max-size", required_argument, NULL, OPT_MAX_SIZE },
	{ "max-time", required_argument, NULL, OPT_MAX_TIME },
	{ "metrics", required_argument, NULL, OPT_METRICS },
	{ "min-size", required_argument, NULL, OPT_MIN_SIZE },
	{ "mirror", no_argument, NULL, OPT_MIRROR },
	{ "newer", required_argument, NULL, OPT_NEWER },
	{ "nice", no_argument, NULL, OPT_NICE },
	{ "no-anchored", no_argument, NULL, OPT_NO_ANCHORED },
	{ "no-ignore-case", no_argument, NULL, OPT_NO_IGNORE_CASE },
	{ "no-wildcards", no_argument, NULL, OPT_NO_WILDCARDS },
	{ "no-wildcards-match-slash", no_argument, NULL, OPT_NO_MATCH_SLASH },
	{ "null", no_argument, NULL, '0' },
	{ "older", required_argument, NULL, OPT_OLDER },
	{ "ops-limit", required_argument, NULL, OPT_OPS_LIMIT },
	{ "progress", optional_argument, NULL, OPT_PROGRESS },
	{ "quiet", no_argument, NULL, 'q' },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "retry", required_argument, NULL, OPT_RETRY },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "stop-at", required_argument, NULL, OPT_STOP_AT },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "verify", optional_argument, NULL, OPT_VERIFY },
	{ "wildcards", no_argument, NULL, OPT_WILDCARDS },
	{ "wildcards-match-slash", no_argument, NULL, OPT_MATCH_SLASH },
	{ "window", required_argument, NULL, OPT_WINDOW },
};

/* cp's options, in the order in which it lists them where an abbreviation is ambiguous */
static const struct option cp_options[] = {
	{ "archive", no_argument, NULL, 'a' },
	{ "attributes-only", no_argument, NULL, OPT_ATTRIBUTES_ONLY },
	{ "backup", optional_argument, NULL, 'b' },
	{ "copy-contents", no_argument, NULL, OPT_COPY_CONTENTS },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "dereference", no_argument, NULL, 'L' },
	{ "force", no_argument, NULL, 'f' },
	{ "interactive", no_argument, NULL, 'i' },
	{ "keep-directory-symlink", no_argument, NULL, OPT_KEEP_DIR_SYMLINK },
	{ "link", no_argument, NULL, 'l' },
	{ "no-clobber", no_argument, NULL, 'n' },
	{ "no-dereference", no_argument, NULL, 'P' },
	{ "no-preserve", required_argument, NULL, OPT_NO_PRESERVE },
	{ "no-target-directory", no_argument, NULL, 'T' },
	{ "one-file-system", no_argument, NULL, 'x' },
	{ "parents", no_argument, NULL, OPT_PARENTS },
	{ "path", no_argument, NULL, OPT_PARENTS },	/* its name of old */
	{ "preserve", optional_argument, NULL, OPT_PRESERVE },
	{ "recursive", no_argument, NULL, 'R' },
	{ "remove-destination", no_argument, NULL, OPT_REMOVE_DESTINATION },
	{ "sparse", required_argument, NULL, OPT_SPARSE },
	{ "reflink", optional_argument, NULL, OPT_REFLINK },
	{ "strip-trailing-slashes", no_argument, NULL, OPT_STRIP_SLASHES },
	{ "suffix", required_argument, NULL, 'S' },
	{ "symbolic-link", no_argument, NULL, 's' },
	{ "target-directory", required_argument, NULL, 't' },
	{ "update", optional_argument, NULL, 'u' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "context", optional_argument, NULL, 'Z' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

#define OWN_OPTIONS (sizeof own_options / sizeof *own_options)

/* Both, one after the other */
static struct option all_options[OWN_OPTIONS + sizeof cp_options / sizeof *cp_options];

/* What is being parsed; getopt_long() changes its order. */
static char **all_args;
static int nall_args;

/*
 * Returns the table for the next option.  An abbreviation of one of cp's options is looked
 * up in cp's table alone, so it keeps its meaning whatever options pcp has besides.
 */
static const struct option *table_for_next(void)
{
	int i = optind;

	while (i < nall_args && (all_args[i][0] != '-' || !all_args[i][1]))
		i++;
	if (i == nall_args || strncmp(all_args[i], "--", 2) != 0)
		return all_options;
	const char *name = all_args[i] + 2;
	size_t len = strcspn(name, "=");
	for (size_t o = 0; o < OWN_OPTIONS; o++)
		if (!strncmp(own_options[o].name, name, len) && !own_options[o].name[len])
			return all_options;
	for (const struct option *o = cp_options; o->name; o++)
		if (!strncmp(o->name, name, len))
			return cp_options;
	return all_options;
}

void table_init(int argc, char **argv)
{
	all_args = argv;
	nall_args = argc;
	memcpy(all_options, own_options, sizeof own_options);
	memcpy(all_options + OWN_OPTIONS, cp_options, sizeof cp_options);
}

int table_next(void)
{
	return getopt_long(nall_args, all_args, short_options, table_for_next(), NULL);
}

const char *table_name(int c)
{
	for (const struct option *o = all_options; o->name; o++)
		if (o->val == c)
			return o->name;
	return NULL;
}
