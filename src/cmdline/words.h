/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * words - what a run is asked for, as one line: the options that decide what is copied and how,
 * and the operands.  Runs with the same words do the same.  Main thread only.
 */
#ifndef PCP_WORDS_H
#define PCP_WORDS_H

/* The option c, as table_next() returns it, was given with that argument, or with NULL. */
void words_add_option(int c, const char *arg);

/* An option named a file, in which there was this line. */
void words_add_read(const char *line);

/* Returns the whole line, which is there until the end. */
const char *words_end(char *const *operands, int n);

#endif
