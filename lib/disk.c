/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: sysfs tells it of a whole disk, in whose folder that of a partition is.  A file
 * system whose device number stands for no device (btrfs, network file systems) is not known
 * to have an arm.  Each thread remembers the answers for the devices that it has met last.
 */
#include <config.h>

#include "disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fibhash.h"

/* A thread remembers 2^SEEN_BITS devices, and asks for one again after TRUST uses. */
#define SEEN_BITS 2
#define TRUST 256

/* Returns the digit in the file, or -1. */
static int read_digit(const char *path)
{
	char digit = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t n = read(fd, &digit, 1);
	close(fd);
	return n == 1 && digit >= '0' && digit <= '9' ? digit - '0' : -1;
}

static bool look(dev_t dev)
{
	static const char *const folders[] = { "", "../" };
	char path[96];
	int rotational = -1;

	/* Those of file systems without a device have the major number 0. */
	for (int i = 0; i < 2 && rotational < 0 && major(dev) != 0; i++) {
		snprintf(path, sizeof path, "/sys/dev/block/%u:%u/%squeue/rotational",
			 major(dev), minor(dev), folders[i]);
		rotational = read_digit(path);
	}
	return rotational == 1;
}

bool cf_disk_seeks(dev_t dev)
{
	static _Thread_local struct {
		dev_t dev;
		bool seeks;
		unsigned int left;	/* uses until it is asked for again */
	} seen[1 << SEEN_BITS];
	unsigned int i = cf_hash(dev, SEEN_BITS);

	if (seen[i].left && seen[i].dev == dev) {
		seen[i].left--;
	} else {
		seen[i].dev = dev;
		seen[i].seeks = look(dev);
		seen[i].left = TRUST;
	}
	return seen[i].seeks;
}
