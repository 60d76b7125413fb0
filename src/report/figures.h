/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * figures - what the page of --report has beyond the tally: how large files were, how long they
 * took, and the names that stand out.  It takes the same memory for any run.  Thread-safe.
 */
#ifndef PCP_FIGURES_H
#define PCP_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tally.h"

/*
 * Sizes: 0, below 1 KiB, below 4 KiB, and so on in steps of four; the last one has all that are
 * larger.
 */
#define FIGURES_SIZES 18

/* Times: below 2 microseconds, below 4, and so on; the last one has all that are longer. */
#define FIGURES_TIMES 32

/* Names that are kept of what was deleted, and of what was replaced */
#define FIGURES_REMOVED 10

enum figures_list { FIGURES_SLOWEST, FIGURES_LARGEST, FIGURES_DIRS, FIGURES_LISTS };

struct top;

/* Figures are wanted.  Call this before the other functions, or not at all. */
void figures_begin(void);
bool figures_are_on(void);

/*
 * A regular file of so many bytes was copied in ns nanoseconds; negative: not known.  Returns
 * which lists (bits 1 << enum figures_list) may have room for its name.
 */
unsigned int figures_file(uint64_t bytes, int64_t ns);

/* The same file may get into those lists. */
void figures_file_name(unsigned int lists, uint64_t bytes, int64_t ns, const char *name);

/* A directory with so many files in it, which have taken ns nanoseconds together */
bool figures_want_dir(uint64_t ns);
void figures_dir(uint64_t files, uint64_t ns, const char *name);

/* Something was deleted, or replaced; name, which may be NULL, is wanted if the first says so. */
bool figures_want_removed(void);
void figures_removed(enum kind kind, bool replaced, const char *name);

/* The least size that a bucket has, in bytes */
uint64_t figures_size_floor(unsigned int bucket);

/* The counts so far */
void figures_sizes(uint64_t ret_files[static FIGURES_SIZES],
		   uint64_t ret_bytes[static FIGURES_SIZES]);
void figures_times(uint64_t ret[static FIGURES_TIMES]);

/* For the main thread, when no other one adds anything: the lists, and the names, up to n */
const struct top *figures_list(enum figures_list list);
const char *const *figures_removed_names(bool replaced, unsigned int *ret_n);
uint64_t figures_removed_count(bool replaced, enum kind kind);

#endif
