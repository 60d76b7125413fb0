/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proof - what can be shown of a run by its journal, as lines of a label and a value; the page of
 * --report has a section for them, if there are any.  Main thread only.
 */
#ifndef PCP_PROOF_H
#define PCP_PROOF_H

#include <stddef.h>

struct proof_line {
	char *label, *value;
	struct proof_line *next;
};

/* Add a line below the others.  Both texts are copied; the value may have any bytes. */
void proof_add(const char *label, const char *value);

/* Returns the first line, or NULL. */
const struct proof_line *proof_first(void);

#endif
