/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a frame is some lines that are no wider than the terminal, put together in
 * memory and written at once: each is cleared only behind what is new in it, so that
 * nothing flickers.  Then the cursor goes back to where the frame begins.  So there is
 * nothing to restore: whoever writes next, or a shell after a SIGKILL, writes over it;
 * to hide it is to clear from the cursor on.  The terminal is asked for its size before
 * each frame, which needs no SIGWINCH; if it became narrower, what it wrapped is below the
 * cursor, too.
 *
 * What does not fit is left out, the least important first.
 */
#include <config.h>

#include "watch/bar.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/clock.h"
#include "base/size.h"
#include "mbswidth.h"
#include "report/console.h"
#include "report/quote.h"
#include "report/report.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* From one frame to the next, or one line of text; the first comes after half a second. */
#define FIRST_NS (CLOCK_SECOND / 2)
#define FRAME_NS (CLOCK_SECOND / 10)
#define LINE_NS (5 * CLOCK_SECOND)

#define INDENT 7
#define BAR_MIN 10
#define BAR_MAX 40
#define MOST_ACTIVE 5
#define NAME_MIN 12
#define RATE_WIDTH 12

static struct {
	enum { OFF, FRAMES, ONE_LINE, LINES } style;
	bool utf8, colour, taskbar;
	bool shown, taskbar_shown;
	int64_t next;
} bar;

/* ---------------------------------------------------------- the terminal */

/* Does the terminal show progress in its taskbar or tab (OSC 9;4)?  Others might beep. */
static bool has_taskbar(void)
{
	const char *program = getenv("TERM_PROGRAM"), *conemu = getenv("ConEmuANSI");

	return getenv("WT_SESSION") || (conemu && !strcmp(conemu, "ON")) ||
	       (program && (!strcmp(program, "ghostty") || !strcmp(program, "WezTerm")));
}

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

/* A job in the background leaves the terminal to others. */
static bool in_background(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group >= 0 && group != getpgrp();
}

static void get_size(int *columns, int *rows)
{
	struct winsize size;
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;

	*columns = known && size.ws_col ? size.ws_col : 80;
	*rows = known && size.ws_row ? size.ws_row : 24;
}

/* With console_lock() held */
static void hide_locked(void)
{
	if (bar.taskbar_shown)
		fputs("\033]9;4;0;\033\\", stderr);
	if (bar.shown)
		fputs("\r\033[J", stderr);
	bar.shown = bar.taskbar_shown = false;
}

void bar_hide(void)
{
	console_lock();
	hide_locked();
	fflush(stderr);
	console_unlock();
}

bool bar_init(enum options_progress mode)
{
	const char *no_colour = getenv("NO_COLOR");
	bool terminal = is_terminal();

	bar.style = mode == PROGRESS_NEVER ? OFF :
		    mode == PROGRESS_LINE  ? (terminal ? ONE_LINE : LINES) :
		    mode == PROGRESS_ALWAYS || terminal ? FRAMES : OFF;
	bar.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	bar.colour = !no_colour || !*no_colour;
	bar.taskbar = terminal && has_taskbar();
	bar.next = clock_now(CLOCK_MONOTONIC) + (bar.style == LINES ? LINE_NS : FIRST_NS);
	console_set_progress(bar.style == FRAMES || bar.style == ONE_LINE ? hide_locked : NULL);
	return bar.style != OFF;
}

/* ------------------------------------------------------------- the words */

#define COUNT_BUF 32

/* In groups of three digits */
static const char *count_text(char buf[static COUNT_BUF], uint64_t n)
{
	char *p = buf + COUNT_BUF - 1;

	*p = '\0';
	for (int digits = 0; n || !digits; n /= 10, digits++) {
		if (digits && digits % 3 == 0)
			*--p = ' ';
		*--p = '0' + n % 10;
	}
	return p;
}

#define TIME_BUF 32

/* In two units at most */
static const char *time_text(char buf[static TIME_BUF], double seconds)
{
	uintmax_t s = seconds + 0.999, m = s / 60, h = m / 60;

	if (h >= 48)
		snprintf(buf, TIME_BUF, "%jud %juh", h / 24, h % 24);
	else if (h)
		snprintf(buf, TIME_BUF, "%juh %jum", h, m % 60);
	else
		snprintf(buf, TIME_BUF, "%ju:%02ju", m, s % 60);
	return buf;
}

/* How much of the data is done; without the total, if that is to be short.  On the heap */
static char *amount_text(const struct progress *p, bool brief)
{
	char done[SIZE_BUF], total[SIZE_BUF];

	if (brief || !p->bytes_total || (!p->totals_final && p->bytes_total == p->bytes_done))
		return xstrdup(size_text(done, p->bytes_done));
	return xasprintf("%s of %s%s", size_text(done, p->bytes_done),
			 p->totals_final ? "" : "at least ", size_text(total, p->bytes_total));
}

static char *files_text(const struct progress *p)
{
	char done[COUNT_BUF], total[COUNT_BUF];

	if (!p->totals_final && p->files_total == p->files_done)
		return xasprintf("%s files", count_text(done, p->files_done));
	return xasprintf("%s of %s%s files", count_text(done, p->files_done),
			 p->totals_final ? "" : "at least ", count_text(total, p->files_total));
}

static char *rate_text(const struct progress *p)
{
	char buf[SIZE_BUF];

	return xasprintf("%s/s", size_text(buf, p->rate));
}

/* "" if nothing can be said of when it will end */
static char *eta_text(const struct progress *p)
{
	char buf[TIME_BUF];

	if (p->stalled > 0)
		return xasprintf("stalled %s", time_text(buf, p->stalled));
	return p->eta < 0 ? xstrdup("") : xasprintf("ETA %s", time_text(buf, p->eta));
}

static char *some_text(uint64_t n, const char *what)
{
	char buf[COUNT_BUF];

	return n ? xasprintf("%s %s", count_text(buf, n), what) : xstrdup("");
}

/* What is pending; what waits for a thread is not being copied. */
static char *pending_text(const struct progress *p)
{
	char copying[COUNT_BUF], queued[COUNT_BUF];

	if (!p->queued)
		return xasprintf("%s copying", count_text(copying, p->copying));
	return xasprintf("%s copying, %s queued", count_text(copying, p->copying),
			 count_text(queued, p->queued));
}

char *bar_line(const struct progress *p)
{
	char *percent = p->percent < 0 ? xstrdup("") : xasprintf("%d%%, ", p->percent);
	char *amount = amount_text(p, false), *files = files_text(p), *rate = rate_text(p);
	char *eta = eta_text(p), *errors = some_text(p->errors, p->errors == 1 ? "error" : "errors");
	char *pending = pending_text(p);
	char *line = xasprintf("%s%s, %s, %s%s%s, %s%s%s", percent, files, amount, rate,
			       *eta ? ", " : "", eta, pending, *errors ? ", " : "", errors);

	free(percent);
	free(amount);
	free(files);
	free(rate);
	free(eta);
	free(errors);
	free(pending);
	return line;
}

char *bar_done(const struct progress *p)
{
	char files[COUNT_BUF], bytes[SIZE_BUF];

	return xasprintf("%s files, %s copied", count_text(files, p->files_done),
			 size_text(bytes, p->bytes_done));
}

/* ------------------------------------------------------------- the frame */

/* Lines that grow, each as wide as the terminal at most */
struct frame {
	FILE *out;
	int columns, lines;
};

static int width(const char *s)
{
	int w = mbswidth(s, 0);

	return w < 0 ? (int)strlen(s) : w;
}

static void new_line(struct frame *f)
{
	fputs(f->lines++ ? "\033[K\n" : "", f->out);
}

/* A bar of so many columns, in eighths of one where there are characters for it */
static void put_bar(struct frame *f, int columns, double part)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int full = (int)(part * columns), eighth = (int)((part * columns - full) * 8), i;

	if (!bar.utf8) {
		fputc('[', f->out);
		for (i = 0; i < columns - 2; i++)
			fputc(i < part * (columns - 2) ? '#' : '-', f->out);
		fputc(']', f->out);
		return;
	}
	for (i = 0; i < full; i++)
		fputs("█", f->out);
	if (full < columns && *eighths[eighth]) {
		fputs(eighths[eighth], f->out);
		i++;
	}
	for (; i < columns; i++)
		fputs("░", f->out);
}

/*
 * Texts side by side, with sep between them, as many as there is room for; the one with
 * the index alarm is to be seen.
 */
static void put_texts(struct frame *f, char *const *texts, int n, int alarm, const char *sep,
		      int room)
{
	int used = 0;

	for (int i = 0; i < n; i++) {
		int more = *texts[i] ? (used ? width(sep) : 0) + width(texts[i]) : 0;

		if (!more || used + more > room)
			continue;
		bool red = bar.colour && i == alarm;
		fprintf(f->out, "%s%s%s%s", used ? sep : "", red ? "\033[31m" : "", texts[i],
			red ? "\033[m" : "");
		used += more;
	}
}

/* The percentage, in the margin, which is narrower than it should be on a tiny terminal */
static void put_percent(struct frame *f, int percent)
{
	char text[16] = "";
	int room = f->columns - 1;

	if (percent >= 0)
		snprintf(text, sizeof text, room < INDENT ? "%d%%" : " %3d%%  ", percent);
	if (room >= INDENT)
		fprintf(f->out, "%-*s", INDENT, text);
	else if (width(text) <= room)
		fputs(text, f->out);
}

static void put_head(struct frame *f, const struct progress *p)
{
	char *texts[] = { amount_text(p, false), rate_text(p), eta_text(p) };
	int n = sizeof texts / sizeof *texts, room = f->columns - INDENT - 1, need = 0;

	for (int i = 0; i < n; i++)
		need += *texts[i] ? width(texts[i]) + 3 : 0;
	new_line(f);
	put_percent(f, p->percent);
	if (p->percent >= 0 && room - need >= BAR_MIN) {
		int columns = room - need < BAR_MAX ? room - need : BAR_MAX;

		put_bar(f, columns, p->part);
		fputs("   ", f->out);
		room -= columns + 3;
	} else if (need - 3 > room) {
		/* What is to come matters more than the total, which the percentage tells. */
		free(texts[0]);
		texts[0] = amount_text(p, true);
	}
	put_texts(f, texts, n, -1, "   ", room);
	for (int i = 0; i < n; i++)
		free(texts[i]);
}

static void put_counts(struct frame *f, const struct progress *p)
{
	const struct tally *t = &p->tally;
	char *texts[] = {
		files_text(p),
		some_text(p->errors, p->errors == 1 ? "error" : "errors"),
		p->in_flight ? pending_text(p) : xstrdup(""),
		some_text(tally_of_outcome(t, OUTCOME_CLONED), "cloned"),
		some_text(tally_of_outcome(t, OUTCOME_SKIPPED), "skipped"),
	};
	int n = sizeof texts / sizeof *texts, room = f->columns - INDENT - 1;
	bool some = false;

	for (int i = 0; i < n; i++)
		some |= *texts[i] && width(texts[i]) <= room;
	if (some) {
		new_line(f);
		fprintf(f->out, "%*s", INDENT, "");
		put_texts(f, texts, n, 1, bar.utf8 ? " · " : ", ", room);
	}
	for (int i = 0; i < n; i++)
		free(texts[i]);
}

/* name, in so many columns: its end, if that is too few */
static void put_name(struct frame *f, const char *name, int room)
{
	const char *dots = bar.utf8 ? "…" : "...";
	int have = width(name);

	if (have > room) {
		mbstate_t state = { 0 };

		fputs(dots, f->out);
		room -= width(dots);
		while (*name && (have = width(name)) > room) {
			size_t n = mbrlen(name, MB_CUR_MAX, &state);

			name += n == 0 || n > MB_CUR_MAX ? 1 : n;
		}
	}
	fprintf(f->out, "%s%*s", name, room > have ? room - have : 0, "");
}

static void put_active(struct frame *f, const struct window_active *a)
{
	char buf[SIZE_BUF];
	char *rate = a->rate > 0 ? xasprintf("%s/s", size_text(buf, a->rate)) : xstrdup("");
	int room = f->columns - 1 - INDENT - 2 - 2 - 4;
	bool with_rate = room - 2 - RATE_WIDTH >= NAME_MIN;

	if (with_rate)
		room -= 2 + RATE_WIDTH;
	if (room >= NAME_MIN) {
		new_line(f);
		fprintf(f->out, "%*s%s ", INDENT, "", bar.utf8 ? "▸" : ">");
		put_name(f, quote_if_needed(0, a->src, false), room);
		fprintf(f->out, "  %3d%%", (int)(100.0 * a->bytes_done / a->bytes_total));
		if (with_rate)
			fprintf(f->out, "  %*s", RATE_WIDTH, rate);
	}
	free(rate);
}

static void put_frame(struct frame *f, const struct progress *p, int rows)
{
	unsigned int active = p->nactive < MOST_ACTIVE ? p->nactive : MOST_ACTIVE;

	put_head(f, p);
	if (bar.style == ONE_LINE || rows < 4)
		return;
	put_counts(f, p);
	/* No more than half of the screen */
	for (unsigned int i = 0; i < active && (int)i < rows / 2 - 2; i++)
		put_active(f, &p->active[i]);
}

static void paint(const struct progress *p)
{
	struct frame f = { .lines = 0 };
	char *text;
	size_t size;
	int rows;

	get_size(&f.columns, &rows);
	f.out = open_memstream(&text, &size);
	if (!f.out)
		xalloc_die();
	fputc('\r', f.out);
	put_frame(&f, p, rows);
	/* Below it there may be lines of the last one. */
	fputs("\033[K\033[J\r", f.out);
	if (f.lines > 1)
		fprintf(f.out, "\033[%dA", f.lines - 1);
	if (bar.taskbar)
		fprintf(f.out, "\033]9;4;%d;%d\033\\", p->percent < 0 ? 3 : 1,
			p->percent < 0 ? 0 : p->percent);
	if (fclose(f.out) != 0)
		xalloc_die();
	console_lock();
	fflush(stdout);
	fwrite(text, 1, size, stderr);
	fflush(stderr);
	bar.shown = true;
	bar.taskbar_shown = bar.taskbar;
	console_unlock();
	free(text);
}

void bar_show(const struct progress *p, int64_t now)
{
	if (bar.style == OFF || now < bar.next)
		return;
	if (bar.style == LINES) {
		char *line = bar_line(p);

		report_note("%s", line);
		free(line);
		bar.next = now + LINE_NS;
		return;
	}
	bar.next = now + FRAME_NS;
	if (!in_background())
		paint(p);
}
