/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "walk/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/options.h"
#include "copy/entry.h"
#include "dirname.h"
#include "exclude.h"
#include "report/quote.h"
#include "report/verbose.h"
#include "timespec.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* ----------------------------------------------------------------- rules */

/* Returns true if path's last component is "." or "..". */
static bool ends_in_dots(const char *path)
{
	const char *last = last_component(path);
	size_t len = base_len(last);

	return (len == 1 || len == 2) && !strncmp(last, "..", len);
}

/*
 * Returns the part of path that patterns are compared with: what follows an operand that ends
 * in "/." or is ".", or else all of it.
 */
static const char *compared(const char *path)
{
	const char *name = strncmp(path, "./", 2) ? path : path + 1;

	/* No name in a directory is "."; so each one is an operand's. */
	for (const char *dot; (dot = strstr(name, "/./"));)
		name = dot + 2;
	return name == path ? path : name + strspn(name, "/");
}

bool select_excludes(const struct options *o, const char *path)
{
	return o->exclude && *path && !ends_in_dots(path) &&
	       excluded_file_name(o->exclude, compared(path));
}

/* Returns what the rules by size and time say about q, which is no directory. */
static enum select_answer by_stat(const struct options *o, const struct select_query *q)
{
	bool by_size = S_ISREG(q->type) && options_ask_size(o);

	if (!by_size && !options_ask_time(o))
		return SELECT_COPY;
	if (!q->st)
		return SELECT_STAT;
	uint64_t size = q->st->st_size;
	if (by_size && (size < o->min_size || size > o->max_size))
		return SELECT_EXCLUDE;
	bool fits = timespec_cmp(q->st->st_mtim, o->newer) >= 0 &&
		    timespec_cmp(q->st->st_mtim, o->older) < 0;
	return fits ? SELECT_COPY : SELECT_EXCLUDE;
}

/* --------------------------------------------------------------- entries */

static enum select_answer select_dir(const struct options *o, const struct select_query *q)
{
	if (!o->recursive)
		return SELECT_OMIT;
	if (!o->one_file_system || q->operand)
		return SELECT_ENTER;
	if (!q->st)
		return SELECT_STAT;
	return q->st->st_dev == q->parent_dev ? SELECT_ENTER : SELECT_MAKE;
}

enum select_answer select_query(const struct options *o, const struct select_query *q)
{
	if (q->path && select_excludes(o, q->path))
		return SELECT_EXCLUDE;
	if (!q->st && (!q->type || (S_ISLNK(q->type) && options_follows(o, q->operand))))
		return SELECT_STAT;
	return S_ISDIR(q->type) ? select_dir(o, q) : by_stat(o, q);
}

/* Returns the rule that decides about path's name, or NULL: of those that match, the last one. */
static const struct options_rule *rule_of(const struct options *o, const char *path)
{
	for (size_t i = o->nrules; i--;)
		if (excluded_file_name(o->rules[i].exclude, compared(path)))
			return &o->rules[i];
	return NULL;
}

/* Returns the option by which what has the stat st is left out. */
static const char *option_of(const struct options *o, const struct stat *st)
{
	uint64_t size = st->st_size;

	if (S_ISREG(st->st_mode) && size < o->min_size)
		return "--min-size";
	if (S_ISREG(st->st_mode) && size > o->max_size)
		return "--max-size";
	return timespec_cmp(st->st_mtim, o->newer) < 0 ? "--newer" : "--older";
}

void select_explain(const struct options *o, const char *format, const char *name,
		    const char *path, const struct stat *st)
{
	const struct options_rule *rule = st ? NULL : rule_of(o, path);
	char *reason = rule ? xasprintf("--exclude=%s", quote_if_needed(1, rule->pattern, false)) :
			      xstrdup(st ? option_of(o, st) : "--exclude");

	verbose_explained(format, name, reason);
	free(reason);
}

enum select_answer select_entry(const struct options *o, const struct entry *e)
{
	/* Before a stat(2) of e its name has been asked about; that of an operand in target.c. */
	char *path = o->exclude && !e->st ? dir_src_path(e->dir, e->src) : NULL;
	enum select_answer answer = select_query(o, &(struct select_query){
		.path = path, .type = e->type, .st = e->st,
		.parent_dev = e->dir->st.st_dev, .operand = e->operand,
	});

	if (answer == SELECT_EXCLUDE && o->explain) {
		char *name = dir_src_path(e->dir, e->src);

		select_explain(o, N_("leave out %s: %s\n"), name, name, e->st);
		free(name);
	}
	free(path);
	return answer;
}
