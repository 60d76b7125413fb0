/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/clock.h"
#include "watch/chart.h"
#include "watch/page.h"

/* With fewer samples there is nothing to see. */
#define FEW 3

static double seconds_of(const struct series_sample *s)
{
	return clock_seconds(s->end - s->begin);
}

static double bytes_a_second(const struct series_sample *s)
{
	return s->bytes / seconds_of(s);
}

static double files_a_second(const struct series_sample *s)
{
	return s->files / seconds_of(s);
}

static double entries_a_second(const struct series_sample *s)
{
	return s->entries / seconds_of(s);
}

static double median_time(const struct series_sample *s)
{
	return series_time(s, 0.5);
}

static double slow_time(const struct series_sample *s)
{
	return series_time(s, 0.95);
}

static double threads(const struct series_sample *s)
{
	return s->walkers + s->copiers;
}

static double pending(const struct series_sample *s)
{
	return s->pending;
}

void page_put_charts(FILE *out, const struct page *p)
{
	static const struct chart charts[] = {
		{
			"Throughput", "Data that was copied, holes and clones included.",
			CHART_BYTES_A_SECOND, { { "copied", bytes_a_second } }
		}, {
			"Files", "All but directories; and entries that have come to their end, "
			"directories and what was skipped or failed included.",
			CHART_A_SECOND, { { "files copied", files_a_second },
					  { "entries", entries_a_second } }
		}, {
			"Time that a file takes", "From when it is met to the end of its copy, "
			"the wait for a thread included.",
			CHART_SECONDS, { { "median", median_time },
					 { "95 of 100 are faster", slow_time } }
		}, {
			"Threads", "Those that walk and those that copy; and the copies that are "
			"pending: being made, or waiting for a thread.",
			CHART_COUNT, { { "threads", threads }, { "copies pending", pending } }
		},
	};

	fputs("<section>\n<h2>Over time</h2>\n", out);
	if (p->series->n < FEW)
		fputs("<p>The run was too short to be drawn.</p>\n", out);
	for (size_t i = 0; i < sizeof charts / sizeof *charts && p->series->n >= FEW; i++)
		chart_put(out, &charts[i], p->series);
	fputs("</section>\n", out);
}
