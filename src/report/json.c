/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each line is made as a value of jansson's, printed into memory, and written in
 * one go under a lock, so that a reader sees whole lines, as soon as they are complete.
 * Every line of a type has every field of that type; what is not known is null.
 *
 * After a failed write nothing more is written.  json_end() returns the failure.
 *
 * Where there is no memory the run ends, as elsewhere.  jansson itself would leave out a field,
 * or the name of one (seen in 2.14).
 */
#include <config.h>

#include "report/json.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/options.h"
#include "base/writeall.h"
#include "report/checksums.h"
#include "report/deferred.h"
#include "report/json_value.h"
#include "xalloc.h"

/* The version of the format: raised when a field is removed, or means something else */
#define SCHEMA 1

/* Digits of a number that is not whole */
#define DIGITS 9

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int stream = -1;
static bool with_files;
static int write_error;		/* the first errno of a write; under the lock */

void json_begin(int fd, bool files)
{
	json_set_alloc_funcs(xmalloc, free);
	stream = fd;
	with_files = files;
}

int json_end(void)
{
	stream = -1;
	with_files = false;
	return write_error;
}

bool json_is_on(void)
{
	return stream >= 0;
}

bool json_tells_files(void)
{
	return with_files;
}

int json_fd(void)
{
	return stream;
}

void json_put_line(json_t *line)
{
	char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) : NULL;

	if (!text)
		xalloc_die();
	size_t len = strlen(text);
	text[len] = '\n';		/* in place of its NUL */
	pthread_mutex_lock(&lock);
	if (!write_error)
		write_error = writeall(stream, text, len + 1, WRITEALL_APPEND, NULL);
	pthread_mutex_unlock(&lock);
	free(text);
	json_decref(line);
}

/* --------------------------------------------------------------- start */

static json_t *preserved(const struct options *o)
{
	static const struct {
		uint64_t bits;
		const char *name;
	} names[] = {
		{ COPYFILE_MODE, "mode" }, { COPYFILE_TIMES, "timestamps" },
		{ COPYFILE_OWNER, "ownership" }, { COPYFILE_XATTR, "xattr" },
		{ COPYFILE_CONTEXT, "context" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (o->attrs & names[i].bits)
			json_array_append_new(list, json_string(names[i].name));
	if (o->keep_links)
		json_array_append_new(list, json_string("links"));
	return list;
}

static json_t *options_value(const struct options *o)
{
	static const char *const when[] = {
		[WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always", [WHEN_NEVER] = "never",
	};
	static const char *const update[] = {
		[UPDATE_ALL] = "all", [UPDATE_OLDER] = "older", [UPDATE_NONE] = "none",
		[UPDATE_NONE_FAIL] = "none-fail", [UPDATE_CHANGED] = "changed",
		[UPDATE_CHECKSUM] = "checksum",
	};
	static const char *const follow[] = {
		[FOLLOW_DEFAULT] = "never", [FOLLOW_NEVER] = "never",
		[FOLLOW_OPERANDS] = "operands", [FOLLOW_ALWAYS] = "always",
	};

	return json_pack("{s:b, s:b, s:b, s:b, s:b, s:s, s:o, s:s, s:b, s:b, s:s, s:s, s:b, s:b, "
			 "s:b, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:b, s:b, "
			 "s:b, s:o, s:o, s:o, s:i, s:o}",
			 "recursive", o->recursive,
			 "one_file_system", o->one_file_system,
			 "filtered", options_filter(o),
			 "files_from", o->files_from != NULL,
			 "beneath", o->beneath,
			 "dereference", follow[o->beneath ? o->refused : o->follow],
			 "preserve", preserved(o),
			 "update", update[o->update],
			 "delete", o->delete,
			 "dry_run", o->dry_run,
			 "reflink", when[o->reflink],
			 "sparse", when[o->sparse],
			 "attributes_only", o->attributes_only,
			 "atomic", o->atomic,
			 "fsync", o->fsync,
			 "hard_link", o->hard_link,
			 "symbolic_link", o->symlink,
			 "backup", o->backup != no_backups,
			 "parents", o->parents,
			 "strict", o->strict,
			 "jobs", json_value_whole_or_null(o->jobs, o->jobs),
			 "window", json_value_whole_or_null(o->window, o->window),
			 "chunk_bytes", json_value_whole_or_null(o->chunk, o->chunk),
			 "bwlimit_bps", json_value_whole_or_null(o->bwlimit, o->bwlimit),
			 "ops_limit", json_value_whole_or_null(o->ops_limit, o->ops_limit),
			 "control", o->control != NULL,
			 "adaptive", o->adaptive,
			 "nice", o->nice,
			 "max_time_s", json_value_real_or_null(clock_seconds(o->max_time),
							       o->max_time),
			 "stop_at", json_value_whole_or_null(o->stop_at.tv_sec,
							     options_stop_at(o)),
			 "max_errors", json_value_whole_or_null(o->max_errors, o->max_errors),
			 "retry", (int)o->retry,
			 "verify", json_value_text_or_null(o->verify ?
						copyfile_hash_name(o->hash) : NULL));
}

void json_put_start(const struct options *o)
{
	char when[64];
	time_t now = time(NULL);
	struct tm tm;
	int n = o->noperands;
	const char *dest = o->target_dir ? o->target_dir : n > 1 ? o->operands[--n] : NULL;

	if (stream < 0)
		return;
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_t *line = json_pack("{s:s, s:i, s:s, s:i, s:s}",
				 "type", "start",
				 "schema", SCHEMA,
				 "version", PACKAGE_VERSION,
				 "pid", (int)getpid(),
				 "time", when);
	json_value_add_names(line, "sources", o->operands, n);
	json_value_add_name(line, "dest", dest);
	json_object_set_new(line, "options", options_value(o));
	json_put_line(line);
}

void json_put_limits(const struct json_limits *l)
{
	if (stream < 0)
		return;
	json_put_line(json_pack("{s:s, s:f, s:o, s:o, s:o, s:b}",
				"type", "limits",
				"elapsed_s", l->elapsed,
				"bwlimit_bps", json_value_whole_or_null(l->bytes, l->bytes),
				"ops_limit", json_value_whole_or_null(l->calls, l->calls),
				"jobs", json_value_whole_or_null(l->jobs, l->jobs),
				"paused", l->paused));
}

/* --------------------------------------------------------- file, error */

static const char *method_name(const struct copyfile_info *info)
{
	switch (info ? info->method : COPYFILE_BY_NONE) {
	case COPYFILE_BY_REFLINK:
		return "reflink";
	case COPYFILE_BY_KERNEL:
		return "copy_file_range";
	case COPYFILE_BY_BUFFER:
		return "buffer";
	default:
		return NULL;
	}
}

static const char *compared_name(const struct copyfile_info *info)
{
	static const char *const names[] = {
		[COPYFILE_COMPARED_NOT] = NULL, [COPYFILE_COMPARED_DEVICE] = "device",
		[COPYFILE_COMPARED_SERVER] = "server", [COPYFILE_COMPARED_SHARED] = "shared",
		[COPYFILE_COMPARED_MEMORY] = "memory", [COPYFILE_COMPARED_CACHE] = "cache",
		[COPYFILE_COMPARED_UNKNOWN] = "unknown",
	};

	return info && info->compared < sizeof names / sizeof *names ? names[info->compared]
								      : NULL;
}

static void add_checksum(json_t *line, const struct json_file *f)
{
	bool known = f->sum && f->sum->hash;
	char text[CHECKSUM_TEXT];

	if (known)
		checksum_print(f->sum, text);
	json_object_set_new(line, "checksum", json_value_text_or_null(known ? text : NULL));
	json_object_set_new(line, "checksum_type", json_value_text_or_null(
		known ? copyfile_hash_name(f->sum->hash) : NULL));
	json_object_set_new(line, "compared", json_value_text_or_null(compared_name(f->info)));
}

/* A line about a file that waits until that is on stable storage */
struct deferred_line {
	struct deferred deferred;
	json_t *line;
};

static void put_deferred(struct deferred *d, bool synced)
{
	struct deferred_line *l = container_of(d, struct deferred_line, deferred);

	json_object_set_new(l->line, "synced", json_boolean(synced));
	json_put_line(l->line);
	free(l);
}

/* Write line, about a file that was copied, once that is on stable storage. */
static void defer_line(json_t *line)
{
	struct deferred_line *l = xmalloc(sizeof *l);

	if (!line)
		xalloc_die();
	*l = (struct deferred_line){ .deferred.say = put_deferred, .line = line };
	deferred_add(&l->deferred);
}

static const char *const kinds[] = {
	[KIND_FILE] = "file", [KIND_DIR] = "directory", [KIND_SYMLINK] = "symlink",
	[KIND_SPECIAL] = "special",
};
static_assert(sizeof kinds / sizeof *kinds == KINDS, "a kind has no name");

void json_put_removed(enum kind kind, const char *dst, bool replaced)
{
	if (!json_tells_files())
		return;
	json_t *line = json_pack("{s:s, s:s, s:s}",
				 "type", "removed",
				 "kind", kinds[kind],
				 "reason", replaced ? "replaced" : "extra");
	json_value_add_name(line, "dst", dst);
	json_put_line(line);
}

void json_put_file(const struct json_file *f)
{
	static const char *const actions[] = {
		[OUTCOME_COPIED] = "copied", [OUTCOME_CLONED] = "cloned",
		[OUTCOME_LINKED] = "linked", [OUTCOME_CREATED] = "created",
		[OUTCOME_MERGED] = "created", [OUTCOME_SKIPPED] = "skipped",
		[OUTCOME_ATTRIBUTES] = "attributes", [OUTCOME_FAILED] = "failed",
	};
	static_assert(sizeof actions / sizeof *actions == OUTCOMES, "an outcome has no name");

	if (stream < 0)
		return;
	json_t *line = json_pack("{s:s, s:I, s:s, s:s}",
				 "type", "file",
				 "id", json_value_whole(f->id),
				 "action", actions[f->outcome],
				 "kind", kinds[f->kind]);
	double elapsed = clock_seconds(clock_now(CLOCK_MONOTONIC) - f->begun);
	json_value_add_name(line, "src", f->src);
	json_value_add_name(line, "dst", f->dst);
	json_object_set_new(line, "bytes",
			    json_value_whole_or_null(f->info ? f->info->bytes_done : 0, f->info));
	json_object_set_new(line, "method", json_value_text_or_null(method_name(f->info)));
	json_object_set_new(line, "elapsed_s", json_value_real_or_null(elapsed, f->begun));
	add_checksum(line, f);
	if (deferred_is_on() && f->outcome != OUTCOME_SKIPPED && f->outcome != OUTCOME_FAILED) {
		defer_line(line);
		return;
	}
	json_object_set_new(line, "synced", json_null());
	json_put_line(line);
}

static const char *partial_name(unsigned int partial)
{
	return partial == COPYFILE_PARTIAL_REMOVED ? "removed" :
	       partial == COPYFILE_PARTIAL_KEPT ? "kept" : "none";
}

void json_put_error(const struct json_error *e)
{
	if (stream < 0)
		return;
	const char *name = e->err ? strerrorname_np(e->err) : NULL;
	json_t *line = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}",
				 "type", "error",
				 "severity", e->warning ? "warning" : "error",
				 "op", e->op,
				 "errno", json_value_whole_or_null(e->err, e->err),
				 "errno_name", json_value_text_or_null(name),
				 "message", json_value_text_or_null(e->message));
	json_value_add_name(line, "src", e->src);
	json_value_add_name(line, "dst", e->dst);
	json_object_set_new(line, "id", json_value_whole_or_null(e->id, e->id));
	json_object_set_new(line, "partial", json_string(partial_name(e->partial)));
	json_object_set_new(line, "source", json_value_text_or_null(e->source));
	json_put_line(line);
}

void json_put_retry(const struct json_retry *r)
{
	if (stream < 0)
		return;
	const char *name = r->err ? strerrorname_np(r->err) : NULL;
	json_t *line = json_pack("{s:s, s:I, s:o, s:o}",
				 "type", "retry",
				 "round", json_value_whole(r->round),
				 "id", json_value_whole_or_null(r->id, r->id),
				 "kind", json_value_text_or_null(r->kind_known ? kinds[r->kind] :
								 NULL));
	json_value_add_name(line, "src", r->src);
	json_value_add_name(line, "dst", r->dst);
	json_object_set_new(line, "op", json_value_text_or_null(r->op));
	json_object_set_new(line, "errno", json_value_whole_or_null(r->err, r->err));
	json_object_set_new(line, "errno_name", json_value_text_or_null(name));
	json_object_set_new(line, "message", json_value_text_or_null(r->message));
	json_put_line(line);
}

void json_put_difference(const struct json_difference *d)
{
	if (stream < 0)
		return;
	json_t *line = json_pack("{s:s, s:I, s:o, s:o}",
				 "type", "verify",
				 "attempt", json_value_whole(d->attempt),
				 "id", json_value_whole_or_null(d->id, d->id),
				 "differs_at", json_value_whole_or_null(d->at, d->at < UINT64_MAX));
	json_value_add_name(line, "src", d->src);
	json_value_add_name(line, "dst", d->dst);
	json_put_line(line);
}

/* ------------------------------------------------------------- summary */

/* Returns how many entries of a kind had each outcome, under its name in JSON. */
static json_t *of_kind(const struct tally *t, enum kind kind)
{
	const uint64_t *n = t->entries[kind];
	uint64_t copied = n[OUTCOME_COPIED] + n[OUTCOME_CLONED];

	if (kind == KIND_DIR)
		return json_pack("{s:I, s:I, s:I, s:I, s:I}",
				 "total", json_value_whole(tally_of_kind(t, kind)),
				 "created", json_value_whole(n[OUTCOME_CREATED]),
				 "merged", json_value_whole(n[OUTCOME_MERGED]),
				 "skipped", json_value_whole(n[OUTCOME_SKIPPED]),
				 "failed", json_value_whole(n[OUTCOME_FAILED]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",
			 "total", json_value_whole(tally_of_kind(t, kind)),
			 "copied", json_value_whole(copied + n[OUTCOME_CREATED]),
			 "attributes", json_value_whole(n[OUTCOME_ATTRIBUTES]),
			 "linked", json_value_whole(n[OUTCOME_LINKED]),
			 "skipped", json_value_whole(n[OUTCOME_SKIPPED]),
			 "failed", json_value_whole(n[OUTCOME_FAILED]));
}

static json_t *bytes_value(const struct tally *t)
{
	return json_pack("{s:I, s:I, s:I, s:I}",
			 "total", json_value_whole(tally_plus(t->bytes, t->bytes_left)),
			 "written", json_value_whole(t->bytes_moved),
			 "cloned", json_value_whole(t->bytes_cloned),
			 "holes", json_value_whole(t->bytes_holes));
}

static json_t *errors_value(const struct json_summary *s)
{
	json_t *object = json_object();

	for (size_t i = 1; i < s->nerrnos; i++) {
		const char *name = strerrorname_np(i);

		if (s->errors_by_errno[i])
			json_object_set_new(object, name ? name : "unknown",
					    json_value_whole_or_null(s->errors_by_errno[i], true));
	}
	return object;
}

void json_put_summary(const struct json_summary *s)
{
	const struct tally *t = &s->tally;

	if (stream < 0)
		return;
	json_put_line(json_pack("{s:s, s:s, s:i, s:o, s:o, s:I, s:I, s:o, "
				"s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, "
				"s:f, s:f}",
		      "type", "summary",
		      "status", s->status,
		      "exit_code", s->exit_code,
		      "files", of_kind(t, KIND_FILE),
		      "dirs", of_kind(t, KIND_DIR),
		      "links", json_value_whole(tally_of_kind(t, KIND_SYMLINK)),
		      "specials", json_value_whole(tally_of_kind(t, KIND_SPECIAL)),
		      "bytes", bytes_value(t),
		      "retried", json_value_whole(t->retried),
		      "vanished", json_value_whole(t->vanished),
		      "changed", json_value_whole(t->changed),
		      "deleted", json_value_whole(t->deleted),
		      "replaced", json_value_whole(t->replaced),
		      "verified", json_value_whole(t->verified),
		      "differed", json_value_whole(t->differed),
		      "untried", json_value_whole(t->untried),
		      "errors", json_value_whole(s->errors),
		      "warnings", json_value_whole(s->warnings),
		      "errors_by_errno", errors_value(s),
		      "synced", s->synced < 0 ? json_null() : json_boolean(s->synced),
		      "elapsed_s", s->elapsed,
		      "rate_avg_bps", s->elapsed > 0 ? t->bytes / s->elapsed : 0.0));
}
