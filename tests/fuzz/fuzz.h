/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz - one entry point for two drivers: driver.c, which any compiler builds and make check
 * runs, and libFuzzer, which make fuzz links in.  What must not be is told by abort().
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words and shapes that this target's inputs are made of; ends with NULL.  For driver.c. */
extern const char *const fuzz_words[];

/* Say what does not hold, and abort. */
#define FUZZ_CHECK(holds)						\
	do {								\
		if (!(holds))						\
			fuzz_fail(__FILE__, __LINE__, #holds);		\
	} while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/*
 * Make a directory below TMPDIR, go there, and have it removed at the end.  Returns its
 * descriptor.
 */
int fuzz_enter_scratch(void);

/* The next bytes of an input: numbers, of which there are zeros when it has ended */
struct fuzz_bytes {
	const uint8_t *at;
	size_t left;
};

uint64_t fuzz_number(struct fuzz_bytes *b, size_t bytes);

/* Fill to, of size bytes. */
void fuzz_fill(struct fuzz_bytes *b, void *to, size_t size);

#endif
