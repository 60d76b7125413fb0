/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table - the options by name, and the next one on the command line.  Main thread only. */
#ifndef PCP_TABLE_H
#define PCP_TABLE_H

#include <limits.h>

/* What table_next() returns for an option without a letter */
enum {
	OPT_ADAPTIVE = CHAR_MAX + 1,
	OPT_ANCHORED,
	OPT_ATOMIC,
	OPT_ATTRIBUTES_ONLY,
	OPT_BENEATH,
	OPT_BWLIMIT,
	OPT_CHECK_JOURNAL,
	OPT_CHECKSUM_FILE,
	OPT_CHUNK,
	OPT_CONTROL,
	OPT_COPY_CONTENTS,
	OPT_DELETE,
	OPT_DELETE_EXCLUDED,
	OPT_DRY_RUN,
	OPT_EXCLUDE,
	OPT_EXCLUDE_CACHES,
	OPT_EXCLUDE_TAG,
	OPT_FAILED_TO,
	OPT_FILES_FROM,
	OPT_FSYNC,
	OPT_IGNORE_CASE,
	OPT_INCLUDE,
	OPT_JOURNAL,
	OPT_JOURNAL_RESTART,
	OPT_JSON,
	OPT_JSON_FILES,
	OPT_JSON_INTERVAL,
	OPT_LOG,
	OPT_MATCH_SLASH,
	OPT_MAX_DELETE,
	OPT_MAX_ERRORS,
	OPT_MAX_SIZE,
	OPT_MAX_TIME,
	OPT_METRICS,
	OPT_MIN_SIZE,
	OPT_MIRROR,
	OPT_NEWER,
	OPT_NICE,
	OPT_NO_ANCHORED,
	OPT_NO_IGNORE_CASE,
	OPT_NO_MATCH_SLASH,
	OPT_OLDER,
	OPT_OPS_LIMIT,
	OPT_PROGRESS,
	OPT_DEBUG,
	OPT_KEEP_DIR_SYMLINK,
	OPT_NO_PRESERVE,
	OPT_NO_WILDCARDS,
	OPT_PARENTS,
	OPT_PRESERVE,
	OPT_REFLINK,
	OPT_REMOVE_DESTINATION,
	OPT_REPORT,
	OPT_RETRY,
	OPT_SPARSE,
	OPT_STATS,
	OPT_STOP_AT,
	OPT_STRICT,
	OPT_STRIP_SLASHES,
	OPT_VERIFY,
	OPT_WILDCARDS,
	OPT_WINDOW,
	OPT_HELP,
	OPT_VERSION
};

/* argv is what will be parsed, and its order changes. */
void table_init(int argc, char **argv);

/*
 * Returns the next option, or -1 after the last; optarg and optind are as after
 * getopt_long(3), which complains of what is no option, and then '?' is returned.
 */
int table_next(void);

/* Returns the long name of the option c, or NULL if it has but a letter. */
const char *table_name(int c);

#endif
