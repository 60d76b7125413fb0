/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "cmdline/preserve.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libcopyfile.h>

#include "argmatch.h"
#include "base/options.h"
#include "xalloc.h"

/* Hard links, which are no attribute for the library */
#define LINKS (1ULL << 63)
#define ALL (COPYFILE_ATTRS | LINKS)
#define MODE (COPYFILE_MODE | COPYFILE_ACL)

/* -p */
#define BASIC (MODE | COPYFILE_OWNER | COPYFILE_TIMES)

static void set(struct options *o, uint64_t what, bool on)
{
	o->attrs = (on ? o->attrs | what : o->attrs & ~what) & COPYFILE_ATTRS;
	if (what & LINKS)
		o->keep_links = on;
	if (what & MODE)
		o->default_mode = !on;
}

void preserve_basic(struct options *o)
{
	set(o, BASIC, true);
}

void preserve_all(struct options *o)
{
	set(o, ALL, true);
}

void preserve_list(struct options *o, const char *option, const char *arg, bool on)
{
	static const char *const names[] = {
		"mode", "timestamps", "ownership", "links", "context", "xattr", "all", NULL
	};
	static const uint64_t values[] = {
		MODE, COPYFILE_TIMES, COPYFILE_OWNER, LINKS, COPYFILE_CONTEXT, COPYFILE_XATTR, ALL
	};
	char *list = xstrdup(arg), *rest = list, *word;

	ARGMATCH_VERIFY(names, values);
	while ((word = strsep(&rest, ","))) {
		uint64_t what = XARGMATCH(option, word, names, values);

		set(o, what, on);
		/* What is named is needed; of "all", whatever there is will do. */
		if (what == COPYFILE_XATTR || what == COPYFILE_CONTEXT)
			o->need_attrs = on ? o->need_attrs | what : o->need_attrs & ~what;
	}
	free(list);
}
