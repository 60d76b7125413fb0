/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: a set of full names, which exists only where there are several operands. */
#include <config.h>

#include "copy/targets.h"

#include <assert.h>
#include <stdlib.h>

#include "base/loop.h"
#include "base/names.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "tree/dirpath.h"

bool targets_have(const struct context *c, const struct entry *e)
{
	if (!c->targets)
		return false;
	assert(loop_is_main(&c->loop));
	char *path = dir_dst_path(e->dir, e->dst);
	bool have = names_have(c->targets, path);

	free(path);
	return have;
}

void targets_take(struct context *c, const struct entry *e)
{
	if (!e->operand || !c->targets)
		return;
	assert(loop_is_main(&c->loop));
	char *path = dir_dst_path(e->dir, e->dst);

	names_add(c->targets, path);
	free(path);
}

void targets_give_back(struct context *c, const struct entry *e)
{
	if (!e->operand || !c->targets)
		return;
	assert(loop_is_main(&c->loop));
	char *path = dir_dst_path(e->dir, e->dst);

	names_remove(c->targets, path);
	free(path);
}
