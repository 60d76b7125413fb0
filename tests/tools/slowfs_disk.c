/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With -C there is a cache: the first touch of a part waits, later ones do not, and writes only
 * fill the cache.  Without it all data goes to the arm, whether it is read or written; inodes
 * and directories do not.
 *
 * The arm needs an address.  A file lies at its inode number times SPACING, first the inode,
 * then the data from beginning to end.  So what the source's file system made one after the
 * other is close together, and a big file, such as the image of a disk, is in one piece.
 */
#define _GNU_SOURCE
#include "slowfs_disk.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "slowfs_arm.h"
#include "slowfs_base.h"
#include "slowfs_cold.h"

#define BLOCK 131072UL		/* what the kernel reads ahead, if nothing else is set */
#define PAGE 4096UL
#define SPACING 65536UL

static int cold;
static unsigned long us_first;	/* what the first touch costs */

void parse_cold(const char *arg)
{
	char *end;

	cold = 1;
	us_first = strtoul(arg, &end, 10);
	if (end == arg || *end)
		die("want MICROSECONDS", arg);
}

static uint64_t data_address(ino_t ino, uint64_t off)
{
	return ino * SPACING + PAGE + off;
}

static void fetch(ino_t ino, uint64_t part, uint64_t address, size_t n)
{
	if (!cache_misses(ino, part))
		return;
	nap(us_first);
	arm_move(address, n);
	cache_has(ino, part);
}

void disk_look(const char *path)
{
	struct stat st;

	if (cold && !lstat(path, &st))
		fetch(st.st_ino, INODE_PART, st.st_ino * SPACING, PAGE);
}

void disk_list(int fd)
{
	struct stat st;

	if (cold && !fstat(fd, &st))
		fetch(st.st_ino, 0, data_address(st.st_ino, 0), PAGE);
}

static void read_blocks(const struct stat *st, uint64_t off, uint64_t end)
{
	for (uint64_t block = off / BLOCK; block * BLOCK < end; block++) {
		uint64_t left = st->st_size - block * BLOCK;

		fetch(st->st_ino, block, data_address(st->st_ino, block * BLOCK),
		      left < BLOCK ? left : BLOCK);
	}
}

void disk_read(int fd, off_t off, size_t n)
{
	struct stat st;

	if ((!cold && !arm_exists()) || fstat(fd, &st) || off >= st.st_size)
		return;
	if ((uint64_t)(st.st_size - off) < n)
		n = st.st_size - off;
	if (cold)
		read_blocks(&st, off, off + n);
	else
		arm_move(data_address(st.st_ino, off), n);
}

void disk_write(int fd, off_t off, size_t n)
{
	struct stat st;

	if ((!cold && !arm_exists()) || fstat(fd, &st))
		return;
	if (!cold)
		arm_move(data_address(st.st_ino, off), n);
	else
		for (uint64_t block = off / BLOCK; block * BLOCK < off + n; block++)
			cache_has(st.st_ino, block);
}

void disk_made(ino_t ino)
{
	if (cold)
		cache_has(ino, INODE_PART);
}

void disk_cool(void)
{
	cache_drop();
}

size_t report_disk(char *b, size_t n)
{
	size_t l = 0;

	if (cold)
		l = snprintf(b, n, "cold touches %lu\n", cache_missed());
	return l < n ? l + report_arm(b + l, n - l) : n;
}

void reset_disk(void)
{
	reset_cache_missed();
	reset_arm();
}
