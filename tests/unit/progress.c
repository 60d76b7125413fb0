/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What progress looks like: src/watch/text.c, src/watch/frame.c, src/base/size.h */
#include <config.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "report/quote.h"
#include "tap.h"
#include "watch/frame.h"
#include "watch/snapshot.h"
#include "watch/text.h"

#define MIB (UINT64_C(1024) * 1024)

/* Frees got. */
static void is_text(char *got, const char *want, const char *what)
{
	if (!ok(!strcmp(got, want), "%s", what))
		diag("got \"%s\", want \"%s\"", got, want);
	free(got);
}

static void is_size(uint64_t bytes, const char *want)
{
	char buf[SIZE_BUF];

	is_text(strdup(size_text(buf, bytes)), want, want);
}

static void test_size(void)
{
	is_size(0, "0 B");
	is_size(1023, "1023 B");
	is_size(1024, "1.0 KiB");
	is_size(18 * 1024 * MIB, "18 GiB");
	is_size(UINT64_MAX, "16 EiB");
}

static void test_amount(void)
{
	struct snapshot s = { .bytes_done = MIB, .bytes_total = 2 * MIB };

	is_text(text_amount(&s, false), "1.0 MiB of at least 2.0 MiB", "totals not final");
	is_text(text_amount(&s, true), "1.0 MiB", "brief");
	s.totals_final = true;
	is_text(text_amount(&s, false), "1.0 MiB of 2.0 MiB", "totals final");
	s.totals_final = false;
	s.bytes_total = MIB;
	is_text(text_amount(&s, false), "1.0 MiB", "a total that tells nothing");
}

static void test_counts(void)
{
	struct snapshot s = { .files_done = 1234567, .files_total = 1234567 };

	is_text(text_files(&s), "1 234 567 files", "groups of three digits");
	s.files_done = s.files_total = 1;
	is_text(text_files(&s), "1 file", "one");
	s.files_done = 1234567;
	s.files_total = 2000000;
	is_text(text_files(&s), "1 234 567 of at least 2 000 000 files", "a total");
	is_text(text_some(1, "%s file", "%s files"), "1 file", "one of some");
	is_text(text_some(999, "%s file", "%s files"), "999 files", "some");
	is_text(text_errors(&s), "", "no error");
	s.errors = 1;
	is_text(text_errors(&s), "1 error", "one error");
	s.errors = 1000;
	is_text(text_errors(&s), "1 000 errors", "errors");
	s.copying = 3;
	is_text(text_pending(&s), "3 copying", "all pending copies run");
	s.queued = 4;
	is_text(text_pending(&s), "3 copying, 4 queued", "some wait");
}

static void test_eta(void)
{
	struct snapshot s = { .eta = -1 };

	is_text(text_eta(&s), "", "not known");
	s.eta = 0.2;
	is_text(text_eta(&s), "ETA 0:01", "less than a second");
	s.eta = 59 * 60 + 59;
	is_text(text_eta(&s), "ETA 59:59", "less than an hour");
	s.eta = 3600;
	is_text(text_eta(&s), "ETA 1h 0m", "an hour");
	s.eta = 48 * 3600 + 3 * 3600;
	is_text(text_eta(&s), "ETA 2d 3h", "days");
	s.stalled = 7;
	is_text(text_eta(&s), "stalled 0:07", "a stall");
}

static void test_lines(void)
{
	struct snapshot s = {
		.percent = 50, .totals_final = true, .files_done = 1, .files_total = 2,
		.bytes_done = MIB, .bytes_total = 2 * MIB, .rate = MIB, .eta = 1, .copying = 1,
	};

	is_text(text_line(&s),
		"50%, 1 of 2 files, 1.0 MiB of 2.0 MiB, 1.0 MiB/s, ETA 0:01, 1 copying",
		"a line of text");
	s.percent = -1;
	s.eta = -1;
	s.errors = 2;
	is_text(text_line(&s), "1 of 2 files, 1.0 MiB of 2.0 MiB, 1.0 MiB/s, 1 copying, 2 errors",
		"with less that is known, and errors");
	is_text(text_done(&s), "interrupted: 1 file, 1.0 MiB copied", "what was done");
}

/* Returns a frame, with its escape sequences taken out. */
static char *
frame_of(const struct frame_screen *screen, const struct snapshot *s, int *ret_lines)
{
	char *text, *to;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		bail_out("no memory");
	*ret_lines = frame_put(out, screen, s);
	if (fclose(out) != 0)
		bail_out("no memory");
	to = text;
	for (const char *from = text; *from; from++) {
		if (*from != '\033')
			*to++ = *from;
		else
			from += strcspn(from, "Km");
	}
	*to = '\0';
	return text;
}

static void is_frame(const struct frame_screen *screen, const struct snapshot *s,
		     const char *want, const char *what)
{
	int lines, newlines = 0;
	char *got = frame_of(screen, s, &lines);

	for (const char *p = got; *p; p++)
		newlines += *p == '\n';
	is_int(lines, newlines + 1, "the number of lines, %s", what);
	is_text(got, want, what);
}

static void test_frame(void)
{
	char name[] = "directory/with a long name";
	struct snapshot s = {
		.percent = 50, .part = 0.5, .totals_final = true, .files_done = 1,
		.files_total = 2, .bytes_done = MIB, .bytes_total = 2 * MIB, .rate = MIB, .eta = 1,
		.errors = 1, .pending = 1, .copying = 1, .nactive = 1,
		.active = { { .src = name, .bytes_done = 1, .bytes_total = 4, .rate = 1024 } },
	};
	struct frame_screen screen = { .columns = 80, .rows = 24, .colour = true };

	is_frame(&screen, &s,
		 "  50%  [#############-------------]   1.0 MiB of 2.0 MiB   1.0 MiB/s   ETA 0:01\n"
		 "       1 of 2 files, 1 error, 1 copying\n"
		 "       > 'directory/with a long name'                         25%     1.0 KiB/s",
		 "on 80 columns");
	screen.columns = 40;
	is_frame(&screen, &s,
		 "  50%  1.0 MiB   1.0 MiB/s   ETA 0:01\n"
		 "       1 of 2 files, 1 error, 1 copying\n"
		 "       > ...ory/with a long name'   25%",
		 "on 40 columns");
	screen.columns = 4;
	is_frame(&screen, &s, "50%", "on 4 columns");
	screen.columns = 80;
	screen.rows = 3;
	is_frame(&screen, &s,
		 "  50%  [#############-------------]   1.0 MiB of 2.0 MiB   1.0 MiB/s   ETA 0:01",
		 "on 3 rows");
	screen.rows = 24;
	screen.one_line = true;
	if (!setlocale(LC_ALL, "C.UTF-8")) {
		skip(2, "no locale C.UTF-8");
		return;
	}
	screen.utf8 = true;
	/* 14 of 28 columns, and three eighths of the next */
	s.part = (14 * 8 + 3.5) / (28 * 8.0);
	is_frame(&screen, &s,
		 "  50%  ██████████████▍░░░░░░░░░░░░░   1.0 MiB of 2.0 MiB   1.0 MiB/s   ETA 0:01",
		 "in one line, with UTF-8");
}

int main(void)
{
	quote_init(true);
	test_size();
	test_amount();
	test_counts();
	test_eta();
	test_lines();
	test_frame();
	return done_testing();
}
