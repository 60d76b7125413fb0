/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: size and time of a source are those of the file that was read, which the library knows.
 * Where it has copied nothing they are asked for, if nobody has done that yet: the digest of a
 * directory is the same then, whether its files were copied or found to be copies already.
 */
#include <config.h>

#include "copy/account.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "copy/entry.h"
#include "journal/journal.h"
#include "journal/record.h"
#include "report/checksums.h"
#include "tree/dir.h"
#include "tree/dirpath.h"

static char type_letter(const struct entry *e)
{
	static const char letters[] = {
		[KIND_FILE] = 'f', [KIND_DIR] = 'd', [KIND_SYMLINK] = 'l', [KIND_SPECIAL] = 's',
	};

	return letters[tally_kind(e->type)];
}

/* Write what is known of e's source, of which info tells if the library has copied it. */
static void set_source(struct record *r, const struct entry *e, const struct copyfile_info *info)
{
	struct stat st;

	if (info && info->src_ino) {
		r->size = info->bytes_total;
		r->sec = info->src_mtime;
		r->nsec = info->src_mtime_ns;
		if (info->src_links > 1) {
			r->dev = info->src_dev;
			r->ino = info->src_ino;
			r->links = info->src_links;
		}
	} else if (e->st || entry_stat_src(e, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		st = e->st ? *e->st : st;
		r->size = st.st_size;
		r->sec = st.st_mtim.tv_sec;
		r->nsec = st.st_mtim.tv_nsec;
		if (st.st_nlink > 1) {
			r->dev = st.st_dev;
			r->ino = st.st_ino;
			r->links = st.st_nlink;
		}
	} else {
		return;
	}
	r->has_stat = true;
}

/* As account_ended(); dst is the full name of the copy of an operand, or NULL. */
static void put(const struct entry *e, enum outcome outcome, const struct copyfile_info *info,
		const struct checksum *sum, const char *dst)
{
	static const enum ledger_count counts[] = {
		[OUTCOME_COPIED] = LEDGER_COPIED, [OUTCOME_CLONED] = LEDGER_COPIED,
		[OUTCOME_LINKED] = LEDGER_LINKED, [OUTCOME_CREATED] = LEDGER_COPIED,
		[OUTCOME_SKIPPED] = LEDGER_SKIPPED, [OUTCOME_ATTRIBUTES] = LEDGER_SKIPPED,
	};
	struct ledger *l = e->dir->ledger;
	struct record r = {
		.kind = RECORD_ENTRY, .dir = l->dir, .name = e->src, .dst = dst,
		.type = type_letter(e), .hash = sum->digest,
		.hash_len = checksum_length(sum),
	};

	if (outcome == OUTCOME_FAILED) {
		journal_put_failed(l, e->src, r.type, info ? -info->error : 0);
		return;
	}
	r.what = counts[outcome];
	set_source(&r, e, info);
	journal_put_entry(l, &r);
}

void account_ended(const struct entry *e, enum outcome outcome, const struct copyfile_info *info,
		   const struct checksum *sum)
{
	char *dst = NULL;

	/* A directory has more to come, until it is complete. */
	if (!e->dir->ledger || outcome == OUTCOME_MERGED ||
	    (outcome == OUTCOME_CREATED && S_ISDIR(e->type)))
		return;
	if (!e->dir->parent)
		dst = dir_dst_path(e->dir, e->dst);
	put(e, outcome, info, sum, dst);
	free(dst);
}

void account_excluded(const struct entry *e)
{
	if (e->dir->ledger)
		ledger_add(e->dir->ledger, LEDGER_EXCLUDED, 1);
}

void account_removal(const struct entry *e)
{
	char *dst = dir_dst_path(e->dir, e->dst);

	journal_put_delete(dst, type_letter(e));
	free(dst);
}
