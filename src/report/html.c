/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: what Unicode has for a control, a format or an unassigned character, or for a separator
 * of lines, is escaped; a combining mark or a letter of another script is not.  An escape is what
 * $'...' of a shell has, but for characters above 0xff, which are \u and their number; its element
 * tells it from a backslash that is in the name.
 */
#include <config.h>

#include "report/html.h"

#include <stdint.h>
#include <string.h>

#include "unictype.h"
#include "unistr.h"

static void put_escape(FILE *out, ucs4_t c, const char *format)
{
	fputs("<i class=\"esc\">", out);
	if (c == '\n')
		fputs("\\n", out);
	else if (c == '\t')
		fputs("\\t", out);
	else
		fprintf(out, format, (unsigned int)c);
	fputs("</i>", out);
}

static bool is_shown(ucs4_t c)
{
	static const uint32_t hidden = UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Zl |
				       UC_CATEGORY_MASK_Zp;

	return !uc_is_general_category_withtable(c, hidden);
}

/* Put the character c, whose len bytes are at s. */
static void put_character(FILE *out, ucs4_t c, const uint8_t *s, int len)
{
	switch (c) {
	case '&':
		fputs("&amp;", out);
		break;
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	default:
		if (is_shown(c))
			fwrite(s, 1, len, out);
		else
			put_escape(out, c, c < 0x100 ? "\\x%02x" : "\\u%04x");
	}
}

void html_put_text(FILE *out, const char *text)
{
	const uint8_t *rest = (const uint8_t *)text;
	size_t left = strlen(text);

	while (left) {
		ucs4_t c;
		int len = u8_mbtoucr(&c, rest, left);

		if (len < 0) {
			put_escape(out, *rest, "\\x%02x");
			len = 1;
		} else {
			put_character(out, c, rest, len);
		}
		rest += len;
		left -= len;
	}
}

void html_put_name(FILE *out, const char *name)
{
	/* bdi: a name in a script from right to left leaves the order of the rest alone. */
	fputs("<bdi class=\"name\">", out);
	html_put_text(out, name);
	fputs("</bdi>", out);
}
