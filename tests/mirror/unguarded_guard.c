/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk/guard.c, which may refuse nothing */
#include <config.h>

#include "without.h"

#define GUARD_IS_OFF without("guard")

#include "walk/guard.c"
