/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one call for each entry, when nothing more is going to happen to it.  Names are
 * put together, and the sizes of files that are left out are asked for, only where a log, a
 * list, JSON or progress needs them.
 */
#include <config.h>

#include "copy/outcome.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/stop.h"
#include "copy/account.h"
#include "copy/again.h"
#include "copy/entry.h"
#include "copy/timing.h"
#include "report/checksums.h"
#include "report/figures.h"
#include "report/json.h"
#include "report/log.h"
#include "report/verbose.h"
#include "tree/dirlist.h"
#include "tree/dirpath.h"
#include "tree/dirresult.h"

static bool watched;

void outcome_watch(void)
{
	watched = true;
}

uint64_t outcome_new_id(void)
{
	static _Atomic uint64_t last;

	return json_is_on() ? ++last : 0;
}

void outcome_number(struct entry *e)
{
	if (e->begun || !(json_tells_files() || figures_are_on()))
		return;
	/* Otherwise only copies with a cookie have a number; see window.c. */
	if (json_tells_files())
		e->id = outcome_new_id();
	e->begun = clock_now(CLOCK_MONOTONIC);
}

/* Returns how many bytes are not copied because e is left out. */
static uint64_t bytes_left(const struct entry *e)
{
	struct stat st = { .st_size = 0 };

	if (!watched || (e->type && !S_ISREG(e->type)))
		return 0;
	if (e->st)
		st = *e->st;
	else if (entry_stat_src(e, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return S_ISREG(st.st_mode) ? st.st_size : 0;
}

/* Returns the bytes that a copy had moved before it failed. */
static uint64_t bytes_lost(const struct entry *e, const struct copyfile_info *info)
{
	return info && S_ISREG(e->type) ? info->bytes_done : 0;
}

static void count(const struct entry *e, enum outcome outcome, const struct copyfile_info *info)
{
	bool copied = outcome != OUTCOME_SKIPPED && outcome != OUTCOME_FAILED;
	bool data = copied && info && S_ISREG(e->type);
	struct tally_bytes bytes = { .all = 0 };

	if (data)
		bytes = (struct tally_bytes){
			.all = info->bytes_done, .moved = info->bytes_moved,
			.cloned = info->bytes_cloned, .holes = info->bytes_holes,
		};
	tally_entry(tally_kind(e->type), outcome, &bytes);
	if (data && info->compared != COPYFILE_COMPARED_NOT)
		tally_add(&(struct tally){ .verified = 1 });
	if (!copied)
		tally_add(&(struct tally){
			.bytes_left = bytes_left(e), .bytes_lost = bytes_lost(e, info),
		});
}

void outcome_untried(const struct entry *e)
{
	if (again_was_kept(e))
		return;
	(void)again_settle(e, false);
	dir_count_entry(e->dir, true);
	if (dirlist_add(e->dir, e->src, S_ISDIR(e->type)))
		tally_add(&(struct tally){ .untried = 1 });
}

void outcome_left_out(const struct entry *e)
{
	stop_leave_out();
	outcome_untried(e);
}

void outcome_differs(const struct entry *e, const struct copyfile_info *info, bool again)
{
	tally_add(&(struct tally){ .differed = 1 });
	if (!json_is_on())
		return;
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	json_put_difference(&(struct json_difference){
		.id = e->id, .src = src, .dst = dst, .attempt = again ? 2 : 1,
		.at = info->differs_at,
	});
	free(src);
	free(dst);
}

void outcome_lacking(const struct entry *e)
{
	dir_mark_unfinished(e->dir);
	dirlist_add(e->dir, e->src, false);
}

void outcome_replaced(const struct options *o, const struct entry *e, mode_t was)
{
	if (!options_compare(o) || !was || !((e->type ^ was) & S_IFMT))
		return;
	char *path = dir_dst_path(e->dir, e->dst);
	outcome_removed(o, path, was, true);
	free(path);
}

bool outcome_is_told(const struct options *o)
{
	return o->verbose || o->explain || log_is_open() || json_tells_files() ||
	       figures_want_removed();
}

void outcome_removed(const struct options *o, const char *dst, mode_t type, bool replaced)
{
	tally_add(&(struct tally){ .deleted = !replaced, .replaced = replaced });
	figures_removed(tally_kind(type), replaced, dst);
	if (!dst)
		return;
	if (o->verbose)
		verbose_removed(dst);
	log_removed(dst, replaced);
	json_put_removed(tally_kind(type), dst, replaced);
}

/* sum is what is known of the checksum of e's copy. */
static void end(const struct entry *e, enum outcome outcome, const struct copyfile_info *info,
		const struct checksum *sum)
{
	count(e, outcome, info);
	timing_entry(e, outcome, info);
	bool ok = outcome != OUTCOME_FAILED, json = json_tells_files();
	bool log = ok && log_is_open();
	bool list = ok && sum->hash && checksums_are_open();
	dir_count_entry(e->dir, !ok);
	if (!ok)
		dirlist_add(e->dir, e->src, S_ISDIR(e->type) || e->unseen);
	account_ended(e, outcome, info, sum);
	if (!log && !json && !list)
		return;
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	const struct json_file file = {
		.id = e->id ? e->id : outcome_new_id(), .kind = tally_kind(e->type),
		.outcome = outcome, .src = src, .dst = dst, .info = info, .sum = sum,
		.begun = e->begun,
	};
	if (log)
		log_outcome(outcome, src, dst, info ? info->bytes_done : 0);
	if (list)
		checksums_add(sum, dst);
	if (json)
		json_put_file(&file);
	free(src);
	free(dst);
}

void outcome(const struct entry *e, enum outcome outcome, const struct copyfile_info *info)
{
	struct checksum sum = { .hash = 0 };

	if (again_settle(e, outcome == OUTCOME_FAILED)) {
		tally_add(&(struct tally){ .bytes_lost = bytes_lost(e, info) });
		return;
	}
	if (info && info->hash)
		sum = checksum_of(info);
	end(e, outcome, info, &sum);
}

void outcome_linked(const struct entry *e, const struct checksum *sum)
{
	(void)again_settle(e, false);
	end(e, OUTCOME_LINKED, NULL, sum);
}
