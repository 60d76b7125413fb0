/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "watch/text.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/language.h"
#include "base/size.h"
#include "report/message.h"
#include "report/report.h"
#include "watch/snapshot.h"
#include "xalloc.h"
#include "xvasprintf.h"

#define COUNT_BUF 64

/* Returns n in groups of digits, as the locale has them, or else of three; somewhere in buf. */
static const char *count_text(char buf[static COUNT_BUF], uint64_t n)
{
	char *p = buf + COUNT_BUF - 1;

	if (*localeconv()->thousands_sep) {
		snprintf(buf, COUNT_BUF, "%'ju", (uintmax_t)n);
		return buf;
	}
	*p = '\0';
	for (int digits = 0; n || !digits; n /= 10, digits++) {
		if (digits && digits % 3 == 0)
			*--p = ' ';
		*--p = '0' + n % 10;
	}
	return p;
}

char *text_time(double seconds)
{
	uintmax_t s = seconds + 0.999, m = s / 60, h = m / 60;

	if (h >= 48)
		/* TRANSLATORS: days and hours */
		return xasprintf(translate("%jud %juh"), h / 24, h % 24);
	if (h)
		/* TRANSLATORS: hours and minutes */
		return xasprintf(translate("%juh %jum"), h, m % 60);
	return xasprintf("%ju:%02ju", m, s % 60);
}

char *text_amount(const struct snapshot *s, bool brief)
{
	char done[SIZE_BUF], total[SIZE_BUF];

	if (brief || !s->bytes_total || (!s->totals_final && s->bytes_total == s->bytes_done))
		return xstrdup(size_text(done, s->bytes_done));
	return xasprintf(s->totals_final ? translate("%s of %s") : translate("%s of at least %s"),
			 size_text(done, s->bytes_done), size_text(total, s->bytes_total));
}

char *text_files(const struct snapshot *s)
{
	char done[COUNT_BUF], total[COUNT_BUF];

	if (!s->totals_final && s->files_total == s->files_done)
		return text_some(s->files_done, "%s file", "%s files");
	return xasprintf(s->totals_final ?
			 translate_n("%s of %s file", "%s of %s files", s->files_total) :
			 translate_n("%s of at least %s file", "%s of at least %s files",
				     s->files_total),
			 count_text(done, s->files_done), count_text(total, s->files_total));
}

char *text_rate(const struct snapshot *s)
{
	char buf[SIZE_BUF];

	return xasprintf("%s/s", size_text(buf, s->rate));
}

char *text_eta(const struct snapshot *s)
{
	if (s->paused)
		return xstrdup(translate("paused"));
	if (s->stalled <= 0 && s->eta < 0)
		return xstrdup("");
	char *time = text_time(s->stalled > 0 ? s->stalled : s->eta);
	/* TRANSLATORS: how long nothing has moved, and how long the rest will take, as 1:05 */
	char *text = xasprintf(s->stalled > 0 ? translate("stalled %s") : translate("ETA %s"),
			       time);
	free(time);
	return text;
}

char *text_some(uint64_t n, const char *one, const char *many)
{
	char buf[COUNT_BUF];

	return xasprintf(translate_n(one, many, n), count_text(buf, n));
}

char *text_errors(const struct snapshot *s)
{
	return s->errors ? text_some(s->errors, "%s error", "%s errors") : xstrdup("");
}

char *text_pending(const struct snapshot *s)
{
	char *copying = text_some(s->copying, "%s copying", "%s copying");

	if (!s->queued)
		return copying;
	char *queued = text_some(s->queued, "%s queued", "%s queued");
	char *both = xasprintf("%s, %s", copying, queued);
	free(copying);
	free(queued);
	return both;
}

char *text_line(const struct snapshot *s)
{
	char *percent = s->percent < 0 ? xstrdup("") : xasprintf("%d%%, ", s->percent);
	char *amount = text_amount(s, false), *files = text_files(s), *rate = text_rate(s);
	char *eta = text_eta(s), *errors = text_errors(s), *pending = text_pending(s);
	char *line = xasprintf("%s%s, %s, %s%s%s, %s%s%s", percent, files, amount, rate,
			       *eta ? ", " : "", eta, pending, *errors ? ", " : "", errors);

	free(percent);
	free(amount);
	free(files);
	free(rate);
	free(eta);
	free(errors);
	free(pending);
	return line;
}

char *text_done(const struct snapshot *s)
{
	char files[COUNT_BUF], bytes[SIZE_BUF];

	return xasprintf(translate_n("interrupted: %s file, %s copied",
				     "interrupted: %s files, %s copied", s->files_done),
			 count_text(files, s->files_done), size_text(bytes, s->bytes_done));
}

struct report {
	char *(*text)(const struct snapshot *s);
	const struct snapshot *s;
};

static char *compose(const void *arg)
{
	const struct report *r = arg;

	return r->text(r->s);
}

void text_report(char *(*text)(const struct snapshot *s), const struct snapshot *s)
{
	struct message m = message_twice(compose, &(struct report){ text, s });

	report_note_message(&m);
	message_free(&m);
}
