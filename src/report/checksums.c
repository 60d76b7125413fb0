/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a line is written with the FILE locked, and so in one piece.  The first error of a
 * write is kept, since what follows may succeed, and hide it.
 */
#include <config.h>

#include "report/checksums.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report/outfile.h"

static FILE *file;			/* NULL: none is open */
static int write_error;			/* an errno; under the lock of file */

void checksum_print(const struct checksum *sum, char text[static CHECKSUM_TEXT])
{
	size_t size = sum->hash == COPYFILE_HASH_SHA256 ? 32 : 16;

	for (size_t i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", sum->digest[i]);
}

uint32_t checksums_default(void)
{
	return copyfile_hash_name(COPYFILE_HASH_XXH128) ? COPYFILE_HASH_XXH128 :
							  COPYFILE_HASH_SHA256;
}

bool checksums_open(const char *path)
{
	file = outfile_open(path, OUTFILE_REPLACE);
	return file;
}

bool checksums_close(void)
{
	FILE *closed = file;

	file = NULL;
	if (!closed)
		return true;
	if (fclose(closed) != 0 && !write_error)
		write_error = errno;
	errno = write_error;
	return !write_error;
}

bool checksums_are_open(void)
{
	return file;
}

static void put(const char *text, size_t len)
{
	if (fwrite_unlocked(text, 1, len, file) < len && !write_error)
		write_error = errno;
}

static void put_text(const char *text)
{
	put(text, strlen(text));
}

/* Write name with its newlines and backslashes as \n and \\, as GNU's programs read them. */
static void put_escaped(const char *name)
{
	size_t plain;

	while (name[plain = strcspn(name, "\\\n")]) {
		put(name, plain);
		put_text(name[plain] == '\n' ? "\\n" : "\\\\");
		name += plain + 1;
	}
	put(name, plain);
}

void checksums_add(const struct checksum *sum, const char *dst)
{
	char text[CHECKSUM_TEXT];

	if (!file)
		return;
	assert(sum->hash);
	checksum_print(sum, text);
	flockfile(file);
	/* A backslash at the beginning says that the name is escaped. */
	if (strpbrk(dst, "\\\n"))
		put_text("\\");
	put_text(copyfile_hash_name(sum->hash));
	put_text(" (");
	/* To those programs "-" is standard input. */
	if (!strcmp(dst, "-"))
		put_text("./");
	put_escaped(dst);
	put_text(") = ");
	put_text(text);
	put_text("\n");
	funlockfile(file);
}
