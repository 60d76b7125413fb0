/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk/remove.c, which may ask no source, or cross mounts */
#include <config.h>

#include "without.h"

#define REMOVE_UNASKED without("asking")
#define REMOVE_ACROSS_MOUNTS without("mounts")

#include "walk/remove.c"
