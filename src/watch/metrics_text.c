/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: node_exporter reads the files of all runs in one folder, and refuses all of them if two
 * samples have one name and the same labels.  So each sample has a label with the name of its
 * run.  Its parser is that of Prometheus' older format, in which the name of a counter in its
 * TYPE line ends in _total; OpenMetrics has it without.
 *
 * A sample that is not known is left out, not 0.
 */
#include <config.h>

#include "watch/metrics_text.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "unistr.h"
#include "xalloc.h"

/* Put text as the value of a label: what is not UTF-8 becomes U+FFFD. */
static void put_label_value(FILE *out, const char *text)
{
	const uint8_t *rest = (const uint8_t *)text;
	const uint8_t *bad = u8_check(rest, strlen(text));

	for (; *rest; rest++) {
		if (bad == rest) {
			fputs("\357\277\275", out);
			bad = u8_check(rest + 1, strlen((const char *)rest + 1));
		} else if (*rest == '\n') {
			fputs("\\n", out);
		} else {
			if (*rest == '\\' || *rest == '"')
				putc('\\', out);
			putc(*rest, out);
		}
	}
}

static void put_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* The name, and the labels without the last brace */
static void put_name(FILE *out, const struct metrics *m, const char *name)
{
	fprintf(out, "%s{run=\"", name);
	put_label_value(out, m->run);
	putc('"', out);
}

static void put_count(FILE *out, const struct metrics *m, const char *name, uint64_t n)
{
	put_name(out, m, name);
	fprintf(out, "} %" PRIu64 "\n", n);
}

static void put_gauge(FILE *out, const struct metrics *m, const char *name, uint64_t n,
		      const char *help)
{
	put_head(out, name, "gauge", help);
	put_count(out, m, name, n);
}

static void put_time(FILE *out, const struct metrics *m, const char *name, double seconds,
		     const char *help)
{
	put_head(out, name, "gauge", help);
	put_name(out, m, name);
	fprintf(out, "} %.3f\n", seconds);
}

static void put_run(FILE *out, const struct metrics *m)
{
	put_head(out, "pcp_info", "gauge", "The version of pcp that runs; always 1.");
	put_name(out, m, "pcp_info");
	fprintf(out, ",version=\"%s\"} 1\n", PACKAGE_VERSION);
	put_gauge(out, m, "pcp_up", m->running, "1 while the run goes on, 0 when it has ended.");
	if (!m->running)
		put_gauge(out, m, "pcp_exit_status", m->exit_code,
			  "The exit status, or 128 and the number of the signal that ended it.");
	put_time(out, m, "pcp_start_time_seconds", m->started,
		 "When the run began, in seconds since 1970.");
	put_time(out, m, "pcp_last_update_time_seconds", m->updated,
		 "When these numbers were written, in seconds since 1970.");
}

static void put_entries(FILE *out, const struct metrics *m)
{
	static const char *const kinds[] = {
		[KIND_FILE] = "file", [KIND_DIR] = "directory", [KIND_SYMLINK] = "symlink",
		[KIND_SPECIAL] = "special",
	};
	static const char *const outcomes[] = {
		[OUTCOME_COPIED] = "copied", [OUTCOME_CLONED] = "cloned",
		[OUTCOME_LINKED] = "linked", [OUTCOME_CREATED] = "created",
		[OUTCOME_MERGED] = "merged", [OUTCOME_SKIPPED] = "skipped",
		[OUTCOME_ATTRIBUTES] = "attributes", [OUTCOME_FAILED] = "failed",
	};
	static_assert(sizeof kinds / sizeof *kinds == KINDS, "a kind has no name");
	static_assert(sizeof outcomes / sizeof *outcomes == OUTCOMES, "an outcome has no name");

	put_head(out, "pcp_entries_total", "counter",
		 "Entries that have come to their end, by kind and by what became of them.");
	for (int k = 0; k < KINDS; k++) {
		for (int o = 0; o < OUTCOMES; o++) {
			put_name(out, m, "pcp_entries_total");
			fprintf(out, ",kind=\"%s\",outcome=\"%s\"} %" PRIu64 "\n", kinds[k],
				outcomes[o], m->tally.entries[k][o]);
		}
	}
}

static void put_counters(FILE *out, const struct metrics *m)
{
	static const struct {
		const char *name;
		size_t at;		/* in struct metrics */
		const char *help;
	} counters[] = {
		{ "pcp_copied_bytes_total", offsetof(struct metrics, tally.bytes),
		  "Bytes of the files that were copied, holes and clones included." },
		{ "pcp_written_bytes_total", offsetof(struct metrics, tally.bytes_moved),
		  "Of those, bytes that were read and written, or moved by the kernel." },
		{ "pcp_cloned_bytes_total", offsetof(struct metrics, tally.bytes_cloned),
		  "Of those, bytes that the copies share with their sources." },
		{ "pcp_hole_bytes_total", offsetof(struct metrics, tally.bytes_holes),
		  "Of those, bytes in holes." },
		{ "pcp_lost_bytes_total", offsetof(struct metrics, tally.bytes_lost),
		  "Bytes of copies that failed after these were in place." },
		{ "pcp_retries_total", offsetof(struct metrics, tally.retried),
		  "Attempts at what had failed before." },
		{ "pcp_verified_total", offsetof(struct metrics, tally.verified),
		  "Copies that were read back, and are as their sources." },
		{ "pcp_differed_total", offsetof(struct metrics, tally.differed),
		  "Copies that were read back, and were not as their sources." },
		{ "pcp_vanished_total", offsetof(struct metrics, tally.vanished),
		  "Sources that were gone when their turn came." },
		{ "pcp_changed_total", offsetof(struct metrics, tally.changed),
		  "Sources that changed while they were copied." },
		{ "pcp_deleted_total", offsetof(struct metrics, tally.deleted),
		  "Entries of the destination that were removed as the source has none." },
		{ "pcp_replaced_total", offsetof(struct metrics, tally.replaced),
		  "Entries of the destination that made room for something of another kind." },
		{ "pcp_untried_total", offsetof(struct metrics, tally.untried),
		  "Entries that were left out as the run stopped; a directory counts once." },
		{ "pcp_errors_total", offsetof(struct metrics, errors), "Errors." },
		{ "pcp_warnings_total", offsetof(struct metrics, warnings), "Warnings." },
		{ "pcp_system_calls_total", offsetof(struct metrics, calls),
		  "System calls that were made for copies." },
	};

	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		put_head(out, counters[i].name, "counter", counters[i].help);
		put_count(out, m, counters[i].name,
			  *(const uint64_t *)((const char *)m + counters[i].at));
	}
}

static void put_errnos(FILE *out, const struct metrics *m)
{
	bool any = false;

	for (int i = 1; i < STATUS_ERRNOS; i++) {
		const char *name = strerrorname_np(i);

		if (!m->errors_by_errno[i])
			continue;
		if (!any)
			put_head(out, "pcp_errors_by_errno_total", "counter",
				 "Errors that the system had a number for, by its name.");
		any = true;
		put_name(out, m, "pcp_errors_by_errno_total");
		fprintf(out, ",errno=\"%s\"} %" PRIu64 "\n", name ? name : "unknown",
			m->errors_by_errno[i]);
	}
}

static void put_now(FILE *out, const struct metrics *m)
{
	put_gauge(out, m, "pcp_pending_copies", m->pending, "Copies that are pending.");
	put_gauge(out, m, "pcp_running_copies", m->copying,
		  "Of those, the ones that a thread works on.");
	put_gauge(out, m, "pcp_pending_bytes", m->pending_bytes,
		  "Bytes that pending copies have in place so far.");
	put_head(out, "pcp_threads", "gauge", "Threads that walk, and that copy.");
	put_name(out, m, "pcp_threads");
	fprintf(out, ",role=\"walk\"} %" PRIu64 "\n", m->walkers);
	put_name(out, m, "pcp_threads");
	fprintf(out, ",role=\"copy\"} %" PRIu64 "\n", m->copiers);
	if (!m->expected)
		return;
	put_gauge(out, m, "pcp_expected_files", m->files_expected,
		  "Regular files in the sources, as counted ahead.");
	put_gauge(out, m, "pcp_expected_bytes", m->bytes_expected,
		  "Bytes in them, as counted ahead.");
}

void metrics_text_put(FILE *out, const struct metrics *m)
{
	put_run(out, m);
	put_entries(out, m);
	put_counters(out, m);
	put_errnos(out, m);
	put_now(out, m);
}
