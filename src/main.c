/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pcp - cp with many copies in flight.
 *
 * A map of the program, from the command line to the disk:
 *
 *   options	what is asked for (help: what there is to ask for)
 *   run	what may be used for it, shared out; the beginning and the end
 *   target	what the operands mean; one by one (names: those seen)
 *   parents	the directories that lead to an operand
 *   walk	through source directories (reader: the names in one; later: those kept)
 *   enter	into each of them; mkdir: making those of the destination
 *   made	those that lead into what is new, lest they be copied into themselves
 *   copy	what becomes of any other entry
 *   existing	what is at its destination, and may that go
 *   links	its further names
 *   mklink	links in place of copies
 *   node	FIFOs, devices, sockets
 *   manual	copies that the library cannot make
 *   window	the copies that are pending in libcopyfile
 *   dir	the directories that all this goes through, and their attributes
 *
 *   crew	threads, for what waits for a file system
 *   report	what is said, and the exit status (complain: of an entry; attrs: of
 *		attributes; verbose: -v)
 *   outcome	what became of each entry (tally: how many, and how much)
 *   progress	how far it is (scout: what there is to do)
 *   bar, json	showing that to people, and to programs
 *   signals	what is said from outside (stop: that it is to end)
 *   full	file systems that can take no more
 *
 * Main goes through the operands, then reaps copies that have ended.  The crew
 * walks the trees.  Copies are made by who meets them, or by the library's
 * threads, as the library finds best.
 */
#include <config.h>

#include <locale.h>
#include <stdlib.h>

#include "base/signals.h"
#include "closeout.h"
#include "cmdline.h"
#include "copy/context.h"
#include "dirname.h"
#include "progname.h"
#include "report/output.h"
#include "report/status.h"
#include "run.h"
#include "stdopen.h"
#include "summary.h"
#include "version-etc.h"
#include "walk/target.h"

/* What --version says, instead of gnulib's own line and year */
const char version_etc_copyright[] = "Copyright %s 2026 the authors of pcp";

int main(int argc, char **argv)
{
	struct options options;
	struct context copy;

	/* Copies must not land in a standard stream that was closed. */
	if (stdopen() != 0)
		exit(EXIT_FAILURE);
	/* Messages begin with the name alone, getopt's as well. */
	if (argc > 0)
		argv[0] = last_component(argv[0]);
	set_program_name(argv[0]);
	setlocale(LC_ALL, "");
	atexit(close_stdout);
	output_init();

	cmdline_parse(&options, argc, argv);
	/* Before there is anything to end in order, signals have their default action. */
	signals_init();
	output_begin(&options);
	run_init(&copy, &options);
	target_copy_operands(&copy);
	run_fini(&copy);
	output_end(summary_print);
	signals_die();
	return status_exit_code();
}
