/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the file of --metrics is replaced: src/watch/metrics.c, src/report/wholefile.c */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/options.h"
#include "progname.h"
#include "report/output.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/status.h"
#include "report/wholefile.h"
#include "scratch.h"
#include "watch/metrics.h"

static const struct options options = { .metrics = "dir/m.prom", .json_fd = -1 };

/* Returns true if the file has the text. */
static bool says(const char *text)
{
	static char buf[65536];
	int fd = open(options.metrics, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return strstr(buf, text);
}

static void test_times(void)
{
	const struct metrics_now first = { .pending = 7 }, second = { .pending = 8 };
	int64_t now = 1000 * CLOCK_SECOND;

	ok(!metrics_are_due(now), "without a file nothing is due");
	metrics_begin(&options);
	ok(!exists(options.metrics), "there is no file before the run has begun");
	ok(metrics_are_due(now), "the first one is due at once");
	metrics_put(&first, now);
	ok(says("pcp_pending_copies{run=\"m\"} 7\n"), "it has the numbers");
	ok(says("pcp_up{run=\"m\"} 1\n"), "and says that the run goes on");
	metrics_put(&second, now + 15 * CLOCK_SECOND - 1);
	ok(says("pcp_pending_copies{run=\"m\"} 7\n"), "for less than 15 s it stays");
	metrics_put(&second, now + 15 * CLOCK_SECOND);
	ok(says("pcp_pending_copies{run=\"m\"} 8\n"), "after 15 s it is replaced");
}

static void test_failures(void)
{
	const struct metrics_now some = { .pending = 1 };
	int64_t now = 2000 * CLOCK_SECOND;

	drop(options.metrics);
	drop("dir");
	metrics_put(&some, now);
	is_int((long long)status_counts().warnings, 1, "a failure is a warning");
	metrics_put(&some, now + 15 * CLOCK_SECOND);
	is_int((long long)status_counts().warnings, 1, "which comes once");
	is_int((long long)status_counts().errors, 0, "and is no error");
	metrics_end(&options);
	is_int((long long)status_counts().errors, 1, "at the end it is one");
	ok(!metrics_are_due(INT64_MAX), "after the end nothing is due");
}

/* What a killed run has left goes, when the next one begins. */
static int leave_temporary_name(void)
{
	char name[COPYFILE_TEMP_SIZE];
	int dir = open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || copyfile_temp_name(dir, "m", name, sizeof name) < 0)
		return 1;
	return openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0;
}

static void test_sweep(void)
{
	is_int(in_child(leave_temporary_name), 0, "a process ends with a temporary name");
	is_int(count_names("dir"), 1, "which it leaves");
	struct wholefile *f = wholefile_open("dir/m");
	ok(f, "the file can be replaced");
	is_int(count_names("dir"), 0, "and what was left is gone");
	ok(!wholefile_open("./dir/m") && errno == EEXIST, "another option cannot have its name");
	is_int(wholefile_put(f, "text", 4), 0, "replaced");
	ok(holds("dir/m", "text"), "as a whole");
	wholefile_close(f);
}

int main(void)
{
	scratch_enter("metrics");
	set_program_name("pcp");
	output_init();
	report_begin(false);
	if (mkdir("dir", 0755) < 0)
		bail_out("mkdir: %s", strerror(errno));
	test_sweep();
	drop("dir/m");
	test_times();
	test_failures();
	return scratch_done();
}
