/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main file of a pcp without a guard; see without.h. */
#include "main.c"
