/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quote - names as they can be shown.  Thread-safe. */
#ifndef PCP_QUOTE_H
#define PCP_QUOTE_H

#include <stdbool.h>

/* Texts that a thread can have at the same time: slots are below this. */
#define QUOTE_SLOTS 3

/*
 * Call this before the other functions.  With terminal, names may be shown on one:
 * characters that turn the direction of text are escaped, too.
 */
void quote_init(bool terminal);

/*
 * Returns text as it can be shown: quoted as for a shell, with nothing in it that controls a
 * terminal.  It is valid until the calling thread uses the slot again.
 */
const char *quote_always(int slot, const char *text);

/*
 * As quote_always(), but text that needs no quotes gets none.  With colon, a ':' needs them.
 */
const char *quote_if_needed(int slot, const char *text, bool colon);

#endif
