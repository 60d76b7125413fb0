/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: for a relative name the descriptor of its directory is duplicated; the working
 * directory is opened by O_PATH, which reads nothing.  An absolute name needs no
 * directory.  Where source and destination have the same one, a single descriptor serves
 * both.
 */
#include <config.h>

#include "pin.h"

#include <fcntl.h>

#include "sys.h"

static int pin_dir(int dir)
{
	return dir == AT_FDCWD ? cf_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0) : cf_dup(dir);
}

int cf_pin_get(struct cf_pin *p, int src_dir, const char *src, int dst_dir, const char *dst)
{
	int from = AT_FDCWD, to = AT_FDCWD;

	p->held = false;
	if (src[0] != '/') {
		from = pin_dir(src_dir);
		if (from < 0)
			return from;
	}
	if (dst[0] != '/') {
		to = src[0] != '/' && dst_dir == src_dir ? from : pin_dir(dst_dir);
		if (to < 0) {
			if (from >= 0)
				cf_close(from);
			return to;
		}
	}
	*p = (struct cf_pin){ .held = true, .src_dir = from, .dst_dir = to };
	return 0;
}

void cf_pin_put(struct cf_pin *p)
{
	if (!p->held)
		return;
	p->held = false;
	/* Nothing was written through them. */
	if (p->src_dir >= 0)
		cf_close(p->src_dir);
	if (p->dst_dir >= 0 && p->dst_dir != p->src_dir)
		cf_close(p->dst_dir);
}
