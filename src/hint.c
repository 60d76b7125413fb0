/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: who comes from rsync or scp writes host:path.  To pcp, as to cp, that is a file whose
 * name has a colon in it, and may well be one: so the hint comes at the end, after the message
 * about what has failed, and only if there is no such file.
 */
#include <config.h>

#include "hint.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/options.h"
#include "base/retry.h"
#include "progname.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/status.h"

/* Returns true if name could be that of a file on another machine, and is none of this one. */
static bool looks_remote(const char *name)
{
	size_t host = strcspn(name, ":/");
	struct stat st;

	return host && name[host] == ':' && RETRY(lstat(name, &st)) < 0 &&
	       (errno == ENOENT || errno == ENOTDIR);
}

void hint_print(const struct options *o)
{
	const char *name = NULL;

	/* Under cp's name nothing is said that cp does not say. */
	if (!status_counts().errors || !strcmp(program_name, "cp"))
		return;
	if (o->target_dir && looks_remote(o->target_dir))
		name = o->target_dir;
	for (int i = 0; !name && i < o->noperands; i++)
		if (looks_remote(o->operands[i]))
			name = o->operands[i];
	if (name)
		report_note("%s is not taken for a file of another machine: pcp copies between "
			    "mounted file systems", quote_always(0, name));
}
