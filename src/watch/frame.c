/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: what does not fit on the screen is left out, the least important first. */
#include <config.h>

#include "watch/frame.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/size.h"
#include "base/tally.h"
#include "mbswidth.h"
#include "report/quote.h"
#include "watch/snapshot.h"
#include "watch/text.h"
#include "xalloc.h"
#include "xvasprintf.h"

#define INDENT 7
#define BAR_MIN 10
#define BAR_MAX 40
#define MOST_ACTIVE 5
#define NAME_MIN 12
#define RATE_WIDTH 12

/* On a screen with fewer rows there is only one line. */
#define ROWS_FOR_MORE 4

/* A frame that grows */
struct frame {
	FILE *out;
	const struct frame_screen *screen;
	int lines;			/* begun so far */
};

/* Returns how many columns s takes. */
static int width(const char *s)
{
	int w = mbswidth(s, 0);

	return w < 0 ? (int)strlen(s) : w;
}

/* Returns how many columns s lacks to have so many. */
static int pad_to(int columns, const char *s)
{
	int w = width(s);

	return w < columns ? columns - w : 0;
}

/* Begin a line; clear what the last frame had behind the end of the one before. */
static void new_line(struct frame *f)
{
	fputs(f->lines++ ? "\033[K\n" : "", f->out);
}

/* A bar of so many columns, in eighths of a column where there are characters for that */
static void put_bar(struct frame *f, int columns, double part)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int full = (int)(part * columns), eighth = (int)((part * columns - full) * 8), i;

	if (!f->screen->utf8) {
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
 * The n texts side by side, with sep between them, as many as fit into room columns.  The one
 * with the index alarm is red; -1: none is.
 */
static void put_texts(struct frame *f, char *const *texts, int n, int alarm, const char *sep,
		      int room)
{
	int used = 0;

	for (int i = 0; i < n; i++) {
		int more = *texts[i] ? (used ? width(sep) : 0) + width(texts[i]) : 0;

		if (!more || used + more > room)
			continue;
		bool red = f->screen->colour && i == alarm;
		fprintf(f->out, "%s%s%s%s", used ? sep : "", red ? "\033[31m" : "", texts[i],
			red ? "\033[m" : "");
		used += more;
	}
}

/* The percentage, in the margin; or what fits of it on a tiny terminal */
static void put_percent(struct frame *f, int percent)
{
	char text[16] = "";
	int room = f->screen->columns - 1;

	if (percent >= 0)
		snprintf(text, sizeof text, room < INDENT ? "%d%%" : " %3d%%  ", percent);
	if (room >= INDENT)
		fprintf(f->out, "%-*s", INDENT, text);
	else if (width(text) <= room)
		fputs(text, f->out);
}

/* The first line: bar, amount, rate, time to go */
static void put_head(struct frame *f, const struct snapshot *s)
{
	char *texts[] = { text_amount(s, false), text_rate(s), text_eta(s) };
	int n = sizeof texts / sizeof *texts, room = f->screen->columns - INDENT - 1, need = 0;

	for (int i = 0; i < n; i++)
		need += *texts[i] ? width(texts[i]) + 3 : 0;
	new_line(f);
	put_percent(f, s->percent);
	if (s->percent >= 0 && room - need >= BAR_MIN) {
		int columns = room - need < BAR_MAX ? room - need : BAR_MAX;

		put_bar(f, columns, s->part);
		fputs("   ", f->out);
		room -= columns + 3;
	} else if (need - 3 > room) {
		/* The rate and the time to go matter more than the total. */
		free(texts[0]);
		texts[0] = text_amount(s, true);
	}
	put_texts(f, texts, n, -1, "   ", room);
	for (int i = 0; i < n; i++)
		free(texts[i]);
}

/* The second line: how many files, errors, and so on */
static void put_counts(struct frame *f, const struct snapshot *s)
{
	uint64_t cloned = tally_of_outcome(&s->tally, OUTCOME_CLONED);
	uint64_t skipped = tally_of_outcome(&s->tally, OUTCOME_SKIPPED);
	char *texts[] = {
		text_files(s),
		text_errors(s),
		s->pending ? text_pending(s) : xstrdup(""),
		cloned ? text_some(cloned, "%s cloned", "%s cloned") : xstrdup(""),
		skipped ? text_some(skipped, "%s skipped", "%s skipped") : xstrdup(""),
	};
	int n = sizeof texts / sizeof *texts, room = f->screen->columns - INDENT - 1;
	bool some = false;

	for (int i = 0; i < n; i++)
		some |= *texts[i] && width(texts[i]) <= room;
	if (some) {
		new_line(f);
		fprintf(f->out, "%*s", INDENT, "");
		put_texts(f, texts, n, 1, f->screen->utf8 ? " · " : ", ", room);
	}
	for (int i = 0; i < n; i++)
		free(texts[i]);
}

/* name, padded to room columns; or as much of its end as fits there, after dots */
static void put_name(struct frame *f, const char *name, int room)
{
	const char *dots = f->screen->utf8 ? "…" : "...";
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

/* A line for a copy that runs: its name, how much of it is done, its rate */
static void put_active(struct frame *f, const struct active *a)
{
	char buf[SIZE_BUF];
	char *rate = a->rate > 0 ? xasprintf("%s/s", size_text(buf, a->rate)) : xstrdup("");
	int room = f->screen->columns - 1 - INDENT - 2 - 2 - 4;
	bool with_rate = room - 2 - RATE_WIDTH >= NAME_MIN;

	if (with_rate)
		room -= 2 + RATE_WIDTH;
	if (room >= NAME_MIN) {
		new_line(f);
		fprintf(f->out, "%*s%s ", INDENT, "", f->screen->utf8 ? "▸" : ">");
		put_name(f, quote_if_needed(0, a->src, false), room);
		fprintf(f->out, "  %3d%%", (int)(100.0 * a->bytes_done / a->bytes_total));
		if (with_rate)
			fprintf(f->out, "  %*s%s", pad_to(RATE_WIDTH, rate), "", rate);
	}
	free(rate);
}

int frame_put(FILE *out, const struct frame_screen *screen, const struct snapshot *s)
{
	struct frame f = { .out = out, .screen = screen };
	unsigned int active = s->nactive < MOST_ACTIVE ? s->nactive : MOST_ACTIVE;

	put_head(&f, s);
	if (screen->one_line || screen->rows < ROWS_FOR_MORE)
		return f.lines;
	put_counts(&f, s);
	/* No more than half of the screen */
	for (unsigned int i = 0; i < active && (int)i < screen->rows / 2 - 2; i++)
		put_active(&f, &s->active[i]);
	return f.lines;
}
