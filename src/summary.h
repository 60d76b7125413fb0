/* SPDX-License-Identifier: GPL-3.0-or-later */
/* summary - the last words of a run, for people. */
#ifndef PCP_SUMMARY_H
#define PCP_SUMMARY_H

struct options;

/*
 * On standard error, and in the log: why the run stopped, if it did, and how many errors
 * there were, where their messages may be lost among others.
 */
void summary_print(const struct options *o);

#endif
