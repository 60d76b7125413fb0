/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome - what became of an entry: counted, logged, told in JSON.  Thread-safe. */
#ifndef PCP_OUTCOME_H
#define PCP_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tally.h"

struct copyfile_info;
struct entry;

/* The sizes of what is left out are wanted: progress is shown.  Before anything else here. */
void outcome_watch(void);

/* A number by which readers of JSON know an entry again; 0 if there are none. */
uint64_t outcome_new_id(void);

/* Number e, and note the time, if readers of JSON are told of every file. */
void outcome_number(struct entry *e);

/*
 * e, whose directory is in use, has come to its end.  info is that of its copy, if the
 * library made it, else NULL.  To be said once of each entry.
 */
void outcome(const struct entry *e, enum outcome outcome, const struct copyfile_info *info);

/* e is left out, as nothing new is to be begun: it has no outcome, but the exit status tells. */
void outcome_left_out(const struct entry *e);

/* A signal has interrupted the copy of e: it has no outcome, nor has it failed. */
void outcome_interrupted(const struct entry *e);

#endif
