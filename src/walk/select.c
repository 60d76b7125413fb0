/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "walk/select.h"

#include "base/options.h"
#include "copy/entry.h"
#include "tree/dir.h"

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
	if (!q->st && (!q->type || (S_ISLNK(q->type) && options_follows(o, q->operand))))
		return SELECT_STAT;
	return S_ISDIR(q->type) ? select_dir(o, q) : SELECT_COPY;
}

enum select_answer select_entry(const struct options *o, const struct entry *e)
{
	return select_query(o, &(struct select_query){
		.name = e->src, .type = e->type, .st = e->st,
		.parent_dev = e->dir->st.st_dev, .operand = e->operand,
	});
}
