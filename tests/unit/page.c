/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is on the page of --report only at times: src/watch/page.c, src/report/proof.c */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "report/proof.h"
#include "report/quote.h"
#include "tap.h"
#include "watch/mounts.h"
#include "watch/page.h"

static struct series series;
static struct mounts mounts;

/* Returns the page, which the caller frees. */
static char *page_of(const struct page *p)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		bail_out("no memory");
	page_put(out, p);
	fclose(out);
	return text;
}

static void is_there(const struct page *p, const char *text, bool there, const char *what)
{
	char *page = page_of(p);

	ok((strstr(page, text) != NULL) == there, "%s", what);
	free(page);
}

int main(void)
{
	static char *args[101];
	struct options o = { .json_fd = -1, .args = args };
	struct page p = { .o = &o, .status = "ok", .series = &series,
			  .mounts = &mounts };

	quote_init(false);
	for (int i = 0; i < 101; i++)
		args[i] = i ? (char *)"word" : (char *)"pcp";
	is_there(&p, "id=\"proof\"", false, "without a journal there is no proof");
	proof_add("Root <hash>", "0123\377");
	proof_add("Directories", "7");
	is_there(&p, "<section id=\"proof\">", true, "with lines there is one");
	is_there(&p, "<dt>Root &lt;hash&gt;</dt><dd><bdi class=\"name\">0123"
		 "<i class=\"esc\">\\xff</i></bdi></dd>\n<dt>Directories</dt>", true,
		 "which has them, in their order");
	o.nargs = 2;
	is_there(&p, "<code>pcp word</code>", true, "a short command line");
	o.nargs = 101;
	is_there(&p, " word ... and 1 more</code>", true, "of a long one the beginning");
	p.exit_code = 130;
	is_there(&p, "by SIGINT", true, "the name of a signal");
	return done_testing();
}
