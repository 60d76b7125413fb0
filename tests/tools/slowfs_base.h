/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all of slowfs uses. */
#ifndef SLOWFS_BASE_H
#define SLOWFS_BASE_H

void die(const char *what, const char *arg) __attribute__((__noreturn__));
void nap(unsigned long us);

#endif
