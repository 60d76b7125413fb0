/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "report/proof.h"

#include "xalloc.h"

static struct proof_line *first, **last = &first;

void proof_add(const char *label, const char *value)
{
	struct proof_line *line = xmalloc(sizeof *line);

	*line = (struct proof_line){ .label = xstrdup(label), .value = xstrdup(value) };
	*last = line;
	last = &line->next;
}

const struct proof_line *proof_first(void)
{
	return first;
}
