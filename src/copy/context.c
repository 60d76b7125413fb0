/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "copy/context.h"

#include <poll.h>

#include "base/stop.h"

/* While it is paused main has nothing to do but to look ten times a second (milliseconds). */
#define PAUSED_MS 100

void context_pass(struct context *c)
{
	workers_pass(&c->workers);
	while (workers_paused(&c->workers) && loop_is_main(&c->loop) && !stop_asked()) {
		poll(NULL, 0, PAUSED_MS);
		loop_tick(&c->loop);
	}
}

void context_drain(struct context *c)
{
	/* The workers come first: only they, and this thread, can fill the window again. */
	while (!workers_idle(&c->workers) || !window_empty(&c->window))
		loop_turn(&c->loop, true);
}
