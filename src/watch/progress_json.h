/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress_json - how far the run is, for readers of JSON. */
#ifndef PCP_PROGRESS_JSON_H
#define PCP_PROGRESS_JSON_H

struct snapshot;

/* Write a line of type progress to the stream of --json, if there is one. */
#if HAVE_LIBJANSSON
void progress_json_put(const struct snapshot *s);
#else
static inline void progress_json_put(const struct snapshot *s) { (void)s; }
#endif

#endif
