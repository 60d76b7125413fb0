/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "copy/context.h"

void context_drain(struct context *c)
{
	/* The workers come first: only they, and this thread, can fill the window again. */
	while (!workers_idle(&c->workers) || !window_empty(&c->window))
		loop_turn(&c->loop, true);
}
