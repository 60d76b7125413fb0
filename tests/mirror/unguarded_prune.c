/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk/prune.c, which may remove where something has failed */
#include <config.h>

#include "without.h"

#define PRUNE_UNCLEAN without("cleanliness")

#include "walk/prune.c"
