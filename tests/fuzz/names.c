/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names as they are shown and written: an input is a name, without NULs.  As it is quoted, a
 * shell reads the very same name, and a terminal is told nothing by it; the line in a list of
 * checksums, and the fields in a line of JSON, lead back to it.
 */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base64.h"
#include "fuzz.h"
#include "report/checksums.h"
#include "report/quote.h"
#if HAVE_LIBJANSSON
#include "report/json_value.h"
#endif

enum { LONGEST = 4096 };

const char *const fuzz_words[] = {
	"'", "\"", "\\", "\n", "\\n", "\033[2J", "$", "$'", "`", "!", " ", "\t", "\r", "*", "?",
	"a", "b c", "-", "--", ") = ", "XXH128 (", "\303\244", "\342\200\256", "\355\240\200",
	"\364\220\200\200", "\377", "\300\200", "\177", "\001", "~", "#", ":", "a:b", "/", "..",
	NULL
};

/* ---------------------------------------------------------------- a shell */

/* Returns the byte after a backslash within $'', at *text, and advances that. */
static char escaped(const char **text)
{
	static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	const char *letter = strchr(letters, **text);
	unsigned int byte = 0;
	int n = 0;

	for (; n < 3 && (*text)[n] >= '0' && (*text)[n] <= '7'; n++)
		byte = byte * 8 + (unsigned int)((*text)[n] - '0');
	*text += n ? n : 1;
	return n ? (char)byte : letter ? bytes[letter - letters] : (*text)[-1];
}

/* Do what a shell does with text, which is one word. */
static void unquote(const char *text, char ret[static LONGEST + 1])
{
	size_t n = 0;

	for (char close; *text;) {
		bool dollar = *text == '$' && text[1] == '\'';

		text += dollar;
		close = *text == '\'' || *text == '"' ? *text++ : '\0';
		/* Outside of quotes a word has no character that means something. */
		FUZZ_CHECK(close || !strchr(" \t\n*?[$`!#&|;<>()~", *text) || n);
		do {
			FUZZ_CHECK(*text && n < LONGEST);
			if (close && *text == close)
				break;
			bool backslash = *text == '\\' && (!close || dollar);
			text += backslash;
			if (dollar && backslash)
				ret[n++] = escaped(&text);
			else
				ret[n++] = *text++;
		} while (close);
		text += close != '\0';
	}
	ret[n] = '\0';
}

static void check_quoted(const char *quoted, const char *name)
{
	static char read[LONGEST + 1];

	for (const unsigned char *c = (const unsigned char *)quoted; *c; c++)
		FUZZ_CHECK(*c >= 32 && *c < 127);
	unquote(quoted, read);
	FUZZ_CHECK(!strcmp(read, name));
}

/* --------------------------------------------------------- the list of sums */

/* Read the name in a line of the list into ret, as xxhsum and sha256sum do. */
static void name_in_line(char *line, const char *hash, char ret[static LONGEST + 8])
{
	bool is_escaped = line[0] == '\\';
	char *name = line + is_escaped, *end;
	size_t n = 0;

	FUZZ_CHECK(!strncmp(name, hash, strlen(hash)) && !strncmp(name + strlen(hash), " (", 2));
	name += strlen(hash) + 2;
	end = strrchr(name, ')');
	FUZZ_CHECK(end && !strncmp(end, ") = ", 4));
	for (char *c = name; c < end; c++) {
		FUZZ_CHECK(*c != '\n');
		if (is_escaped && *c == '\\') {
			c++;
			FUZZ_CHECK(c < end && (*c == 'n' || *c == '\\'));
			ret[n++] = *c == 'n' ? '\n' : '\\';
		} else {
			ret[n++] = *c;
		}
	}
	ret[n] = '\0';
}

static void check_line(const char *name)
{
	static char line[2 * LONGEST + 256], read[2 * LONGEST + 256];
	struct checksum sum = { .hash = checksums_default() };
	const char *wanted = strcmp(name, "-") ? name : "./-";

	FUZZ_CHECK(checksums_open("list"));
	checksums_add(&sum, name);
	FUZZ_CHECK(checksums_close());
	int fd = open("list", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, line, sizeof line - 1, 0);
	FUZZ_CHECK(n > 0 && line[n - 1] == '\n' && (size_t)n == strnlen(line, (size_t)n));
	close(fd);
	line[n] = '\0';
	FUZZ_CHECK(strchr(line, '\n') == line + n - 1);
	name_in_line(line, copyfile_hash_name(sum.hash), read);
	FUZZ_CHECK(!strcmp(read, wanted));
}

/* ------------------------------------------------------------------- JSON */

#if HAVE_LIBJANSSON
static void check_json(const char *name)
{
	json_t *line = json_object(), *read;
	idx_t size = 0;
	char *text, *bytes = NULL;

	json_value_add_name(line, "src", name);
	text = json_dumps(line, JSON_COMPACT);
	FUZZ_CHECK(text && !strchr(text, '\n'));
	read = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	FUZZ_CHECK(read);
	const char *shown = json_string_value(json_object_get(read, "src"));
	const char *exact = json_string_value(json_object_get(read, "src_b64"));
	FUZZ_CHECK(shown);
	if (exact) {
		FUZZ_CHECK(base64_decode_alloc(exact, (idx_t)strlen(exact), &bytes, &size));
		FUZZ_CHECK((size_t)size == strlen(name) && !memcmp(bytes, name, (size_t)size));
		FUZZ_CHECK(strcmp(shown, name) != 0);
	} else {
		FUZZ_CHECK(!strcmp(shown, name));
	}
	free(bytes);
	free(text);
	json_decref(read);
	json_decref(line);
}
#else
static void check_json(const char *name)
{
	(void)name;
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[LONGEST / 4 + 1];
	static bool ready;

	if (!ready) {
		quote_init(false);
		close(fuzz_enter_scratch());
		ready = true;
	}
	size = size < sizeof name - 1 ? size : sizeof name - 1;
	if (size)
		memcpy(name, data, size);
	for (size_t i = 0; i < size; i++)
		if (!name[i])
			name[i] = '0';
	name[size] = '\0';
	check_quoted(quote_always(0, name), name);
	check_quoted(quote_if_needed(1, name, size % 2), name);
	check_json(name);
	if (*name)
		check_line(name);
	return 0;
}
