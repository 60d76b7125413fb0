/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each line is made as a value of the library's, printed into memory, and
 * written in one go under a lock, so that a reader sees whole lines, as soon as they
 * are there.  Every field is there in every line of its type; what is not known is null.
 *
 * JSON is UTF-8, names are bytes: where a name is not UTF-8, it is shown with U+FFFD for
 * each byte that is not, and a second field has it in base64.
 *
 * Once writing has failed nothing more is written, and the failure is told at the end.
 */
#include <config.h>

#include "json.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <libcopyfile.h>

#include "base64.h"
#include "clock.h"
#include "options.h"
#include "progress.h"
#include "unistr.h"
#include "xalloc.h"

/* To be raised when a field is removed, or means something else. */
#define SCHEMA 1

/* Digits of a number that is not whole */
#define DIGITS 9

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int stream = -1;
static bool with_files;
static int write_error;		/* under the lock: the first */

void json_begin(int fd, bool files)
{
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

/* ------------------------------------------------------------- writing */

/* 0 or errno */
static int write_all(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(stream, text, len);

		if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = stream, .events = POLLOUT }, 1, -1);
		else if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			text += n;
			len -= n;
		}
	}
	return 0;
}

/* Write the line, and release it. */
static void put(json_t *line)
{
	char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) : NULL;

	if (!text)
		xalloc_die();
	size_t len = strlen(text);
	text[len] = '\n';		/* in place of its NUL */
	pthread_mutex_lock(&lock);
	if (!write_error)
		write_error = write_all(text, len + 1);
	pthread_mutex_unlock(&lock);
	free(text);
	json_decref(line);
}

/* -------------------------------------------------------------- values */

/* text, with U+FFFD for each byte that is not UTF-8; *ret_good tells if none is. */
static json_t *string(const char *text, bool *ret_good)
{
	static const char replacement[] = "\357\277\275";
	const uint8_t *rest = (const uint8_t *)text, *bad;
	size_t len = strlen(text), used = 0;

	*ret_good = !u8_check(rest, len);
	if (*ret_good)
		return json_string(text);
	char *clean = xnmalloc(len + 1, sizeof replacement);
	while ((bad = u8_check(rest, len))) {
		size_t good = bad - rest;

		memcpy(clean + used, rest, good);
		memcpy(clean + used + good, replacement, sizeof replacement - 1);
		used += good + sizeof replacement - 1;
		rest = bad + 1;
		len -= good + 1;
	}
	memcpy(clean + used, rest, len + 1);
	json_t *value = json_string(clean);
	free(clean);
	return value;
}

static json_t *text_or_null(const char *text)
{
	bool good;

	return text ? string(text, &good) : json_null();
}

static json_t *real_or_null(double n, bool known)
{
	return known ? json_real(n) : json_null();
}

/* JSON's numbers have a sign: what is more is as much as there can be. */
static json_int_t whole(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (json_int_t)n;
}

static json_t *number_or_null(uint64_t n, bool known)
{
	return known ? json_integer(whole(n)) : json_null();
}

/* Add name to line as key; and as key_b64, if JSON cannot have it as it is. */
static void add_name(json_t *line, const char *key, const char *name)
{
	bool good = true;

	json_object_set_new(line, key, name ? string(name, &good) : json_null());
	if (good)
		return;
	char *base64, exact[32] = "";
	if (base64_encode_alloc(name, strlen(name), &base64) == 0 || !base64)
		xalloc_die();
	strcat(strncat(exact, key, sizeof exact - sizeof "_b64"), "_b64");
	json_object_set_new(line, exact, json_string(base64));
	free(base64);
}

/* --------------------------------------------------------------- start */

/* All of them as b64, in the same order, if one needs it */
static void add_sources(json_t *line, char *const *sources, int n)
{
	json_t *list = json_array(), *exact = json_array();
	bool all_good = true, good;

	for (int i = 0; i < n; i++) {
		char *base64 = NULL;

		json_array_append_new(list, string(sources[i], &good));
		all_good = all_good && good;
		base64_encode_alloc(sources[i], strlen(sources[i]), &base64);
		json_array_append_new(exact, text_or_null(base64));
		free(base64);
	}
	json_object_set_new(line, "sources", list);
	if (all_good)
		json_decref(exact);
	else
		json_object_set_new(line, "sources_b64", exact);
}

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
	static const char *const when[] = { "auto", "always", "never" };
	static const char *const update[] = { "all", "older", "none", "none-fail" };
	static const char *const follow[] = { "never", "never", "operands", "always" };

	return json_pack("{s:b, s:b, s:s, s:o, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o}",
			 "recursive", o->recursive,
			 "one_file_system", o->one_file_system,
			 "dereference", follow[o->follow],
			 "preserve", preserved(o),
			 "update", update[o->update],
			 "reflink", when[o->reflink],
			 "sparse", when[o->sparse],
			 "attributes_only", o->attributes_only,
			 "hard_link", o->hard_link,
			 "symbolic_link", o->symlink,
			 "backup", o->backup != no_backups,
			 "parents", o->parents,
			 "jobs", number_or_null(o->jobs, o->jobs),
			 "window", number_or_null(o->window, o->window),
			 "chunk_bytes", number_or_null(o->chunk, o->chunk),
			 "max_errors", number_or_null(o->max_errors, o->max_errors));
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
	json_t *line = json_pack("{s:s, s:i, s:s, s:i, s:s}", "type", "start", "schema", SCHEMA,
				 "version", PACKAGE_VERSION, "pid", (int)getpid(), "time", when);
	add_sources(line, o->operands, n);
	add_name(line, "dest", dest);
	json_object_set_new(line, "options", options_value(o));
	put(line);
}

/* ------------------------------------------------------------ progress */

static json_t *active_list(const struct progress *p)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < p->nactive; i++) {
		const struct window_active *a = &p->active[i];
		json_t *file = json_pack("{s:I}", "id", whole(a->id));

		add_name(file, "src", a->src);
		json_object_set_new(file, "bytes_done", json_integer(whole(a->bytes_done)));
		json_object_set_new(file, "bytes_total", json_integer(whole(a->bytes_total)));
		json_array_append_new(list, file);
	}
	return list;
}

void json_put_progress(const struct progress *p)
{
	static const char *const phases[] = { "scan", "copy", "finalize" };

	if (stream < 0)
		return;
	put(json_pack("{s:s, s:f, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:I, s:I, s:I, s:o}",
		      "type", "progress",
		      "elapsed_s", p->elapsed,
		      "phase", phases[p->phase],
		      "totals_final", p->totals_final,
		      "bytes_done", whole(p->bytes_done),
		      "bytes_total", whole(p->bytes_total),
		      "files_done", whole(p->files_done),
		      "files_total", whole(p->files_total),
		      "dirs_done", whole(tally_done(&p->tally, KIND_DIR)),
		      "skipped", whole(tally_of_outcome(&p->tally, OUTCOME_SKIPPED)),
		      "errors", whole(p->errors),
		      "warnings", whole(p->warnings),
		      "rate_bps", p->rate,
		      "rate_avg_bps", p->rate_average,
		      "eta_s", real_or_null(p->eta, p->eta >= 0),
		      "in_flight", whole(p->in_flight),
		      "copying", whole(p->copying),
		      "queued", whole(p->queued),
		      "active", active_list(p)));
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

void json_put_file(const struct json_file *f)
{
	static const char *const kinds[] = { "file", "directory", "symlink", "special" };
	static const char *const actions[] = {
		"copied", "cloned", "linked", "created", "created", "skipped", "failed"
	};

	if (stream < 0)
		return;
	json_t *line = json_pack("{s:s, s:I, s:s, s:s}", "type", "file", "id", whole(f->id),
				 "action", actions[f->outcome], "kind", kinds[f->kind]);
	add_name(line, "src", f->src);
	add_name(line, "dst", f->dst);
	json_object_set_new(line, "bytes", number_or_null(f->info ? f->info->bytes_done : 0, f->info));
	json_object_set_new(line, "method", text_or_null(method_name(f->info)));
	json_object_set_new(line, "elapsed_s",
			    real_or_null(clock_seconds(clock_now(CLOCK_MONOTONIC) - f->begun), f->begun));
	json_object_set_new(line, "checksum", json_null());
	put(line);
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
	json_t *line = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "type", "error",
				 "severity", e->warning ? "warning" : "error", "op", e->op,
				 "errno", number_or_null(e->err, e->err),
				 "errno_name", text_or_null(e->err ? strerrorname_np(e->err) : NULL),
				 "message", text_or_null(e->message));
	add_name(line, "src", e->src);
	add_name(line, "dst", e->dst);
	json_object_set_new(line, "id", number_or_null(e->id, e->id));
	json_object_set_new(line, "partial", json_string(partial_name(e->partial)));
	put(line);
}

/* ------------------------------------------------------------- summary */

/* The outcomes of a kind, under the names that they have for it */
static json_t *of_kind(const struct tally *t, enum kind kind)
{
	const uint64_t *n = t->entries[kind];
	uint64_t copied = n[OUTCOME_COPIED] + n[OUTCOME_CLONED];

	if (kind == KIND_DIR)
		return json_pack("{s:I, s:I, s:I, s:I, s:I}",
				 "total", whole(tally_of_kind(t, kind)),
				 "created", whole(n[OUTCOME_CREATED]),
				 "merged", whole(n[OUTCOME_MERGED]),
				 "skipped", whole(n[OUTCOME_SKIPPED]),
				 "failed", whole(n[OUTCOME_FAILED]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I}",
			 "total", whole(tally_of_kind(t, kind)),
			 "copied", whole(copied + n[OUTCOME_CREATED]),
			 "linked", whole(n[OUTCOME_LINKED]),
			 "skipped", whole(n[OUTCOME_SKIPPED]),
			 "failed", whole(n[OUTCOME_FAILED]));
}

static json_t *bytes_value(const struct tally *t)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "total", whole(tally_plus(t->bytes, t->bytes_left)),
			 "written", whole(t->bytes_moved), "cloned", whole(t->bytes_cloned),
			 "holes", whole(t->bytes_holes));
}

static json_t *errors_value(const struct json_summary *s)
{
	json_t *object = json_object();

	for (size_t i = 1; i < s->nerrnos; i++) {
		const char *name = strerrorname_np(i);

		if (s->errors_by_errno[i])
			json_object_set_new(object, name ? name : "unknown",
					    json_integer(whole(s->errors_by_errno[i])));
	}
	return object;
}

void json_put_summary(const struct json_summary *s)
{
	const struct tally *t = &s->tally;

	if (stream < 0)
		return;
	put(json_pack("{s:s, s:s, s:i, s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:o, s:f, s:f}",
		      "type", "summary",
		      "status", s->status,
		      "exit_code", s->exit_code,
		      "files", of_kind(t, KIND_FILE),
		      "dirs", of_kind(t, KIND_DIR),
		      "links", whole(tally_of_kind(t, KIND_SYMLINK)),
		      "specials", whole(tally_of_kind(t, KIND_SPECIAL)),
		      "bytes", bytes_value(t),
		      "vanished", whole(t->vanished),
		      "changed", whole(t->changed),
		      "errors", whole(s->errors),
		      "warnings", whole(s->warnings),
		      "errors_by_errno", errors_value(s),
		      "elapsed_s", s->elapsed,
		      "rate_avg_bps", s->elapsed > 0 ? t->bytes / s->elapsed : 0.0));
}
