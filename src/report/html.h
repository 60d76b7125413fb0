/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html - text of any bytes in a page that is HTML as well as XML, in UTF-8.  Thread-safe. */
#ifndef PCP_HTML_H
#define PCP_HTML_H

#include <stdio.h>

/*
 * Put text, so that it is shown as it is.  What cannot be shown is put as an escape, in an element
 * of its own: bytes that are not UTF-8, characters that control a terminal, have no width, or
 * turn the direction of text.  It belongs between elements, not into an attribute.
 */
void html_put_text(FILE *out, const char *text);

/* As html_put_text(), for a name: in a fixed-width font, apart from the text around it. */
void html_put_name(FILE *out, const char *name);

#endif
