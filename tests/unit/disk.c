/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which disks have an arm: what the kernel tells of each that is here, and of partitions. */
#include <config.h>

#include "disk.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "tap.h"

/* What the kernel tells of the device with this name, M:N; -1: nothing */
static int rotational(const char *name)
{
	static const char *const parts[] = { "", "../" };
	char path[300];
	int value = -1;

	for (int i = 0; i < 2 && value < 0; i++) {
		snprintf(path, sizeof path, "/sys/dev/block/%s/%squeue/rotational", name, parts[i]);
		FILE *file = fopen(path, "r");

		if (file && fscanf(file, "%d", &value) != 1)
			value = -1;
		if (file)
			fclose(file);
	}
	return value;
}

int main(void)
{
	DIR *all = opendir("/sys/dev/block");
	int wrong = 0, disks = 0;
	struct dirent *e;

	while (all && (e = readdir(all))) {
		unsigned int major, minor;

		if (sscanf(e->d_name, "%u:%u", &major, &minor) != 2 || !major)
			continue;
		disks++;
		wrong += cf_disk_seeks(makedev(major, minor)) != (rotational(e->d_name) == 1);
	}
	is_int(wrong, 0, "of %d devices each is what the kernel says", disks);
	ok(!cf_disk_seeks(makedev(0, 42)), "a file system without a device has no arm");
	ok(!cf_disk_seeks(makedev(4000, 1)), "nor has a device that there is not");
	if (all)
		closedir(all);
	return done_testing();
}
