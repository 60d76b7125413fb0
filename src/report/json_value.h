/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_value - values in the lines of --json.  Only where pcp is built with jansson, whose
 * functions release what they are given.  Thread-safe.
 */
#ifndef PCP_JSON_VALUE_H
#define PCP_JSON_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* Returns n, or INT64_MAX if it is larger than JSON can have it. */
json_int_t json_value_whole(uint64_t n);

/* Each returns a new value: null where there is no text, or where n is not known. */
json_t *json_value_text_or_null(const char *text);
json_t *json_value_whole_or_null(uint64_t n, bool known);
json_t *json_value_real_or_null(double n, bool known);

/*
 * Set key of object to name, or to null if that is NULL.  If name is not UTF-8, each byte
 * that is wrong becomes U+FFFD, and KEY_b64 is set to the name in base64.
 */
void json_value_add_name(json_t *object, const char *key, const char *name);

/*
 * Set key of object to the list of n names.  If any of them is not UTF-8, KEY_b64 is set to
 * the list of all of them in base64.
 */
void json_value_add_names(json_t *object, const char *key, char *const *names, int n);

#endif
