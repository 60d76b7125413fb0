/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal_json - the lines about the journal in the stream of --json.  Main thread only. */
#ifndef PCP_JOURNAL_JSON_H
#define PCP_JOURNAL_JSON_H

#include "journal/journal.h"

#if HAVE_LIBJANSSON

/* Say what the run has found: state is "new", "resumed" or "complete". */
void journal_json_state(const char *state, const struct journal_summary *s);

/* Say what of the pass is done. */
void journal_json_proof(const struct journal_summary *s);

#else

static inline void journal_json_state(const char *state, const struct journal_summary *s)
{
	(void)state, (void)s;
}
static inline void journal_json_proof(const struct journal_summary *s) { (void)s; }

#endif
#endif
