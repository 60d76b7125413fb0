/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An application with functions of its own by the library's names: they are
 * the application's, and the library must not stumble over them.  copyfile()
 * is a likely name to have; the others are here for good measure.
 */
#include <config.h>

#include "scratch.h"
#include "tap.h"

static int captured;

/* As in the header, so that it is this very symbol */
int copyfile(const char *src, const char *dst, unsigned long flags)
{
	(void)src;
	(void)dst;
	(void)flags;
	captured++;
	return -ENOTTY;
}

const char *copyfile_stage_name(unsigned int stage)
{
	(void)stage;
	captured++;
	return "captured";
}

int copyfile_attrs(int src_fd, int dst_fd, unsigned long flags)
{
	(void)src_fd;
	(void)dst_fd;
	(void)flags;
	captured++;
	return -ENOTTY;
}

int main(void)
{
	struct copyfile_how how;
	char name[16];
	int i, ret;

	scratch_enter("capture");
	put_pattern("src", 500000, 1);
	chmod("src", 0751);
	is_int(copyfile("src", "dst", 0), -ENOTTY, "the application's copyfile() is its own");
	is_int(captured, 1, "and was called");

	for (i = 0; i < SCHEDULES; i++) {
		how = (struct copyfile_how){
			.flags = schedules[i].flag | COPYFILE_MODE | COPYFILE_TIMES,
			.tag = 5,
		};
		snprintf(name, sizeof name, "dst%d", i);
		ret = copyfileat(AT_FDCWD, "src", AT_FDCWD, name, &how, sizeof how);
		is_int(finish(ret), 0, "%s: copyfileat() works", schedules[i].name);
		ok(same_data("src", name), "%s: the data are there", schedules[i].name);
		is_int(mode_of(name), 0751, "%s: so are the attributes",
		       schedules[i].name);
		is_int(last_info().tag, 5, "%s: copyfile_info() knows it", schedules[i].name);
	}
	is_int(captured, 1, "the library never called the application's functions");
	return scratch_done();
}
