/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json - the stream of --json, which doc/pcp-json.schema.json describes.  Thread-safe.
 * Where pcp is built without jansson there is no stream, and these functions do nothing.
 */
#ifndef PCP_JSON_H
#define PCP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tally.h"

struct checksum;
struct copyfile_info;
struct options;

/* An entry of any kind that has come to its end */
struct json_file {
	uint64_t id;
	enum kind kind;
	enum outcome outcome;
	const char *src, *dst;		/* NULL: there is none */
	const struct copyfile_info *info;	/* NULL: not copied by the library */
	const struct checksum *sum;
	int64_t begun;			/* CLOCK_MONOTONIC in nanoseconds; 0: not known */
};

/* What holds the run back, from now on */
struct json_limits {
	double elapsed;			/* seconds */
	uint64_t bytes, calls;		/* a second; 0: any number */
	uint32_t jobs;			/* 0: automatic */
	bool paused;
};

struct json_error {
	bool warning;
	const char *op;			/* what was attempted */
	int err;			/* errno, or 0 */
	const char *message;
	const char *src, *dst;		/* full names; NULL: it is not about one */
	uint64_t id;			/* 0: none */
	unsigned int partial;		/* enum copyfile_partial */
	const char *source;		/* what the source has done meanwhile; NULL: nothing */
};

/* What has failed before is tried again. */
struct json_retry {
	unsigned int round;		/* from 1 */
	uint64_t id;			/* 0: none */
	bool kind_known;
	enum kind kind;
	const char *src, *dst;		/* NULL: the rest of src's names is read */
	const char *op;			/* what had failed; NULL: it was left out, for err */
	int err;
	const char *message;		/* what was said of that; NULL: nothing */
};

/* A copy that was read back differs from its source. */
struct json_difference {
	uint64_t id;			/* 0: none */
	const char *src, *dst;
	unsigned int attempt;		/* 1; or 2, if the first one did as well */
	uint64_t at;			/* the offset; UINT64_MAX: not known */
};

struct json_summary {
	const char *status;
	int exit_code;
	struct tally tally;
	const uint64_t *errors_by_errno;
	size_t nerrnos;
	uint64_t errors, warnings;
	int synced;			/* see status_synced() */
	double elapsed;			/* seconds */
};

#if HAVE_LIBJANSSON

/* Write to fd from now on; with files, a line for each file, too.  Main thread only. */
void json_begin(int fd, bool files);

/* Stop writing.  Returns 0, or the errno of the first write that failed.  Main thread only. */
int json_end(void);

/* Returns true between json_begin() and json_end(). */
bool json_is_on(void);

/* Returns true if the stream has a line for each file. */
bool json_tells_files(void);

/* Returns the descriptor of the stream, or -1 if there is none. */
int json_fd(void);

/* Write line, a value of jansson's, and release it.  NULL: there was no memory for it. */
struct json_t;
void json_put_line(struct json_t *line);

/* A line of each type.  Nothing happens if there is no stream. */
void json_put_start(const struct options *o);
void json_put_limits(const struct json_limits *l);
void json_put_file(const struct json_file *f);
void json_put_removed(enum kind kind, const char *dst, bool replaced);
void json_put_error(const struct json_error *e);
void json_put_retry(const struct json_retry *r);
void json_put_difference(const struct json_difference *d);
void json_put_summary(const struct json_summary *s);

#else

static inline void json_begin(int fd, bool files) { (void)fd, (void)files; }
static inline int json_end(void) { return 0; }
static inline bool json_is_on(void) { return false; }
static inline bool json_tells_files(void) { return false; }
static inline int json_fd(void) { return -1; }
static inline void json_put_start(const struct options *o) { (void)o; }
static inline void json_put_limits(const struct json_limits *l) { (void)l; }
static inline void json_put_file(const struct json_file *f) { (void)f; }
static inline void json_put_removed(enum kind kind, const char *dst, bool replaced)
{
	(void)kind, (void)dst, (void)replaced;
}
static inline void json_put_error(const struct json_error *e) { (void)e; }
static inline void json_put_retry(const struct json_retry *r) { (void)r; }
static inline void json_put_difference(const struct json_difference *d) { (void)d; }
static inline void json_put_summary(const struct json_summary *s) { (void)s; }

#endif
#endif
