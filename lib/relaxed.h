/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * relaxed - atomics of which each stands for itself.  No thread concludes from one of them
 * what another one must be, so no order is asked of the processor.
 */
#ifndef CF_RELAXED_H
#define CF_RELAXED_H

#include <stdatomic.h>

#define cf_relaxed_get(x)	atomic_load_explicit(&(x), memory_order_relaxed)
#define cf_relaxed_set(x, value)	atomic_store_explicit(&(x), value, memory_order_relaxed)

/* Returns what x was before. */
#define cf_relaxed_add(x, n)	atomic_fetch_add_explicit(&(x), n, memory_order_relaxed)

#endif
