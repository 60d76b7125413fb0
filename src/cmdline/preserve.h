/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preserve - which attributes the options ask for.  Main thread only. */
#ifndef PCP_PRESERVE_H
#define PCP_PRESERVE_H

#include <stdbool.h>

struct options;

/* -p: mode, owner and times */
void preserve_basic(struct options *o);

/* -a: whatever there is */
void preserve_all(struct options *o);

/*
 * The list after --preserve= (on) or --no-preserve= (not on); option is the name for the
 * complaint about a word that stands for no attribute, which ends the run.
 */
void preserve_list(struct options *o, const char *option, const char *arg, bool on);

#endif
