/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "walk/walk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "copy/context.h"
#include "copy/entry.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "walk/enter.h"
#include "walk/walker.h"
#include "xalloc.h"

struct walk_root *walk_add_root(struct context *c, const struct entry *e)
{
	struct walk_root *root = xzalloc(sizeof *root);

	*root = (struct walk_root){
		.next = c->roots, .src = dir_src_path(e->dir, e->src),
		.dst = dir_dst_path(e->dir, e->dst),
		.number = c->operand,
	};
	c->roots = root;
	return root;
}

struct walk_root *walk_find_root(const struct context *c, const struct dir *d)
{
	struct walk_root *r = c->roots;

	while (d->parent->parent && !d->parent->leads)
		d = d->parent;
	char *src = dir_src_path(d, ""), *dst = dir_dst_path(d, "");
	while (r && (strcmp(r->src, src) || strcmp(r->dst, dst)))
		r = r->next;
	free(src);
	free(dst);
	assert(r);
	return r;
}

void walk_free_roots(struct context *c)
{
	for (struct walk_root *r = c->roots, *next; r; r = next) {
		next = r->next;
		free(r->src);
		free(r->dst);
		free(r);
	}
	c->roots = NULL;
}

bool walk_tree(struct context *c, const struct entry *e)
{
	struct walk_root *root = walk_add_root(c, e);
	struct dir *top = NULL;
	bool made = false;

	if (dir_pin(e->dir)) {
		made = enter_dir(c, root, e, &top);
		dir_unpin(e->dir);
	}
	steer_update(&c->steer);
	if (top)
		walker_walk(c, root, top);
	return made;
}

void walk_doomed(struct context *c, enum dir_doom doom, struct dir *dir,
		 const struct later *names)
{
	static struct walk_root roots[] = {
		[DOOM_EXTRA] = { .doom = DOOM_EXTRA },
		[DOOM_REPLACED] = { .doom = DOOM_REPLACED },
		[DOOM_COUNT | DOOM_EXTRA] = { .doom = DOOM_COUNT | DOOM_EXTRA },
		[DOOM_COUNT | DOOM_REPLACED] = { .doom = DOOM_COUNT | DOOM_REPLACED },
	};

	walker_remove(c, &roots[doom], dir, names);
}
