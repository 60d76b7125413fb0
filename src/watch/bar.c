/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a frame is put together in memory and written at once.  It writes over the last
 * one, so that nothing flickers.  Then the cursor goes back to where the frame begins.  So
 * there is nothing to restore: whatever is written next, by a shell after a SIGKILL, say,
 * goes over it; and the frame is hidden by clearing from the cursor on.  The terminal is
 * asked for its size before each frame, which needs no SIGWINCH; if it became narrower, what
 * it wrapped is below the cursor, too.
 */
#include <config.h>

#include "watch/bar.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/console.h"
#include "report/report.h"
#include "watch/frame.h"
#include "watch/snapshot.h"
#include "watch/text.h"
#include "xalloc.h"

/* From one frame to the next, or one line of text; the first comes after half a second. */
#define FIRST_NS (CLOCK_SECOND / 2)
#define FRAME_NS (CLOCK_SECOND / 10)
#define LINE_NS (5 * CLOCK_SECOND)

static struct {
	enum {
		OFF,
		FRAMES,			/* on a terminal */
		ONE_LINE,		/* the same, with one line */
		LINES			/* of text, one after the other */
	} style;
	bool utf8, colour, taskbar;	/* what the terminal can show */
	bool shown, taskbar_shown;	/* on the screen; under the console's lock */
	int64_t next;			/* time of the next one: CLOCK_MONOTONIC, ns */
} bar;

/* ---------------------------------------------------------- the terminal */

/*
 * Returns true if the terminal is known to show progress in its taskbar or tab (OSC 9;4).
 * Others might beep.
 */
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

/* Returns true if this is a job in the background, which leaves the terminal to others. */
static bool in_background(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group >= 0 && group != getpgrp();
}

static struct frame_screen get_screen(void)
{
	struct winsize size;
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;

	return (struct frame_screen){
		.columns = known && size.ws_col ? size.ws_col : 80,
		.rows = known && size.ws_row ? size.ws_row : 24,
		.utf8 = bar.utf8, .colour = bar.colour, .one_line = bar.style == ONE_LINE,
	};
}

/* The caller holds the console's lock. */
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

static void paint(const struct snapshot *s)
{
	struct frame_screen screen = get_screen();
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		xalloc_die();
	fputc('\r', out);
	int lines = frame_put(out, &screen, s);
	/* Below it there may be lines of the last frame. */
	fputs("\033[K\033[J\r", out);
	if (lines > 1)
		fprintf(out, "\033[%dA", lines - 1);
	if (bar.taskbar)
		fprintf(out, "\033]9;4;%d;%d\033\\", s->percent < 0 ? 3 : 1,
			s->percent < 0 ? 0 : s->percent);
	if (fclose(out) != 0)
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

void bar_show(const struct snapshot *s, int64_t now)
{
	if (bar.style == OFF || now < bar.next)
		return;
	if (bar.style == LINES) {
		text_report(text_line, s);
		bar.next = now + LINE_NS;
		return;
	}
	bar.next = now + FRAME_NS;
	if (!in_background())
		paint(s);
}
