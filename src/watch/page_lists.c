/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "report/errorkinds.h"
#include "report/figures.h"
#include "report/html.h"
#include "report/proof.h"
#include "report/report.h"
#include "report/top.h"
#include "watch/page.h"
#include "watch/words.h"

/* --------------------------------------------------------------- errors */

static const char *const ops[] = {
	[OP_RUN] = "running", [OP_PARSE] = "reading the command line", [OP_LOOK] = "looking at it",
	[OP_CHECK] = "checking that it makes sense", [OP_OPEN] = "opening", [OP_READ] = "reading",
	[OP_WRITE] = "writing", [OP_CLOSE] = "closing", [OP_COPY] = "copying",
	[OP_CREATE] = "creating", [OP_MKDIR] = "making a directory", [OP_LINK] = "linking",
	[OP_REMOVE] = "removing", [OP_BACKUP] = "making a backup",
	[OP_ATTRIBUTES] = "setting attributes", [OP_VERIFY] = "verifying",
	[OP_SYNC] = "syncing to disk",
};
static_assert(sizeof ops / sizeof *ops == OPS, "an operation has no name");

static void put_error_kind(FILE *out, const struct errorkind *k)
{
	const char *name = k->err ? strerrorname_np(k->err) : NULL;
	char buf[WORDS_BUF];

	fprintf(out, "<tr><th scope=\"row\">%s while %s", k->warning ? "Warning" : "Error",
		ops[k->op]);
	if (name) {
		fprintf(out, ": <b>%s</b> (", name);
		html_put_text(out, strerror(k->err));
		fputs(")", out);
	}
	fputs("<ul class=\"examples\">", out);
	for (unsigned int i = 0; i < k->nexamples; i++) {
		fputs("<li>", out);
		html_put_text(out, k->examples[i]);
		fputs("</li>", out);
	}
	fprintf(out, "</ul></th><td class=\"n\">%s</td></tr>\n", words_count(buf, k->count));
}

void page_put_errors(FILE *out, const struct page *p)
{
	unsigned int n;
	uint64_t others;
	const struct errorkind *kinds = errorkinds_sorted(&n, &others);
	char buf[WORDS_BUF];

	fputs("<section>\n<h2>Errors and warnings</h2>\n", out);
	if (!p->errors && !p->warnings) {
		fputs("<p>There were none.</p>\n</section>\n", out);
		return;
	}
	fputs("<table id=\"errors\">\n<caption>By what was attempted and why it failed, with the "
	      "first messages of each kind</caption>\n<thead><tr><th scope=\"col\">What</th>"
	      "<th scope=\"col\" class=\"n\">Number</th></tr></thead>\n<tbody>\n", out);
	for (unsigned int i = 0; i < n; i++)
		put_error_kind(out, &kinds[i]);
	if (others)
		fprintf(out, "<tr><th scope=\"row\">Of other kinds</th><td class=\"n\">%s</td>"
			"</tr>\n", words_count(buf, others));
	fputs("</tbody>\n</table>\n</section>\n", out);
}

/* ---------------------------------------------------------------- names */

/* How a list is shown: what its value and its other number are */
struct shown_list {
	enum figures_list list;
	const char *id, *caption, *value, *more;
	bool value_is_time;
	bool more_is_count;		/* else a size, or a time if the value is none */
};

/* Returns the other number of item, as text; a time that is not known has none. */
static const char *more_text(char buf[static WORDS_BUF], const struct shown_list *shown,
			     const struct top_item *item)
{
	if (shown->more_is_count)
		return words_count(buf, item->more);
	if (shown->value_is_time)
		return words_size(buf, item->more);
	return item->more ? words_time(buf, clock_seconds(item->more)) : "";
}

static void put_item(FILE *out, const struct shown_list *shown, const struct top_item *item)
{
	char buf[WORDS_BUF];

	fprintf(out, "<tr><td class=\"n\">%s</td>", shown->value_is_time ?
		words_time(buf, clock_seconds(item->value)) : words_size(buf, item->value));
	fprintf(out, "<td class=\"n\">%s</td><td>", more_text(buf, shown, item));
	html_put_name(out, item->name);
	fputs("</td></tr>\n", out);
}

static void put_list(FILE *out, const struct shown_list *shown)
{
	const struct top *t = figures_list(shown->list);

	if (!t->n)
		return;
	fprintf(out, "<table class=\"names\" id=\"%s\">\n<caption>%s</caption>\n<thead><tr>"
		"<th scope=\"col\" class=\"n\">%s</th><th scope=\"col\" class=\"n\">%s</th>"
		"<th scope=\"col\">Name</th></tr></thead>\n<tbody>\n", shown->id, shown->caption,
		shown->value, shown->more);
	for (unsigned int i = 0; i < t->n; i++)
		put_item(out, shown, &t->items[i]);
	fputs("</tbody>\n</table>\n", out);
}

void page_put_names(FILE *out)
{
	static const struct shown_list lists[] = {
		{
			FIGURES_SLOWEST, "slowest",
			"Files that took longest, the wait for a thread included",
			"Time", "Size", true, false
		}, {
			FIGURES_DIRS, "directories",
			"Directories whose own files took longest together: many are copied at a "
			"time, so that this may be more than the run took",
			"Time", "Files", true, true
		}, {
			FIGURES_LARGEST, "largest", "The largest files that were copied",
			"Size", "Time", false, false
		},
	};

	fputs("<section>\n<h2>Slowest and largest</h2>\n", out);
	if (!figures_list(FIGURES_SLOWEST)->n && !figures_list(FIGURES_LARGEST)->n)
		fputs("<p>No regular file was copied.</p>\n", out);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		put_list(out, &lists[i]);
	fputs("</section>\n", out);
}

/* -------------------------------------------------------------- removed */

static void put_removed(FILE *out, bool replaced, uint64_t all)
{
	unsigned int n;
	const char *const *names = figures_removed_names(replaced, &n);
	char buf[WORDS_BUF];

	if (!all)
		return;
	fprintf(out, "<p>%s: %s", replaced ? "Replaced by something of another kind" : "Deleted",
		words_count(buf, all));
	fprintf(out, " (directories: %s, ",
		words_count(buf, figures_removed_count(replaced, KIND_DIR)));
	fprintf(out, "regular files: %s)%s</p>\n",
		words_count(buf, figures_removed_count(replaced, KIND_FILE)),
		n < all ? ". The first ones:" : ".");
	fputs("<ul class=\"examples\">\n", out);
	for (unsigned int i = 0; i < n; i++) {
		fputs("<li>", out);
		html_put_name(out, names[i]);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

void page_put_removed(FILE *out, const struct page *p)
{
	fputs("<section id=\"removed\">\n<h2>Deletions and replacements</h2>\n", out);
	if (!p->tally.deleted && !p->tally.replaced)
		fputs("<p>There were none.</p>\n", out);
	put_removed(out, false, p->tally.deleted);
	put_removed(out, true, p->tally.replaced);
	fputs("</section>\n", out);
}

/* ---------------------------------------------------------------- proof */

void page_put_proof(FILE *out)
{
	const struct proof_line *line = proof_first();

	if (!line)
		return;
	fputs("<section id=\"proof\">\n<h2>Proof</h2>\n<dl class=\"facts\">\n", out);
	for (; line; line = line->next) {
		fputs("<dt>", out);
		html_put_text(out, line->label);
		fputs("</dt><dd>", out);
		html_put_name(out, line->value);
		fputs("</dd>\n", out);
	}
	fputs("</dl>\n</section>\n", out);
}
