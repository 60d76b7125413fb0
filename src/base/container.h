/* SPDX-License-Identifier: GPL-3.0-or-later */
/* container - from a structure that is embedded in another one to that other one. */
#ifndef PCP_CONTAINER_H
#define PCP_CONTAINER_H

#include <stddef.h>

/* The struct type whose field member is *ptr. */
#define container_of(ptr, type, member)						\
	((type *)((char *)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))

#endif
