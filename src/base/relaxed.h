/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relaxed - atomic fields that order nothing: no other memory is read or written in an order
 * that depends on them.
 */
#ifndef PCP_RELAXED_H
#define PCP_RELAXED_H

#include <stdatomic.h>

#define relaxed_get(field)	  atomic_load_explicit(&(field), memory_order_relaxed)
#define relaxed_set(field, value) atomic_store_explicit(&(field), value, memory_order_relaxed)
/* Returns the value from before the addition. */
#define relaxed_add(field, value) atomic_fetch_add_explicit(&(field), value, memory_order_relaxed)

#endif
