/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a copy counts from the moment when its entry was met, so that the wait for a thread is
 * in it: that is what the user waits for.  An entry that is tried again has no time, as the pause
 * before that would be most of it.
 *
 * A directory's time is the sum of those of the files in it, not below it: else the topmost ones
 * would always be the slowest.  As many copies are under way at a time, the sum of all may be far
 * more than the run has taken.
 */
#include <config.h>

#include "copy/timing.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "copy/entry.h"
#include "report/figures.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "tree/dirresult.h"

void timing_entry(const struct entry *e, enum outcome outcome, const struct copyfile_info *info)
{
	bool copied = outcome == OUTCOME_COPIED || outcome == OUTCOME_CLONED;

	if (!figures_are_on() || !copied || !info || !S_ISREG(e->type))
		return;
	bool timed = e->begun && !e->again;
	int64_t ns = timed ? clock_now(CLOCK_MONOTONIC) - e->begun : -1;
	unsigned int lists = figures_file(info->bytes_done, ns);
	if (timed)
		dir_count_time(e->dir, ns);
	if (!lists)
		return;
	char *src = dir_src_path(e->dir, e->src);
	figures_file_name(lists, info->bytes_done, ns, src);
	free(src);
}

void timing_dir(const struct dir *d)
{
	uint64_t files, ns = dirresult_time(d, &files);

	if (!figures_want_dir(ns))
		return;
	char *src = dir_src_path(d, "");
	figures_dir(files, ns, src);
	free(src);
}
