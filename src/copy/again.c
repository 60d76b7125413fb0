/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a failure is reported first, and then the entry comes to its end:
 *
 *	complain.c	again_report()	a warning, noted in the attempt; or an error
 *	outcome.c	again_settle()	the entry is kept, with that message; or has failed
 *
 * The attempt is in the frame of the function that calls outcome(), and an entry that outlives
 * the frame, such as a pending copy, gets another one when it ends.  An entry without an attempt
 * fails for good: those of --parents, and all of them without --retry.
 *
 * What is kept has a reference on its directory, which is so not complete, and gets its
 * attributes after the last round.  An entry that is left out for want of space is kept without
 * a message.
 *
 * walk/rounds.c takes what was kept, and tries it.  In the last round nothing is kept any more.
 * If no round follows, it reports the messages as the errors that they are then.
 */
#include <config.h>

#include "copy/again.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/relaxed.h"
#include "base/stop.h"
#include "copy/entry.h"
#include "tree/dir.h"
#include "tree/dirrefs.h"
#include "xalloc.h"
#include "xvasprintf.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct again *first, **last = &first;	/* what is kept, the oldest first */
static _Atomic unsigned int rounds;		/* that will begin; 0: each failure is final */

/* What may be otherwise in a while */
static const int passing[] = {
	/* A device, or the server behind it, has not answered, or not well. */
	EIO, EREMOTEIO, ETIMEDOUT,
	/* The server was restarted, or the file replaced there; it is looked up anew. */
	ESTALE,
	/* The way to the server, or to the daemon of a FUSE file system, is cut. */
	ECONNRESET, ECONNABORTED, ECONNREFUSED, ENOTCONN, ESHUTDOWN, EPIPE, ENETDOWN, ENETRESET,
	ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENOLINK, ECOMM,
	/* The key by which the server knows the user has expired, and may be renewed. */
	EKEYEXPIRED,
	/* Somebody else is using it. */
	EAGAIN, EBUSY, ETXTBSY,
	/* Somebody else may make room, or give back what the system is short of. */
	ENOSPC, EDQUOT, ENOMEM, ENOBUFS, ENFILE, EMFILE,
};

bool again_passes(int err)
{
	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		if (passing[i] == err)
			return true;
	return false;
}

/* ------------------------------------------------------------- the list */

void again_init(unsigned int n)
{
	relaxed_set(rounds, n);
}

struct again *again_begin_round(void)
{
	pthread_mutex_lock(&lock);
	struct again *kept = first;
	first = NULL;
	last = &first;
	if (relaxed_get(rounds))
		relaxed_set(rounds, relaxed_get(rounds) - 1);
	pthread_mutex_unlock(&lock);
	return kept;
}

bool again_any(void)
{
	pthread_mutex_lock(&lock);
	bool any = first;
	pthread_mutex_unlock(&lock);
	return any;
}

void again_free(struct again *a)
{
	dir_put(a->dir);
	message_free(&a->failure.text);
	free(a->src);
	free(a->dst);
	free(a);
}

static void keep(const struct again *what)
{
	struct again *a = xmemdup(what, sizeof *what);

	a->next = NULL;
	dir_get(a->dir);
	pthread_mutex_lock(&lock);
	*last = a;
	last = &a->next;
	pthread_mutex_unlock(&lock);
}

/* Keep e, which has failed so. */
static void keep_entry(const struct entry *e, const struct attempt *failure)
{
	bool kept_part = e->partial == COPYFILE_PARTIAL_KEPT || failure->incomplete;

	keep(&(struct again){
		.dir = e->dir, .src = xstrdup(e->src), .dst = xstrdup(e->dst), .type = e->type,
		.operand = e->operand, .incomplete = e->incomplete || kept_part,
		.id = e->id, .begun = e->begun, .failure = *failure,
	});
}

/* ---------------------------------------------------------- one attempt */

void again_attempt(struct entry *e, struct attempt *attempt)
{
	e->attempt = relaxed_get(rounds) ? attempt : NULL;
	if (e->attempt)
		*attempt = (struct attempt){ .final = false };
}

/* After a stop there is no further round. */
static bool will_pass(int err)
{
	return again_passes(err) && relaxed_get(rounds) && !stop_asked();
}

bool again_takes(const struct entry *e, enum report_op op, int err)
{
	/* Attributes that are lost are no failure of the entry, whose data is there. */
	return e->attempt && !e->attempt->final && op != OP_ATTRIBUTES && op != OP_SYNC &&
	       will_pass(err);
}

/* What has failed, and why */
struct failure {
	const struct message *text;
	int err;
};

static char *compose_warning(const void *arg)
{
	const struct failure *f = arg;

	return xasprintf(translate("warning: %s: %s; will be tried again"), message_now(f->text),
			 strerror(f->err));
}

/* Say that text, with err, is no error yet. */
static void warn(const struct report_about *about, int err, const struct message *text)
{
	struct message m = message_twice(compose_warning, &(struct failure){ text, err });
	struct report_about now = *about;

	/* That a server does not know a file any more counts when that is final. */
	now.source = SOURCE_STAYED;
	report_warning_message(&now, 0, &m);
	message_free(&m);
}

void again_report(const struct entry *e, const struct report_about *about, int err,
		  const struct message *text)
{
	struct attempt *a = e->attempt;

	if (!again_takes(e, about->op, err)) {
		if (a && about->op != OP_ATTRIBUTES)
			a->final = true;
		report_error_message(about, err, text);
		return;
	}
	warn(about, err, text);
	message_free(&a->text);
	a->text = message_copy(text);
	a->err = err;
	a->op = about->op;
	a->source = about->source;
}

bool again_pending(const struct entry *e)
{
	return e->attempt && e->attempt->text.shown && !e->attempt->final;
}

void again_left_incomplete(const struct entry *e)
{
	if (e->attempt)
		e->attempt->incomplete = true;
}

bool again_settle(const struct entry *e, bool failed)
{
	struct attempt *a = e->attempt;
	bool kept = failed && again_pending(e);

	if (!a)
		return false;
	if (kept)
		keep_entry(e, a);
	else if (again_pending(e))
		/* It has not failed after all, or there was a stop: what was said is an error. */
		report_error_message(&(struct report_about){ .op = a->op, .id = e->id }, a->err,
				     &a->text);
	if (!kept)
		message_free(&a->text);
	a->text = (struct message){ .shown = NULL };
	/* What fails from now on, such as the return of a backup, is not tried again. */
	a->final = true;
	return kept;
}

bool again_keep_left_out(const struct entry *e)
{
	static const struct attempt full = { .err = ENOSPC };

	if (!e->attempt || !will_pass(full.err))
		return false;
	keep_entry(e, &full);
	e->attempt->kept = true;
	return true;
}

bool again_was_kept(const struct entry *e)
{
	return e->attempt && e->attempt->kept;
}

bool again_keep_unread(struct dir *d, const struct report_about *about, int err,
		       const struct message *text, off_t at)
{
	if (at < 0 || !will_pass(err))
		return false;
	warn(about, err, text);
	keep(&(struct again){
		.dir = d, .at = at,
		.failure = { .text = message_copy(text), .err = err, .op = about->op,
			     .source = about->source },
	});
	return true;
}
