/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: gnulib's source is compiled as a part of this library, which does not depend on
 * gnulib's: that is not built for a shared library.  It is the only file of gnulib in here.
 * With --with-openssl it calls libcrypto, which uses what the processor has for SHA-256.
 */
#include <config.h>

/* Its functions are inline then, and this is where they have their bodies. */
#if HAVE_OPENSSL_SHA256
#define GL_OPENSSL_INLINE _GL_EXTERN_INLINE
#endif

#include "sha.h"

/* Warnings about gnulib are not ours to mend. */
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wcast-align"

#include "../gl/sha256.c"
