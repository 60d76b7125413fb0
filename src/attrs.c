/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: pcp always copies attributes leniently, so that a file whose data
 * arrived stays, and then decides, as cp does, which losses matter:
 *
 *   owner	not, for want of privilege, to an ordinary user
 *   xattr, context	not with -a, which takes what it can get
 *   times, mode, ACL	always
 */
#include <config.h>

#include "attrs.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "options.h"
#include "report.h"

static const struct {
	uint32_t bits;
	const char *message;
} losses[] = {
	{ COPYFILE_OWNER, "failed to preserve ownership for %s" },
	{ COPYFILE_TIMES, "preserving times for %s" },
	{ COPYFILE_MODE | COPYFILE_ACL, "preserving permissions for %s" },
	{ COPYFILE_XATTR, "setting attributes for %s" },
	{ COPYFILE_CONTEXT, "failed to set the security context of %s" },
};

void attrs_report(const struct options *o, const struct copyfile_info *info,
		  const char *dst)
{
	uint32_t skipped = info->skipped;
	int err = -info->skipped_error;

	if (o->quiet_attrs)
		skipped &= ~(uint32_t)(COPYFILE_XATTR | COPYFILE_CONTEXT);
	if ((err == EPERM || err == EINVAL) && geteuid() != 0)
		skipped &= ~(uint32_t)COPYFILE_OWNER;
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
		if (skipped & losses[i].bits)
			report_error(err, losses[i].message, report_quote(0, dst));
}
