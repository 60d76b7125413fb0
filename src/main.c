/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pcp - cp with many copies in flight.
 *
 * A map of the program, from the command line to the disk:
 *
 *   options	what is asked for
 *   target	what the operands mean; one by one
 *   walk	through a source directory, making directories
 *   copy	what becomes of any other entry
 *   links	its further names
 *   node	FIFOs, devices, sockets
 *   window	the copies that are pending in libcopyfile
 *   dir	the directories that all this goes through, and their attributes
 *
 *   report	what is said, and the exit status
 *   attrs	what is said of attributes that were lost
 *   progress	what is shown meanwhile
 *
 * All of it runs in the main thread; the library's threads copy.
 */
#include <config.h>

#include <locale.h>
#include <stdlib.h>

#include "closeout.h"
#include "copy.h"
#include "dirname.h"
#include "options.h"
#include "progname.h"
#include "report.h"
#include "stdopen.h"
#include "target.h"
#include "version-etc.h"

/* What --version says, instead of gnulib's own line */
const char version_etc_copyright[] = "Copyright %s %d the authors of pcp";

int main(int argc, char **argv)
{
	struct options options;
	struct copy copy;

	/* Copies must not land in a standard stream that was closed. */
	if (stdopen() != 0)
		exit(EXIT_FAILURE);
	/* Messages begin with the name alone, getopt's as well. */
	if (argc > 0)
		argv[0] = last_component(argv[0]);
	set_program_name(argv[0]);
	setlocale(LC_ALL, "");
	atexit(close_stdout);

	options_parse(&options, argc, argv);
	copy_init(&copy, &options);
	target_copy_operands(&copy);
	copy_fini(&copy);
	return report_status();
}
