/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: JSON is UTF-8, but the name of a file is a string of bytes.  So each name has a
 * field that can be shown in any case.  If that is not exact there is a second field, with
 * the bytes in base64, for readers that open the file.
 */
#include <config.h>

#include "report/json_value.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "unistr.h"
#include "xalloc.h"
#include "xvasprintf.h"

json_int_t json_value_whole(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (json_int_t)n;
}

json_t *json_value_whole_or_null(uint64_t n, bool known)
{
	return known ? json_integer(json_value_whole(n)) : json_null();
}

json_t *json_value_real_or_null(double n, bool known)
{
	return known ? json_real(n) : json_null();
}

/* ---------------------------------------------------------------- text */

/*
 * Returns text as a value, with U+FFFD for each byte that is not UTF-8.  *ret_exact tells
 * that there is no such byte.
 */
static json_t *from_text(const char *text, bool *ret_exact)
{
	static const char replacement[] = "\357\277\275";
	const uint8_t *rest = (const uint8_t *)text, *bad;
	size_t len = strlen(text), used = 0;

	*ret_exact = !u8_check(rest, len);
	if (*ret_exact)
		return json_string(text);
	char *clean = xnmalloc(len + 1, sizeof replacement);
	while ((bad = u8_check(rest, len))) {
		size_t good = bad - rest;

		memcpy(clean + used, rest, good);
		memcpy(clean + used + good, replacement, sizeof replacement - 1);
		used += good + sizeof replacement - 1;
		rest = bad + 1;
		len -= good + 1;
	}
	memcpy(clean + used, rest, len + 1);
	json_t *value = json_string(clean);
	free(clean);
	return value;
}

json_t *json_value_text_or_null(const char *text)
{
	bool exact;

	return text ? from_text(text, &exact) : json_null();
}

/* --------------------------------------------------------------- names */

static json_t *in_base64(const char *name)
{
	char *base64;

	base64_encode_alloc(name, strlen(name), &base64);
	if (!base64)
		xalloc_die();
	json_t *value = json_string(base64);
	free(base64);
	return value;
}

/* Set KEY_b64 of object to value, which is released. */
static void set_base64(json_t *object, const char *key, json_t *value)
{
	char *key_b64 = xasprintf("%s_b64", key);

	json_object_set_new(object, key_b64, value);
	free(key_b64);
}

void json_value_add_name(json_t *object, const char *key, const char *name)
{
	bool exact = true;

	json_object_set_new(object, key, name ? from_text(name, &exact) : json_null());
	if (!exact)
		set_base64(object, key, in_base64(name));
}

void json_value_add_names(json_t *object, const char *key, char *const *names, int n)
{
	json_t *list = json_array(), *base64 = json_array();
	bool all_exact = true, exact;

	for (int i = 0; i < n; i++) {
		json_array_append_new(list, from_text(names[i], &exact));
		json_array_append_new(base64, in_base64(names[i]));
		all_exact = all_exact && exact;
	}
	json_object_set_new(object, key, list);
	if (all_exact)
		json_decref(base64);
	else
		set_base64(object, key, base64);
}
