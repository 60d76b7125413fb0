/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sha - SHA-256, which is gnulib's.  Here its functions have names of this library's, as a
 * program may be linked with both this library and gnulib.
 */
#ifndef CF_SHA_H
#define CF_SHA_H

#define sha224_buffer		cf_sha224_buffer
#define sha224_finish_ctx	cf_sha224_finish_ctx
#define sha224_init_ctx		cf_sha224_init_ctx
#define sha224_process_bytes	cf_sha224_process_bytes
#define sha224_read_ctx		cf_sha224_read_ctx
#define sha256_buffer		cf_sha256_buffer
#define sha256_finish_ctx	cf_sha256_finish_ctx
#define sha256_init_ctx		cf_sha256_init_ctx
#define sha256_process_block	cf_sha256_process_block
#define sha256_process_bytes	cf_sha256_process_bytes
#define sha256_read_ctx		cf_sha256_read_ctx

#include "../gl/sha256.h"

#endif
