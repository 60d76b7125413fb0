/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values in the lines of --json: src/report/json_value.c */
#include <config.h>

#include "tap.h"

#if HAVE_LIBJANSSON
#include <stdlib.h>
#include <string.h>

#include "report/json_value.h"

/* Releases value. */
static void is_json(json_t *value, const char *want, const char *what)
{
	char *got = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

	if (!ok(got && !strcmp(got, want), "%s", what))
		diag("got %s, want %s", got ? got : "nothing", want);
	free(got);
	json_decref(value);
}

static void test_numbers(void)
{
	is_json(json_value_whole_or_null(7, true), "7", "a number");
	is_json(json_value_whole_or_null(7, false), "null", "an unknown number");
	is_json(json_value_whole_or_null(UINT64_MAX, true), "9223372036854775807",
		"a number that is too large");
	is_json(json_value_real_or_null(0.5, true), "0.5", "a fraction");
	is_json(json_value_real_or_null(0.5, false), "null", "an unknown fraction");
}

static void test_text(void)
{
	is_json(json_value_text_or_null("a\n"), "\"a\\n\"", "a text");
	is_json(json_value_text_or_null(NULL), "null", "no text");
	is_json(json_value_text_or_null("\303\244"), "\"\303\244\"", "UTF-8");
	is_json(json_value_text_or_null("a\377\376b"), "\"a\357\277\275\357\277\275b\"",
		"each byte that is not UTF-8 is replaced");
	is_json(json_value_text_or_null("\303"), "\"\357\277\275\"", "half a character is, too");
	is_json(json_value_text_or_null("\355\240\200"),
		"\"\357\277\275\357\277\275\357\277\275\"", "and a surrogate");
}

static json_t *with_name(const char *name)
{
	json_t *object = json_object();

	json_value_add_name(object, "src", name);
	return object;
}

static json_t *with_names(char *const *names, int n)
{
	json_t *object = json_object();

	json_value_add_names(object, "sources", names, n);
	return object;
}

static void test_names(void)
{
	char a[] = "a", empty[] = "", bad[] = "\377";
	char *good[] = { a, empty }, *mixed[] = { a, empty, bad };

	is_json(with_name("a"), "{\"src\":\"a\"}", "a name");
	is_json(with_name(NULL), "{\"src\":null}", "no name");
	is_json(with_name("\377"), "{\"src\":\"\357\277\275\",\"src_b64\":\"/w==\"}",
		"a name that is not UTF-8");
	is_json(with_names(good, 2), "{\"sources\":[\"a\",\"\"]}", "names");
	is_json(with_names(mixed, 3), "{\"sources\":[\"a\",\"\",\"\357\277\275\"],"
		"\"sources_b64\":[\"YQ==\",\"\",\"/w==\"]}", "one of which is not UTF-8");
	is_json(with_names(NULL, 0), "{\"sources\":[]}", "no names");
}

int main(void)
{
	test_numbers();
	test_text();
	test_names();
	return done_testing();
}
#else
int main(void)
{
	skip_all("pcp is built without jansson");
}
#endif
