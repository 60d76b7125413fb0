/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * refusal - which pairs of file systems refuse which system call, so that it is not made in
 * vain.  Thread-safe.
 */
#ifndef CF_REFUSAL_H
#define CF_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum cf_refusable {
	CF_CLONE,
	CF_COPY_FILE_RANGE,
};

/*
 * Returns true if what should be tried on a file of size bytes: pair (see place.h) has not
 * refused it lately, or the file is so large that an attempt costs nothing.
 */
bool cf_refusal_try(enum cf_refusable what, off_t size, uint64_t pair);

/* Remember, for some seconds, that pair has refused what. */
void cf_refusal_note(enum cf_refusable what, uint64_t pair);

#endif
