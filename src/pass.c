/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a pass is complete when each name that was read has become something, at any depth, and
 * nothing has failed or was left out.  A run of a pass that is complete does nothing, so that
 *
 *	until pcp --journal=DIR ...; do sleep 60; done
 *
 * ends.  What has failed is tried again by the next run of the pass.
 */
#include <config.h>

#include "pass.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/language.h"
#include "base/options.h"
#include "base/stop.h"
#include "copy/context.h"
#include "journal/journal.h"
#include "journal/journal_json.h"
#include "report/proof.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/status.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "tree/dirresult.h"
#include "xvasprintf.h"

bool pass_begin(const struct options *o)
{
	static const char *const states[] = {
		[JOURNAL_NEW] = "new", [JOURNAL_RESUMED] = "resumed",
		[JOURNAL_COMPLETE] = "complete",
	};

	if (!o->journal)
		return true;
	enum journal_state state = journal_begin(o->journal, o->words, options_compare(o),
						o->journal_restart);
	if (state == JOURNAL_REFUSED)
		return false;
	const struct journal_summary s = journal_summary();
	journal_json_state(states[state], &s);
	if (state == JOURNAL_COMPLETE)
		journal_json_proof(&s);
	if (state == JOURNAL_COMPLETE)
		report_note("the pass of the journal %s is complete; --journal-restart begins "
			    "the next one", quote_always(0, o->journal));
	else if (state == JOURNAL_RESUMED)
		report_note_n("going on after %ju entry of the journal %s",
			      "going on after %ju entries of the journal %s", s.before,
			      (uintmax_t)s.before, quote_always(0, o->journal));
	return state != JOURNAL_COMPLETE;
}

/* Returns true if all that the operands have in them is done. */
static bool is_finished(const struct context *c)
{
	return dirresult_of(&c->cwd).finished && dirresult_of(&c->target).finished &&
	       !stop_asked() && !stop_left_out();
}

static void add_number(const char *label, uint64_t n)
{
	char *text = xasprintf("%" PRIu64, n);

	proof_add(label, text);
	free(text);
}

/* Put what is proven of the pass on the page of --report. */
static void show_proof(const struct journal_summary *s)
{
	static const struct {
		const char *label;
		enum ledger_count count;
	} lines[] = {
		{ "Names read in the source", LEDGER_SEEN },
		{ "Copied, made, or merged into", LEDGER_COPIED },
		{ "Linked", LEDGER_LINKED },
		{ "Skipped", LEDGER_SKIPPED },
		{ "Excluded by a rule", LEDGER_EXCLUDED },
		{ "Failed", LEDGER_FAILED },
		{ "Bytes", LEDGER_BYTES },
	};
	char digest[XXH_TEXT];

	proof_add("The pass", s->complete ? "complete" : "not complete");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		add_number(lines[i].label, s->sums.n[lines[i].count]);
	add_number("Entries that earlier runs have done", s->before);
	xxh_text(digest, ledger_digest(&s->sums));
	proof_add("Digest", digest);
}

void pass_end(const struct context *c)
{
	if (!c->opts->journal)
		return;
	(void)journal_end(is_finished(c), status_synced() == 1);
	const struct journal_summary s = journal_summary();
	journal_json_proof(&s);
	show_proof(&s);
}

bool pass_dir_ended(struct dir *d, bool finished)
{
	if (!d->ledger || journal_put_complete(d->ledger, d->parent->ledger, d->name[DIR_SRC],
					       finished))
		return true;
	char *src = dir_src_path(d, "");
	report_error_about(&(struct report_about){ .op = OP_CHECK, .src = src }, 0,
			   N_("not all names in %s have been accounted for"), quote_always(0, src));
	free(src);
	return false;
}
