/* SPDX-License-Identifier: GPL-3.0-or-later */
/* folder - the directory that a journal is in.  Main thread only. */
#ifndef PCP_FOLDER_H
#define PCP_FOLDER_H

#include <stdbool.h>

struct message;

/*
 * Open the directory path, and lock it: to write, which makes it if need be, or else to read.
 * Returns a descriptor, whose closing gives the lock back; or -1 after a failure, which has been
 * reported.
 */
int folder_open(const char *path, bool write);

/*
 * Returns true if there is nothing in it, or the last pass alone, so that a journal can begin; else
 * that has been reported.
 */
bool folder_is_fresh(int folder, const char *path);

/*
 * The next pass begins: the segments of this one go to a directory "last", in the place of those
 * that are there.  Returns false after a failure, which has been reported.
 */
bool folder_begin_pass(int folder, const char *path);

/* Report that the journal path cannot be used, and why. */
void folder_unusable(const char *path, const struct message *wrong);

#endif
