/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json - the stream of --json: what doc/pcp-json.schema.json describes.  Thread-safe.
 * Where pcp was built without a library for it, there is none.
 */
#ifndef PCP_JSON_H
#define PCP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tally.h"

struct copyfile_info;
struct options;
struct progress;

/* A file, or whatever else has come to its end */
struct json_file {
	uint64_t id;
	enum kind kind;
	enum outcome outcome;
	const char *src, *dst;		/* NULL: there is none */
	const struct copyfile_info *info;	/* NULL: not by the library */
	int64_t begun;			/* CLOCK_MONOTONIC in nanoseconds; 0: not known */
};

struct json_error {
	bool warning;
	const char *op;			/* what was attempted */
	int err;			/* errno, or 0 */
	const char *message;
	const char *src, *dst;		/* NULL: it is not about one */
	uint64_t id;			/* 0: none */
	unsigned int partial;		/* enum copyfile_partial */
};

struct json_summary {
	const char *status;
	int exit_code;
	struct tally tally;
	const uint64_t *errors_by_errno;
	size_t nerrnos;
	uint64_t errors, warnings;
	double elapsed;			/* seconds */
};

#if HAVE_LIBJANSSON

/* Write to fd from now on; with a line for each file, if asked for. */
void json_begin(int fd, bool files);

/* No more.  0, or the errno with which writing failed first. */
int json_end(void);

/* Is somebody reading; and does he want every file? */
bool json_is_on(void);
bool json_tells_files(void);

/* The descriptor, or -1 */
int json_fd(void);

/* A line of each type.  Nothing happens where json_begin() was not called. */
void json_put_start(const struct options *o);
void json_put_progress(const struct progress *p);
void json_put_file(const struct json_file *f);
void json_put_error(const struct json_error *e);
void json_put_summary(const struct json_summary *s);

#else

static inline void json_begin(int fd, bool files) { (void)fd, (void)files; }
static inline int json_end(void) { return 0; }
static inline bool json_is_on(void) { return false; }
static inline bool json_tells_files(void) { return false; }
static inline int json_fd(void) { return -1; }
static inline void json_put_start(const struct options *o) { (void)o; }
static inline void json_put_progress(const struct progress *p) { (void)p; }
static inline void json_put_file(const struct json_file *f) { (void)f; }
static inline void json_put_error(const struct json_error *e) { (void)e; }
static inline void json_put_summary(const struct json_summary *s) { (void)s; }

#endif
#endif
