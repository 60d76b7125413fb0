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

/* Returns the name of e in the set, which the caller frees; NULL if e has none there. */
static char *key_of(const struct context *c, const struct entry *e)
{
	if (!e->operand || !c->targets)
		return NULL;
	assert(loop_is_main(&c->loop));
	return dir_dst_path(e->dir, e->dst);
}

bool targets_have(const struct context *c, const struct entry *e)
{
	char *key = key_of(c, e);
	bool have = key && names_have(c->targets, key);

	free(key);
	return have;
}

void targets_take(struct context *c, const struct entry *e)
{
	char *key = key_of(c, e);

	if (key)
		names_add(c->targets, key);
	free(key);
}

void targets_give_back(struct context *c, const struct entry *e)
{
	char *key = key_of(c, e);

	if (key)
		names_remove(c->targets, key);
	free(key);
}
