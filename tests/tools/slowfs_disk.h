/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The disk below slowfs: where files lie, and what waits for it.  None of these does anything
 * without -C or -A.
 */
#ifndef SLOWFS_DISK_H
#define SLOWFS_DISK_H

#include <stddef.h>
#include <sys/types.h>

/* Sets what the first touch of a part costs, in microseconds: the argument of -C. */
void parse_cold(const char *arg);

/* Waits for the inode of the path, relative to the working directory. */
void disk_look(const char *path);

/* Waits for n bytes of the file, or for what is in the directory. */
void disk_read(int fd, off_t off, size_t n);
void disk_list(int fd);

/* Accounts for n bytes that are written to the file. */
void disk_write(int fd, off_t off, size_t n);

/* The inode is new. */
void disk_made(ino_t ino);

/* All is cold again. */
void disk_cool(void);

/* Writes the counts to a buffer, and returns their length. */
size_t report_disk(char *b, size_t n);
void reset_disk(void);

#endif
