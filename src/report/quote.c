/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: gnulib's quotearg does the work.  Each thread has buffers of its own, so that a
 * text that was quoted for a message needs neither a lock nor to be freed.  The buffers
 * outlive their thread: threads are few, and a list of all keeps them reachable.
 */
#include <config.h>

#include "report/quote.h"

#include <assert.h>
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "quotearg.h"
#include "xalloc.h"

/* The texts that a thread has quoted last */
struct texts {
	char *slots[QUOTE_SLOTS];
	struct texts *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of all_texts */
static struct texts *all_texts;
static bool escapes_bidi;
static locale_t plain_locale;

void quote_init(bool terminal)
{
	set_quoting_style(NULL, shell_escape_always_quoting_style);
	plain_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	escapes_bidi = terminal && plain_locale;
}

static struct texts *my_texts(void)
{
	static _Thread_local struct texts *mine;

	if (!mine) {
		mine = xzalloc(sizeof *mine);
		pthread_mutex_lock(&lock);
		mine->next = all_texts;
		all_texts = mine;
		pthread_mutex_unlock(&lock);
	}
	return mine;
}

/*
 * Returns true if s has characters that turn the direction of text, and so can make a name
 * look like another one: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
 */
static bool has_bidi(const char *s)
{
	for (; (s = strpbrk(s, "\330\342")); s++) {
		const unsigned char *u = (const unsigned char *)s;

		if (u[0] == 0xd8 && u[1] == 0x9c)
			return true;
		if (u[0] == 0xe2 && u[1] == 0x80 &&
		    (u[2] == 0x8e || u[2] == 0x8f || (u[2] >= 0xaa && u[2] <= 0xae)))
			return true;
		if (u[0] == 0xe2 && u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9)
			return true;
	}
	return false;
}

/* How a text begins whose first character is escaped */
#define ESCAPE "''$"
#define ESCAPE_LEN (sizeof ESCAPE - 1)

/*
 * quotearg loses the ESCAPE of a text that has an apostrophe, and ends in a character that is
 * escaped as well: a shell would read another name.  Put it back; quoted has room for it.
 */
static void restore_escape(char *quoted, const char *text)
{
	if (strncmp(quoted, "'\\", 2) != 0 || *text == '\\')
		return;
	memmove(quoted + ESCAPE_LEN, quoted, strlen(quoted) + 1);
	memcpy(quoted, ESCAPE, ESCAPE_LEN);
}

/*
 * Quote text into *buf, which is freed first.  quotearg_alloc() is not used, as it loses the
 * last quote of a name in some versions.
 */
static const char *quote_into(char **buf, const char *text, const struct quoting_options *o)
{
	size_t size = 4 * strlen(text) + 64, n;	/* without the room for ESCAPE */
	bool plain = escapes_bidi && has_bidi(text);
	/* In the C locale all that is not ASCII is escaped. */
	locale_t before = plain ? uselocale(plain_locale) : (locale_t)0;

	free(*buf);
	*buf = xmalloc(size + ESCAPE_LEN);
	while ((n = quotearg_buffer(*buf, size, text, SIZE_MAX, o)) >= size) {
		size = n + 1;
		*buf = xrealloc(*buf, size + ESCAPE_LEN);
	}
	restore_escape(*buf, text);
	if (plain)
		uselocale(before);
	return *buf;
}

static char **slot_of_thread(int slot)
{
	assert(slot >= 0 && slot < QUOTE_SLOTS);
	return &my_texts()->slots[slot];
}

const char *quote_always(int slot, const char *text)
{
	return quote_into(slot_of_thread(slot), text, NULL);
}

const char *quote_if_needed(int slot, const char *text, bool colon)
{
	struct quoting_options *o = clone_quoting_options(NULL);

	set_quoting_style(o, shell_escape_quoting_style);
	set_char_quoting(o, ':', colon);
	const char *quoted = quote_into(slot_of_thread(slot), text, o);
	free(o);
	return quoted;
}
