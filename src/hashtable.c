/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hashtable - a table that cannot be had ends the run, as any memory does that cannot be had.
 *
 * Design: gnulib's exclude takes it for granted that hash_initialize() gives it one.  So pcp is
 * linked with --wrap, which has all callers come here.
 */
#include <config.h>

#include <stddef.h>

#include "hash.h"
#include "xalloc.h"

Hash_table *__real_hash_initialize(size_t candidate, const Hash_tuning *tuning,
				   Hash_hasher hasher, Hash_comparator comparator,
				   Hash_data_freer data_freer);
Hash_table *__wrap_hash_initialize(size_t candidate, const Hash_tuning *tuning,
				   Hash_hasher hasher, Hash_comparator comparator,
				   Hash_data_freer data_freer);

Hash_table *__wrap_hash_initialize(size_t candidate, const Hash_tuning *tuning,
				   Hash_hasher hasher, Hash_comparator comparator,
				   Hash_data_freer data_freer)
{
	Hash_table *table = __real_hash_initialize(candidate, tuning, hasher, comparator,
						   data_freer);

	if (!table)
		xalloc_die();
	return table;
}
