/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frame - what progress looks like on a terminal at a moment. */
#ifndef PCP_FRAME_H
#define PCP_FRAME_H

#include <stdbool.h>
#include <stdio.h>

struct snapshot;

struct frame_screen {
	int columns, rows;
	bool utf8;			/* it can show more than ASCII */
	bool colour;
	bool one_line;			/* the frame has one line, whatever fits */
};

/*
 * Write the lines of a frame, each narrower than the screen, to out.  Each but the last is
 * cleared behind what is new in it, and ends in a newline.  Returns how many lines there are.
 */
int frame_put(FILE *out, const struct frame_screen *screen, const struct snapshot *s);

#endif
