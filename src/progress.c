/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: silent for the first half second, then repainted in place at most
 * ten times a second, in one write.  The line is cut to the terminal's width,
 * and taken away before anything else is said (report_hide_progress).
 */
#include <config.h>

#include "progress.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "copy.h"
#include "human.h"
#include "report.h"
#include "stop.h"

/* From the start to the first paint, and from one to the next; milliseconds */
#define FIRST_MS 500
#define NEXT_MS 100

/* Longest line */
#define LINE 256

static struct {
	bool active, shown;
	int64_t started, next;		/* milliseconds */
} state;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (int64_t)1000 + t.tv_nsec / 1000000;
}

static void hide(void)
{
	if (!state.shown)
		return;
	fputs("\r\033[K", stderr);
	state.shown = false;
}

bool progress_init(bool quiet)
{
	const char *term = getenv("TERM");

	state.active = !quiet && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	state.started = now_ms();
	state.next = state.started + FIRST_MS;
	report_hide_progress = state.active ? hide : NULL;
	return state.active;
}

static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* What there is to say, in at most size bytes */
static void describe(struct copy *c, char *line, size_t size)
{
	enum { opts = human_autoscale | human_base_1024 | human_SI | human_B |
	       human_space_before_unit | human_round_to_nearest };
	char done_buf[LONGEST_HUMAN_READABLE + 1], rate_buf[LONGEST_HUMAN_READABLE + 1];
	unsigned int in_flight;
	struct report_counts counts = report_counts();
	uint64_t bytes = counts.bytes + window_bytes_done(&c->window, &in_flight);
	int64_t ms = now_ms() - state.started;

	snprintf(line, size, "%ju files, %s, %s/s, %u in flight, %ju errors",
		 (uintmax_t)counts.files, human_readable(bytes, done_buf, opts, 1, 1),
		 human_readable(bytes, rate_buf, opts, 1000, ms > 0 ? ms : 1), in_flight,
		 (uintmax_t)counts.errors);
}

void progress_tick(struct copy *c)
{
	char line[LINE];
	int64_t now = state.active ? now_ms() : 0;

	if (!state.active || now < state.next)
		return;
	state.next = now + NEXT_MS;
	describe(c, line, sizeof line);
	report_lock();
	fflush(stdout);
	fprintf(stderr, "\r%.*s\033[K", columns() - 1, line);
	state.shown = true;
	report_unlock();
}

void progress_snapshot(struct copy *c)
{
	char line[LINE];

	describe(c, line, sizeof line);
	report_warning("%s%s", stop_asked() == STOP_SIGNAL ? "interrupted: " : "", line);
}

void progress_hide(void)
{
	report_lock();
	hide();
	report_unlock();
}

void progress_end(void)
{
	progress_hide();
	state.active = false;
}
