/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tap - the Test Anything Protocol, as much of it as a C test needs.
 *
 * ok() and its kin print one line each; done_testing() prints the plan and
 * returns the exit status for main().  Only the thread and the process that
 * run main() may call them: others hand their findings over.
 */
#ifndef TAP_H
#define TAP_H 1

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_run;		/* test points so far */
static int tap_failed;		/* of those, failed */

static inline void tap_line(bool pass, const char *fmt, va_list args)
{
	printf("%sok %d - ", pass ? "" : "not ", ++tap_run);
	vprintf(fmt, args);
	putchar('\n');
	fflush(stdout);		/* so that nothing is printed twice after fork() */
	if (!pass)
		tap_failed++;
}

/* A line that is shown, but is no result */
__attribute__((format(printf, 1, 2)))
static inline void diag(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* One test point: cond holds.  Returns cond. */
__attribute__((format(printf, 2, 3)))
static inline bool ok(bool cond, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_line(cond, fmt, args);
	va_end(args);
	return cond;
}

/* One test point: two integers are equal.  Shows both if they are not. */
__attribute__((format(printf, 3, 4)))
static inline bool is_int(long long got, long long want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_line(got == want, fmt, args);
	va_end(args);
	if (got != want)
		diag("got %lld, want %lld", got, want);
	return got == want;
}

/* n test points that can't be had here, and why */
__attribute__((format(printf, 2, 3)))
static inline void skip(int n, const char *fmt, ...)
{
	va_list args;

	while (n-- > 0) {
		printf("ok %d # SKIP ", ++tap_run);
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
		putchar('\n');
	}
	fflush(stdout);
}

/* The whole program can't be run here, and why */
__attribute__((format(printf, 1, 2), noreturn))
static inline void skip_all(const char *fmt, ...)
{
	va_list args;

	printf("1..0 # SKIP ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	exit(0);
}

/* The test itself is broken, or its surroundings are */
__attribute__((format(printf, 1, 2), noreturn))
static inline void bail_out(const char *fmt, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	exit(99);
}

/* Print the plan.  Returns main()'s exit status. */
static inline int done_testing(void)
{
	printf("1..%d\n", tap_run);
	if (tap_failed > 0)
		diag("%d of %d failed", tap_failed, tap_run);
	return tap_failed > 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif /* TAP_H */
