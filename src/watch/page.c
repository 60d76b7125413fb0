/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the page is read by people long after the run, so it says in words what happened.  It
 * needs no script, and nothing from elsewhere.  It is bounded, whatever the run was: lists are, and
 * of a long command line only the beginning is there.
 */
#include <config.h>

#include "watch/page.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/options.h"
#include "report/html.h"
#include "report/quote.h"
#include "report/status.h"
#include "watch/mounts.h"
#include "watch/words.h"
#include "xalloc.h"

/* Of a longer command line only the beginning is put: so many words, or bytes */
#define MOST_WORDS 100
#define MOST_BYTES 20000

/* --------------------------------------------------------------- the top */

/* What the exit status means, after "pcp: " */
static const char *meaning(const struct page *p)
{
	if (p->exit_code > 128)
		return "interrupted before everything was copied";
	if (p->exit_code == STATUS_STOPPED)
		return "stopped before everything was tried";
	if (p->exit_code != EXIT_SUCCESS)
		return "something failed";
	return p->o->dry_run ? "a dry run, in which nothing was copied" : "everything was copied";
}

static void put_status(FILE *out, const struct page *p)
{
	fprintf(out, "<p class=\"status %s\" id=\"status\">%s: %s (exit status %d", p->status,
		p->status, meaning(p), p->exit_code);
	if (p->exit_code > 128)
		fprintf(out, ", by SIG%s", sigabbrev_np(p->exit_code - 128));
	fputs(")</p>\n", out);
}

static void put_card(FILE *out, const char *what, const char *value, bool bad)
{
	fprintf(out, "<div><dt>%s</dt><dd%s>%s</dd></div>\n", what, bad ? " class=\"bad\"" : "",
		value);
}

static void put_cards(FILE *out, const struct page *p)
{
	double seconds = p->elapsed > 0 ? p->elapsed : 1e-9;
	uint64_t files = tally_files_done(&p->tally);
	char buf[WORDS_BUF], rate[2 * WORDS_BUF];

	fputs("<dl class=\"cards\">\n", out);
	put_card(out, "Duration", words_time(buf, p->elapsed), false);
	put_card(out, "Files copied", words_count(buf, files), false);
	put_card(out, "Data copied", words_size(buf, p->tally.bytes), false);
	snprintf(rate, sizeof rate, "%s/s", words_size(buf, p->tally.bytes / seconds));
	put_card(out, "Throughput", rate, false);
	snprintf(rate, sizeof rate, "%s/s", words_number(buf, files / seconds));
	put_card(out, "Files a second", rate, false);
	put_card(out, "Errors", words_count(buf, p->errors), p->errors);
	put_card(out, "Warnings", words_count(buf, p->warnings), false);
	if (p->tally.retried)
		put_card(out, "Tried again", words_count(buf, p->tally.retried), false);
	if (p->o->verify)
		put_card(out, "Verified copies", words_count(buf, p->tally.verified), false);
	if (p->tally.differed)
		put_card(out, "Copies that differed", words_count(buf, p->tally.differed), true);
	if (p->tally.untried)
		put_card(out, "Not tried", words_count(buf, p->tally.untried), true);
	fputs("</dl>\n", out);
}

/* ----------------------------------------------------------- what has run */

/* An argument as a shell reads it; the name of an option needs no quotes. */
static void put_argument(FILE *out, const char *arg)
{
	size_t name = strspn(arg, "-abcdefghijklmnopqrstuvwxyz");

	if (!strncmp(arg, "--", 2) && arg[name] == '=' && arg[name + 1]) {
		fprintf(out, "%.*s=", (int)name, arg);
		arg += name + 1;
	}
	html_put_text(out, quote_if_needed(0, arg, false));
}

static void put_command(FILE *out, const struct options *o)
{
	size_t bytes = 0;
	int i = 0;

	fputs("<pre id=\"command\"><code>", out);
	for (; i < o->nargs && i < MOST_WORDS && bytes < MOST_BYTES; i++) {
		if (i)
			putc(' ', out);
		put_argument(out, o->args[i]);
		bytes += strlen(o->args[i]);
	}
	if (i < o->nargs)
		fprintf(out, " ... and %d more", o->nargs - i);
	fputs("</code></pre>\n", out);
}

static void put_time(FILE *out, const char *what, time_t at)
{
	char text[64];
	struct tm tm;

	if (!localtime_r(&at, &tm) ||
	    !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &tm))
		return;
	fprintf(out, "<dt>%s</dt><dd>%s</dd>\n", what, text);
}

static void put_machine(FILE *out, const struct page *p)
{
	struct utsname u;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (uname(&u) == 0) {
		fputs("<dt>Host</dt><dd>", out);
		html_put_text(out, u.nodename);
		fputs("</dd>\n<dt>Kernel</dt><dd>", out);
		html_put_text(out, u.sysname);
		putc(' ', out);
		html_put_text(out, u.release);
		putc(' ', out);
		html_put_text(out, u.machine);
		fputs("</dd>\n", out);
	}
	fprintf(out, "<dt>Processors</dt><dd>%ld", processors);
	if (p->cores && p->cores != processors)
		fprintf(out, ", of which pcp may use %u", p->cores);
	fputs("</dd>\n", out);
}

static void put_mount(FILE *out, const char *what, const struct mounted *m)
{
	char buf[WORDS_BUF];

	fprintf(out, "<tr><th scope=\"row\">%s</th><td>", what);
	html_put_text(out, m->type);
	fputs("</td><td>", out);
	html_put_name(out, m->device);
	fputs("</td><td>", out);
	html_put_name(out, m->point);
	fprintf(out, "</td><td class=\"n\">%s</td>", m->size ? words_size(buf, m->size) : "");
	fprintf(out, "<td class=\"n\">%s</td></tr>\n", m->size ? words_size(buf, m->free) : "");
}

static void put_mounts(FILE *out, const struct mounts *mounts)
{
	fputs("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"File systems\">\n"
	      "<table id=\"mounts\">\n"
	      "<caption>File systems, as they were before the run</caption>\n"
	      "<thead><tr><th scope=\"col\">Of</th><th scope=\"col\">Type</th>"
	      "<th scope=\"col\">Device</th><th scope=\"col\">Mounted at</th>"
	      "<th scope=\"col\" class=\"n\">Size</th>"
	      "<th scope=\"col\" class=\"n\">Free</th></tr></thead>\n<tbody>\n", out);
	for (unsigned int i = 0; i < mounts->n; i++) {
		bool last = i + 1 == mounts->n && mounts->has_destination;

		put_mount(out, last ? "Destination" : "Source", &mounts->list[i]);
	}
	fputs("</tbody>\n</table>\n</div>\n", out);
}

static void put_run(FILE *out, const struct page *p)
{
	char buf[WORDS_BUF], *cwd = getcwd(NULL, 0);

	fputs("<section>\n<h2>The run</h2>\n", out);
	put_command(out, p->o);
	fputs("<dl class=\"facts\">\n", out);
	if (cwd) {
		fputs("<dt>In directory</dt><dd>", out);
		html_put_name(out, cwd);
		fputs("</dd>\n", out);
	}
	free(cwd);
	put_time(out, "Began", p->began);
	put_time(out, "Ended", p->ended);
	fprintf(out, "<dt>Version</dt><dd>pcp %s</dd>\n", PACKAGE_VERSION);
	put_machine(out, p);
	fprintf(out, "<dt>Copying threads</dt><dd>%u at most</dd>\n", p->threads_peak);
	fprintf(out, "<dt>System calls</dt><dd>%s, made for copies</dd>\n",
		words_count(buf, p->calls));
	if (status_synced() >= 0)
		fprintf(out, "<dt>On stable storage</dt><dd>%s</dd>\n",
			status_synced() ? "yes" : "no");
	fputs("</dl>\n", out);
	put_mounts(out, p->mounts);
	fputs("</section>\n", out);
}

void page_put(FILE *out, const struct page *p)
{
	fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"generator\" content=\"pcp " PACKAGE_VERSION "\"/>\n", out);
	fprintf(out, "<title>pcp: %s</title>\n", p->status);
	page_put_style(out);
	fputs("</head>\n<body>\n<header>\n<h1>Report of a run of pcp</h1>\n", out);
	put_status(out, p);
	fputs("</header>\n<main>\n", out);
	put_cards(out, p);
	put_run(out, p);
	page_put_entries(out, p);
	page_put_errors(out, p);
	page_put_charts(out, p);
	page_put_sizes(out);
	page_put_names(out);
	page_put_removed(out, p);
	page_put_proof(out);
	fputs("</main>\n<footer>Written by pcp " PACKAGE_VERSION " at the end of the run.</footer>"
	      "\n</body>\n</html>\n", out);
}
