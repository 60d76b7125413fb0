/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pcp - cp with many copies pending.
 *
 * A map of the program, from the command line to the disk.  The folders are layers: a module
 * includes its own folder and those below, what is in src/ itself includes any.
 * doc/design.md has a line for each module.
 *
 *   pass	what a run has of a journal: whether there is something to do, and what was done
 *   run	the set-up of a run, within its budget of descriptors and threads; its end
 *   govern	the limits that hold the run back, and control, the file that changes them
 *   summary	the last lines, for people
 *   hint	one of them, for who has mistaken pcp for rsync
 *
 *   cmdline/	the options and operands
 *   watch/	progress, shown to people and to programs
 *   walk/	the operands, and the source directories below them
 *   copy/	what becomes of an entry: what is at its destination, its further names, its
 *		backup; the copies that are pending in libcopyfile
 *   tree/	the pairs of directories that are walked, and the threads that walk
 *   journal/	what was done, on disk, for the runs that come later
 *   report/	messages, and the exit status
 *   base/	signals, sums, sets, time
 *
 * Main goes through the operands, then reaps copies that have ended.  The workers walk the
 * trees.  A copy is made by the thread that comes upon the file, or by a thread of the
 * library, as the library finds best.
 */
#include <config.h>

#include <stdlib.h>

#include "base/language.h"
#include "base/options.h"
#include "base/signals.h"
#include "closeout.h"
#include "cmdline/cmdline.h"
#include "copy/context.h"
#include "dirname.h"
#include "journal/check.h"
#include "pass.h"
#include "progname.h"
#include "report/output.h"
#include "report/status.h"
#include "run.h"
#include "stdopen.h"
#include "summary.h"
#include "version-etc.h"
#include "walk/prune.h"
#include "walk/target.h"
#include "watch/metrics.h"
#include "watch/pagefile.h"

#ifdef HAVE_LIBJANSSON
#define JSON "yes"
#else
#define JSON "no"
#endif
#ifdef HAVE_LIBATTR
#define XATTR_CONF "yes"
#else
#define XATTR_CONF "no"
#endif
#ifdef HAVE_XXHASH
#define JOURNAL "yes"
#else
#define JOURNAL "no"
#endif

/* What --version says: a line for programs, and instead of gnulib's own line and year */
const char version_etc_copyright[] =
	"version=" PACKAGE_VERSION " json=" JSON " xattr_conf=" XATTR_CONF " journal=" JOURNAL "\n"
	"Copyright %s 2026 the authors of pcp";

/* The files that are replaced at the end; that of --metrics has the exit status. */
static void write_files(const struct options *o)
{
	pagefile_end(o);
	metrics_end(o);
}

int main(int argc, char **argv)
{
	struct options options;
	struct context context;

	/* Copies must not land in a standard stream that was closed. */
	if (stdopen() != 0)
		exit(EXIT_FAILURE);
	/* Messages begin with the name alone, getopt's as well. */
	if (argc > 0)
		argv[0] = last_component(argv[0]);
	set_program_name(argv[0]);
	language_init();
	atexit(close_stdout);
	output_init();

	cmdline_parse(&options, argc, argv);
	/* Before there is anything to end in order, signals have their default action. */
	signals_init();
	output_begin(&options);
	metrics_begin(&options);
	pagefile_begin(&options);
	if (options.check_journal) {
		check_journal(options.check_journal, options.verify);
	} else if (pass_begin(&options)) {
		run_init(&context, &options);
		target_copy_operands(&context);
		prune(&context);
		run_fini(&context);
		pass_end(&context);
	}
	output_end(summary_print, write_files);
	signals_die();
	return status_exit_code();
}
