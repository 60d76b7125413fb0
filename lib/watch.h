/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch - what a running copy shows to those who watch it, and what they can
 * ask of it.  One thread runs the copy and writes; any thread may read, set
 * cancel, or pause it.  Each field stands for itself, so relaxed order suffices.
 */
#ifndef CF_WATCH_H
#define CF_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "relaxed.h"

struct cf_watch {
	_Atomic uint64_t total;		/* bytes, the source's size when it was opened */
	_Atomic uint64_t done;		/* bytes in place, holes and clones included */
	_Atomic uint64_t moved;		/* bytes of those that were transferred */
	_Atomic uint64_t cloned;	/* bytes of those that are shared with the source */
	_Atomic uint64_t holes;		/* bytes of those that are in holes */
	_Atomic uint64_t prefix;	/* bytes at the beginning of the destination in place */
	_Atomic int64_t mtime;		/* of the source, when it was opened: seconds, */
	_Atomic uint32_t mtime_ns;	/* and nanoseconds */
	_Atomic uint32_t stage;		/* enum copyfile_stage */
	_Atomic uint32_t method;	/* enum copyfile_method */
	atomic_bool cancel;		/* stop at the next chunk */
	_Atomic uint32_t paused;	/* 1: stand still from the next chunk on; see pause.h */
	atomic_bool was_paused;		/* at some time: how long the copy took says nothing */
};

#endif
