/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "watch/text.h"

#include <stdlib.h>

#include "base/size.h"
#include "watch/snapshot.h"
#include "xalloc.h"
#include "xvasprintf.h"

#define COUNT_BUF 32

/* Returns n in groups of three digits, somewhere in buf. */
static const char *count_text(char buf[static COUNT_BUF], uint64_t n)
{
	char *p = buf + COUNT_BUF - 1;

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
		return xasprintf("%jud %juh", h / 24, h % 24);
	if (h)
		return xasprintf("%juh %jum", h, m % 60);
	return xasprintf("%ju:%02ju", m, s % 60);
}

char *text_amount(const struct snapshot *s, bool brief)
{
	char done[SIZE_BUF], total[SIZE_BUF];

	if (brief || !s->bytes_total || (!s->totals_final && s->bytes_total == s->bytes_done))
		return xstrdup(size_text(done, s->bytes_done));
	return xasprintf("%s of %s%s", size_text(done, s->bytes_done),
			 s->totals_final ? "" : "at least ", size_text(total, s->bytes_total));
}

char *text_files(const struct snapshot *s)
{
	char done[COUNT_BUF], total[COUNT_BUF];

	if (!s->totals_final && s->files_total == s->files_done)
		return xasprintf("%s %s", count_text(done, s->files_done),
				 s->files_done == 1 ? "file" : "files");
	return xasprintf("%s of %s%s files", count_text(done, s->files_done),
			 s->totals_final ? "" : "at least ", count_text(total, s->files_total));
}

char *text_rate(const struct snapshot *s)
{
	char buf[SIZE_BUF];

	return xasprintf("%s/s", size_text(buf, s->rate));
}

char *text_eta(const struct snapshot *s)
{
	if (s->paused)
		return xstrdup("paused");
	if (s->stalled <= 0 && s->eta < 0)
		return xstrdup("");
	char *time = text_time(s->stalled > 0 ? s->stalled : s->eta);
	char *text = xasprintf("%s %s", s->stalled > 0 ? "stalled" : "ETA", time);
	free(time);
	return text;
}

char *text_some(uint64_t n, const char *what)
{
	char buf[COUNT_BUF];

	return n ? xasprintf("%s %s", count_text(buf, n), what) : xstrdup("");
}

char *text_errors(const struct snapshot *s)
{
	return text_some(s->errors, s->errors == 1 ? "error" : "errors");
}

char *text_pending(const struct snapshot *s)
{
	char copying[COUNT_BUF], queued[COUNT_BUF];

	if (!s->queued)
		return xasprintf("%s copying", count_text(copying, s->copying));
	return xasprintf("%s copying, %s queued", count_text(copying, s->copying),
			 count_text(queued, s->queued));
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

	return xasprintf("%s files, %s copied", count_text(files, s->files_done),
			 size_text(bytes, s->bytes_done));
}
