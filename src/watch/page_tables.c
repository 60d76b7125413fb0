/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: a column or a row that has nothing but zeros is left out, so that tables stay narrow. */
#include <config.h>

#include <assert.h>

#include "report/figures.h"
#include "watch/page.h"
#include "watch/words.h"

static void put_count(FILE *out, uint64_t n)
{
	char buf[WORDS_BUF];

	fprintf(out, "<td class=\"n\">%s</td>", words_count(buf, n));
}

static void put_size(FILE *out, double bytes)
{
	char buf[WORDS_BUF];

	fprintf(out, "<td class=\"n\">%s</td>", words_size(buf, bytes));
}

/* -------------------------------------------------------------- entries */

static const char *const kinds[] = {
	[KIND_FILE] = "Regular files", [KIND_DIR] = "Directories",
	[KIND_SYMLINK] = "Symbolic links", [KIND_SPECIAL] = "Special files",
};
static_assert(sizeof kinds / sizeof *kinds == KINDS, "a kind has no name");

static const char *const outcomes[] = {
	[OUTCOME_COPIED] = "Copied", [OUTCOME_CLONED] = "Cloned", [OUTCOME_LINKED] = "Linked",
	[OUTCOME_CREATED] = "Created", [OUTCOME_MERGED] = "Merged", [OUTCOME_SKIPPED] = "Skipped",
	[OUTCOME_ATTRIBUTES] = "Attributes", [OUTCOME_FAILED] = "Failed",
};
static_assert(sizeof outcomes / sizeof *outcomes == OUTCOMES, "an outcome has no name");

static void put_entries_head(FILE *out, const struct tally *t)
{
	fputs("<thead><tr><th scope=\"col\">Kind</th>", out);
	for (int o = 0; o < OUTCOMES; o++)
		if (tally_of_outcome(t, o))
			fprintf(out, "<th scope=\"col\" class=\"n\">%s</th>", outcomes[o]);
	fputs("<th scope=\"col\" class=\"n\">All</th></tr></thead>\n", out);
}

static void put_bytes(FILE *out, const struct tally *t)
{
	const struct {
		const char *what;
		uint64_t bytes;
	} rows[] = {
		{ "Copied", t->bytes },
		{ "of that read and written, or moved by the kernel", t->bytes_moved },
		{ "of that shared with the source (cloned)", t->bytes_cloned },
		{ "of that holes", t->bytes_holes },
		{ "Lost in copies that failed", t->bytes_lost },
	};
	char buf[WORDS_BUF];

	fputs("<table>\n<caption>Data</caption>\n<thead><tr><th scope=\"col\">What</th>"
	      "<th scope=\"col\" class=\"n\">Size</th><th scope=\"col\" class=\"n\">Bytes</th></tr>"
	      "</thead>\n<tbody>\n", out);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (i && !rows[i].bytes)
			continue;
		fprintf(out, "<tr><th scope=\"row\">%s</th>", rows[i].what);
		put_size(out, rows[i].bytes);
		fprintf(out, "<td class=\"n\">%s</td></tr>\n", words_count(buf, rows[i].bytes));
	}
	fputs("</tbody>\n</table>\n", out);
}

void page_put_entries(FILE *out, const struct page *p)
{
	const struct tally *t = &p->tally;
	uint64_t all = 0;

	fputs("<section>\n<h2>What became of it</h2>\n"
	      "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Entries\">\n"
	      "<table id=\"entries\">\n"
	      "<caption>Entries, by kind and by what became of them</caption>\n", out);
	put_entries_head(out, t);
	fputs("<tbody>\n", out);
	for (int k = 0; k < KINDS; k++) {
		if (!tally_of_kind(t, k))
			continue;
		fprintf(out, "<tr><th scope=\"row\">%s</th>", kinds[k]);
		for (int o = 0; o < OUTCOMES; o++)
			if (tally_of_outcome(t, o))
				put_count(out, t->entries[k][o]);
		put_count(out, tally_of_kind(t, k));
		fputs("</tr>\n", out);
		all += tally_of_kind(t, k);
	}
	fputs("</tbody>\n<tfoot><tr><th scope=\"row\">All</th>", out);
	for (int o = 0; o < OUTCOMES; o++)
		if (tally_of_outcome(t, o))
			put_count(out, tally_of_outcome(t, o));
	put_count(out, all);
	fputs("</tr></tfoot>\n</table>\n</div>\n", out);
	put_bytes(out, t);
	fputs("</section>\n", out);
}

/* ---------------------------------------------------------------- sizes */

static void put_bar(FILE *out, double part, const char *title)
{
	fprintf(out, "<td class=\"bar\"><svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
		"viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\"><title>%s</title>"
		"<rect width=\"%.0f\" height=\"10\"/></svg></td>", title, 1000 * part);
}

static void put_bucket_name(FILE *out, unsigned int bucket)
{
	char from[WORDS_BUF], to[WORDS_BUF];

	if (bucket == 0)
		fputs("empty", out);
	else if (bucket == FIGURES_SIZES - 1)
		fprintf(out, "%s and more", words_size(from, figures_size_floor(bucket)));
	else if (bucket == 1)
		fprintf(out, "below %s", words_size(to, figures_size_floor(2)));
	else
		fprintf(out, "%s to %s", words_size(from, figures_size_floor(bucket)),
			words_size(to, figures_size_floor(bucket + 1)));
}

void page_put_sizes(FILE *out)
{
	uint64_t files[FIGURES_SIZES], bytes[FIGURES_SIZES], most = 0, all = 0;
	char title[WORDS_BUF];

	figures_sizes(files, bytes);
	for (int i = 0; i < FIGURES_SIZES; i++) {
		most = files[i] > most ? files[i] : most;
		all += files[i];
	}
	fputs("<section>\n<h2>Sizes</h2>\n", out);
	if (!all) {
		fputs("<p>No regular file was copied.</p>\n</section>\n", out);
		return;
	}
	fputs("<table id=\"sizes\">\n<caption>Regular files that were copied, by size</caption>\n"
	      "<thead><tr><th scope=\"col\">Size</th><th scope=\"col\" class=\"n\">Files</th>"
	      "<th scope=\"col\" class=\"n\">Data</th><th scope=\"col\">Part of the files</th></tr>"
	      "</thead>\n<tbody>\n", out);
	for (unsigned int i = 0; i < FIGURES_SIZES; i++) {
		if (!files[i])
			continue;
		fputs("<tr><th scope=\"row\">", out);
		put_bucket_name(out, i);
		fputs("</th>", out);
		put_count(out, files[i]);
		put_size(out, bytes[i]);
		snprintf(title, sizeof title, "%.3g%% of the files", 100.0 * files[i] / all);
		put_bar(out, (double)files[i] / most, title);
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n</table>\n</section>\n", out);
}
