/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * src/tree/dirfds.c as it must not be: symlinks to directories are followed, and it does not
 * matter which directory is opened in place of one that was there.
 */
#include <config.h>

#include "tree/dirsame.h"

#define DIRFDS_NOFOLLOW 0
#define dirsame_may_be(fd, opened, dev) true
#include "tree/dirfds.c"
