/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* container - from a pointer to a member to the structure that it is in. */
#ifndef CF_CONTAINER_H
#define CF_CONTAINER_H

#include <stddef.h>

#define cf_container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

#endif
