/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text - how far the run is, in the words of the language that this thread speaks.  The caller
 * frees each text.
 */
#ifndef PCP_TEXT_H
#define PCP_TEXT_H

#include <stdbool.h>
#include <stdint.h>

struct snapshot;

/* How much of the data is done: 1 GiB of at least 18 GiB; brief: without the total */
char *text_amount(const struct snapshot *s, bool brief);

/* 1 200 of 3 400 files */
char *text_files(const struct snapshot *s);

/* 110 MiB/s */
char *text_rate(const struct snapshot *s);

/* ETA 1:05, or stalled 0:09, or paused; "" if the time to go is not known */
char *text_eta(const struct snapshot *s);

/* 3 errors; "" if there are none */
char *text_errors(const struct snapshot *s);

/* 7 copying, 2 queued */
char *text_pending(const struct snapshot *s);

/* 1:05, or 2h 5m: in two units at most; a part of a second counts as one */
char *text_time(double seconds);

/* one or many, which have a %s for n, in the right form */
char *text_some(uint64_t n, const char *one, const char *many);

/* All of these in one line */
char *text_line(const struct snapshot *s);

/* Report what text(s) says, as report_note() does. */
void text_report(char *(*text)(const struct snapshot *s), const struct snapshot *s);

/* What was done of a run that was interrupted: interrupted: 3 files, 1.2 GiB copied */
char *text_done(const struct snapshot *s);

#endif
