/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of any bytes in a page: src/report/html.c */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "tap.h"

#define ESC(text) "<i class=\"esc\">" text "</i>"

static void is_put(const char *text, const char *want, const char *what)
{
	char *got;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	if (!out)
		bail_out("no memory");
	html_put_text(out, text);
	fclose(out);
	if (!ok(!strcmp(got, want), "%s", what))
		diag("got %s, want %s", got, want);
	free(got);
}

int main(void)
{
	char *got;
	size_t size;

	is_put("", "", "nothing");
	is_put("plain", "plain", "plain text");
	is_put("<a href=\"x\">&amp;", "&lt;a href=\"x\"&gt;&amp;amp;", "markup");
	is_put("]]>", "]]&gt;", "the end of a section of XML");
	is_put("gr\303\274n \346\227\245 \360\237\230\200",
	       "gr\303\274n \346\227\245 \360\237\230\200", "letters of all scripts, and symbols");
	is_put("a\nb\tc", "a" ESC("\\n") "b" ESC("\\t") "c", "a newline and a tab");
	is_put("\033\177\302\205", ESC("\\x1b") ESC("\\x7f") ESC("\\x85"), "controls");
	is_put("\342\200\256x", ESC("\\u202e") "x", "what turns the direction of text");
	is_put("\342\200\213\357\273\277", ESC("\\u200b") ESC("\\ufeff"), "what has no width");
	is_put("\342\200\250", ESC("\\u2028"), "a separator of lines");
	is_put("\377\300\257", ESC("\\xff") ESC("\\xc0") ESC("\\xaf"), "no UTF-8, and overlong");
	is_put("\355\240\200", ESC("\\xed") ESC("\\xa0") ESC("\\x80"), "a surrogate");
	is_put("\357\277\277", ESC("\\uffff"), "no character, which XML refuses");
	is_put("\364\220\200\200", ESC("\\xf4") ESC("\\x90") ESC("\\x80") ESC("\\x80"),
	       "too large");
	is_put("x\303", "x" ESC("\\xc3"), "a character that is cut off");
	is_put("\360\237\230", ESC("\\xf0") ESC("\\x9f") ESC("\\x98"), "and a longer one");

	FILE *out = open_memstream(&got, &size);
	if (!out)
		bail_out("no memory");
	html_put_name(out, "<");
	fclose(out);
	ok(!strcmp(got, "<bdi class=\"name\">&lt;</bdi>"), "a name");
	free(got);
	return done_testing();
}
