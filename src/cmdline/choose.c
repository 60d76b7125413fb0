/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: tar's options, with tar's meaning, and --include, which takes back an --exclude
 * before it.  Where several patterns match, the last one counts.
 */
#include <config.h>

#include "cmdline/choose.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/options.h"
#include "cmdline/mistake.h"
#include "cmdline/table.h"
#include "cmdline/value.h"
#include "cmdline/words.h"
#include "exclude.h"
#include "report/quote.h"
#include "report/report.h"
#include "xalloc.h"

/* The flags of gnulib's exclude for the next pattern.  What is below a match matches, too. */
static int flags(const struct choose *how)
{
	return FNM_LEADING_DIR | (how->anchored ? EXCLUDE_ANCHORED : 0) |
	       (how->ignore_case ? FNM_CASEFOLD : 0) | (how->literal ? 0 : EXCLUDE_WILDCARDS) |
	       (how->slash_apart ? FNM_FILE_NAME : 0);
}

/* The patterns of the run, which stay until its end */
static struct exclude *patterns(struct options *o)
{
	static struct exclude *all;

	if (!all) {
		all = new_exclude();
		/* If the first were an --include, what nothing matches would be left out. */
		add_exclude(all, "", EXCLUDE_ANCHORED);
	}
	o->exclude = all;
	return all;
}

/* The patterns once more, each with its flags, for choose_end() */
static struct pattern {
	char *text;
	int flags;
} *kept;
static size_t nkept, room_kept;

/* As add_exclude() of gnulib, which knows all patterns together. */
static void add_pattern(struct exclude *all, const char *text, int flags)
{
	add_exclude(all, text, flags);
	if (nkept == room_kept)
		kept = x2nrealloc(kept, &room_kept, sizeof *kept);
	kept[nkept++] = (struct pattern){ xstrdup(text), flags };
}

void choose_end(struct options *o)
{
	if (!o->explain || !nkept)
		return;
	/* They stay until the end of the run, as the patterns do. */
	static struct options_rule *rules;
	rules = xnmalloc(nkept, sizeof *rules);
	for (size_t i = 0; i < nkept; i++) {
		struct exclude *one = new_exclude();

		add_exclude(one, kept[i].text, kept[i].flags & ~EXCLUDE_INCLUDE);
		rules[i] = (struct options_rule){
			.exclude = one, .pattern = kept[i].text,
			.include = kept[i].flags & EXCLUDE_INCLUDE,
		};
	}
	o->rules = rules;
	o->nrules = nkept;
}

static void exclude_from(struct options *o, const struct choose *how, const char *file)
{
	size_t first = nkept;

	if (add_exclude_file(add_pattern, patterns(o), file, flags(how), '\n') == 0) {
		for (size_t i = first; i < nkept; i++)
			words_add_read(kept[i].text);
		return;
	}
	report_error(errno, "cannot read the patterns in %s", quote_always(0, file));
	mistake_exit();
}

/* The tags stay until the end of the run, as the patterns do. */
static void add_tag(struct options *o, const char *name)
{
	static const char **tags;
	static size_t room;

	if (name != OPTIONS_CACHE_TAG &&
	    (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))) {
		report_error(0, "invalid name of a file for --exclude-tag: %s",
			     quote_always(0, name));
		mistake_usage();
	}
	if ((size_t)o->ntags == room)
		o->tags = tags = x2nrealloc(tags, &room, sizeof *tags);
	tags[o->ntags++] = name;
}

/* Apply c, if it says how patterns are matched.  Returns false if it does not. */
static bool apply_matching(struct choose *how, int c)
{
	switch (c) {
	case OPT_ANCHORED:
	case OPT_NO_ANCHORED:
		how->anchored = c == OPT_ANCHORED;
		return true;
	case OPT_IGNORE_CASE:
	case OPT_NO_IGNORE_CASE:
		how->ignore_case = c == OPT_IGNORE_CASE;
		return true;
	case OPT_WILDCARDS:
	case OPT_NO_WILDCARDS:
		how->literal = c == OPT_NO_WILDCARDS;
		return true;
	case OPT_MATCH_SLASH:
	case OPT_NO_MATCH_SLASH:
		how->slash_apart = c == OPT_NO_MATCH_SLASH;
		return true;
	default:
		return false;
	}
}

bool choose_apply(struct options *o, struct choose *how, int c, const char *arg)
{
	if (apply_matching(how, c))
		return true;
	switch (c) {
	case OPT_EXCLUDE:
		add_pattern(patterns(o), arg, flags(how));
		return true;
	case OPT_EXCLUDE_CACHES:
		add_tag(o, OPTIONS_CACHE_TAG);
		return true;
	case OPT_EXCLUDE_TAG:
		add_tag(o, arg);
		return true;
	case OPT_INCLUDE:
		add_pattern(patterns(o), arg, flags(how) | EXCLUDE_INCLUDE);
		return true;
	case 'X':
		exclude_from(o, how, arg);
		return true;
	case OPT_MIN_SIZE:
		o->min_size = value_size("invalid size: %s", arg, 0);
		return true;
	case OPT_MAX_SIZE:
		o->max_size = value_size("invalid size: %s", arg, 0);
		return true;
	case OPT_NEWER:
		o->newer = value_date("--newer", arg);
		return true;
	case OPT_OLDER:
		o->older = value_date("--older", arg);
		return true;
	default:
		return false;
	}
}
