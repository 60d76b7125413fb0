/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * driver - gives a fuzz target RUNS random inputs (3000; 1000 with sanitizers), made from SEED;
 * or those in the files that are named, such as what libFuzzer has found.  Prints TAP.
 *
 * An input is random bytes, or words of the target (fuzz_words), strung together, some of them
 * spoilt.  The one that is being tried is in the file that an abort names, to be given again.
 */
#include <config.h>

#ifndef FUZZ_BY_LIBFUZZER

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "tap.h"

enum { LONGEST = 512 };

static uint64_t state;
static uint8_t input[LONGEST];
static size_t input_size;

static unsigned int dice(unsigned int sides)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(state >> 33) % sides;
}

/* Only what a signal handler may call */
static void on_abort(int number)
{
	static const char digits[] = "0123456789abcdef";
	static const char intro[] = "# the input, in hexadecimal: ";

	if (write(1, intro, sizeof intro - 1) < 0)
		_exit(99);
	for (size_t i = 0; i < input_size; i++) {
		const char byte[] = { digits[input[i] >> 4], digits[input[i] & 15] };

		if (write(1, byte, 2) < 0)
			_exit(99);
	}
	if (write(1, "\n", 1) < 0)
		_exit(99);
	signal(number, SIG_DFL);
	raise(number);
}

static void add(const void *data, size_t size)
{
	size_t room = sizeof input - input_size;

	size = size < room ? size : room;
	memcpy(input + input_size, data, size);
	input_size += size;
}

static void add_word(unsigned int nwords)
{
	const char *word = fuzz_words[dice(nwords)];

	add(word, strlen(word));
	if (dice(3))
		add("", 1);
}

static void add_bytes(void)
{
	for (unsigned int n = dice(12); n; n--) {
		uint8_t byte = (uint8_t)dice(256);

		add(&byte, 1);
	}
}

static void make_input(unsigned int nwords)
{
	input_size = 0;
	for (unsigned int n = 1 + dice(dice(4) ? 6 : 40); n; n--) {
		if (nwords && dice(4))
			add_word(nwords);
		else
			add_bytes();
	}
	while (input_size && dice(3) == 0)
		input[dice((unsigned int)input_size)] = (uint8_t)dice(256);
}

static unsigned long number_from(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

static void try_files(char **names, int n)
{
	for (int i = 0; i < n; i++) {
		FILE *file = fopen(names[i], "re");

		if (!file)
			bail_out("%s: %s", names[i], strerror(errno));
		input_size = fread(input, 1, sizeof input, file);
		fclose(file);
		LLVMFuzzerTestOneInput(input, input_size);
		ok(true, "%s", names[i]);
	}
}

int main(int argc, char **argv)
{
	const char *sanitizers = getenv("SANITIZERS");
	unsigned long runs = number_from("RUNS", sanitizers && *sanitizers ? 1000 : 3000);
	unsigned long seed = number_from("SEED", 1);
	unsigned int nwords = 0;

	while (fuzz_words[nwords])
		nwords++;
	state = seed;
	signal(SIGABRT, on_abort);
	if (argc > 1) {
		try_files(argv + 1, argc - 1);
		return done_testing();
	}
	for (unsigned long i = 0; i < runs; i++) {
		make_input(nwords);
		LLVMFuzzerTestOneInput(input, input_size);
	}
	ok(true, "%lu random inputs of seed %lu", runs, seed);
	return done_testing();
}

#endif
