/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk with one arm, which serves one request at a time and must move for it. */
#ifndef SLOWFS_ARM_H
#define SLOWFS_ARM_H

#include <stddef.h>
#include <stdint.h>

/* Gives slowfs an arm, as the argument of -A describes it. */
void parse_arm(char *arg);

/* Returns true if there is an arm. */
int arm_exists(void);

/* Waits until the arm has passed over n bytes at the address.  Does nothing without an arm. */
void arm_move(uint64_t address, size_t n);

/* Writes the arm's counts to a buffer, and returns their length. */
size_t report_arm(char *b, size_t n);
void reset_arm(void);

#endif
