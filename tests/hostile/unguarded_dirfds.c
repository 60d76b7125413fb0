/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pcp that opens directories as open(2) does: symlinks are followed.  hostile/hostile has to
 * see it led out of its operands, or it would not notice that of pcp either.
 */
#define DIRFDS_NOFOLLOW 0
#include "tree/dirfds.c"
