/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: getopt_long() words its complaints as cp's users know them.  The
 * names of GNU cp's options that are still to come are not accepted, but long
 * ones are in the table, so that an abbreviation which is ambiguous to cp is
 * ambiguous here, and does not change its meaning in the next release.
 */
#include <config.h>

#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <libcopyfile.h>

#include "progname.h"
#include "report.h"
#include "version-etc.h"
#include "xstrtol.h"

enum {
	OPT_CHUNK = CHAR_MAX + 1,
	OPT_STATS,
	OPT_WINDOW,
	OPT_HELP,
	OPT_VERSION,
	OPT_LATER		/* GNU cp's, not here yet */
};

static const struct option long_options[] = {
	{ "archive", no_argument, NULL, 'a' },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "jobs", required_argument, NULL, 'j' },
	{ "no-dereference", no_argument, NULL, 'P' },
	{ "no-target-directory", no_argument, NULL, 'T' },
	{ "recursive", no_argument, NULL, 'R' },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "target-directory", required_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },

	{ "attributes-only", no_argument, NULL, OPT_LATER },
	{ "backup", optional_argument, NULL, OPT_LATER },
	{ "context", optional_argument, NULL, OPT_LATER },
	{ "copy-contents", no_argument, NULL, OPT_LATER },
	{ "debug", no_argument, NULL, OPT_LATER },
	{ "dereference", no_argument, NULL, OPT_LATER },
	{ "force", no_argument, NULL, OPT_LATER },
	{ "interactive", no_argument, NULL, OPT_LATER },
	{ "keep-directory-symlink", no_argument, NULL, OPT_LATER },
	{ "link", no_argument, NULL, OPT_LATER },
	{ "no-clobber", no_argument, NULL, OPT_LATER },
	{ "no-preserve", required_argument, NULL, OPT_LATER },
	{ "one-file-system", no_argument, NULL, OPT_LATER },
	{ "parents", no_argument, NULL, OPT_LATER },
	{ "path", no_argument, NULL, OPT_LATER },
	{ "preserve", optional_argument, NULL, OPT_LATER },
	{ "reflink", optional_argument, NULL, OPT_LATER },
	{ "remove-destination", no_argument, NULL, OPT_LATER },
	{ "sparse", required_argument, NULL, OPT_LATER },
	{ "strip-trailing-slashes", no_argument, NULL, OPT_LATER },
	{ "suffix", required_argument, NULL, OPT_LATER },
	{ "symbolic-link", no_argument, NULL, OPT_LATER },
	{ "update", optional_argument, NULL, OPT_LATER },
	{ NULL, 0, NULL, 0 }
};

static void print_help(void)
{
	printf("Usage: %s [OPTION]... [-T] SOURCE DEST\n"
	       "  or:  %s [OPTION]... SOURCE... DIRECTORY\n"
	       "  or:  %s [OPTION]... -t DIRECTORY SOURCE...\n",
	       program_name, program_name, program_name);
	fputs("Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY, many files at a time.\n"
	      "\n"
	      "  -a, --archive                same as -dRp, and extended attributes\n"
	      "      --chunk=SIZE             copy at most SIZE bytes between two looks at whether\n"
	      "                                 to go on, and by one thread (default: what\n"
	      "                                 takes 80 ms)\n"
	      "  -d                           same as -P, and keep hard links\n"
	      "  -j, --jobs=N                 copy with at most N threads (default: as many\n"
	      "                                 as help on the file systems at hand)\n"
	      "  -P, --no-dereference         copy symbolic links as symbolic links\n"
	      "  -p                           keep mode, ACL, owner and times\n"
	      "  -R, -r, --recursive          copy directories with all they contain\n"
	      "      --stats                  tell at the end how the work was shared out, and why\n"
	      "  -t, --target-directory=DIRECTORY\n"
	      "                               copy all SOURCE arguments into DIRECTORY\n"
	      "  -T, --no-target-directory    treat DEST as a normal file\n"
	      "  -v, --verbose                say what is being done\n"
	      "      --window=N               have at most N copies pending\n"
	      "      --help                   display this help and exit\n"
	      "      --version                output version information and exit\n"
	      "\n"
	      "With -j1 --window=1 files are copied one after the other, in order.\n"
	      "Every file that fails is reported; then the exit status is 1.\n",
	      stdout);
}

_Noreturn void options_usage_error(void)
{
	fprintf(stderr, "Try '%s --help' for more information.\n", program_name);
	exit(EXIT_FAILURE);
}

static uint32_t parse_count(const char *what, const char *arg, unsigned long max)
{
	unsigned long n;

	if (xstrtoul(arg, NULL, 10, &n, "") != LONGINT_OK || n < 1 || n > max) {
		report_error(0, "invalid number of %s: %s", what, report_quote(0, arg));
		options_usage_error();
	}
	return n;
}

/* With a suffix as in cp's other programs: K is 1024, KB 1000, and so on. */
static uint64_t parse_size(const char *what, const char *arg)
{
	uintmax_t n;

	if (xstrtoumax(arg, NULL, 10, &n, "bkKMGTPE0") != LONGINT_OK || n < 1 || *arg == '-') {
		report_error(0, "invalid %s: %s", what, report_quote(0, arg));
		options_usage_error();
	}
	return n;
}

static void set_target_dir(struct options *o, const char *dir)
{
	if (o->target_dir) {
		report_error(0, "multiple target directories specified");
		exit(EXIT_FAILURE);
	}
	o->target_dir = dir;
}

#define PRESERVE_BASIC \
	(COPYFILE_MODE | COPYFILE_ACL | COPYFILE_OWNER | COPYFILE_TIMES)

static void apply(struct options *o, int c)
{
	switch (c) {
	case 'a':
		o->follow = FOLLOW_NEVER;
		o->keep_links = true;
		o->recursive = true;
		o->quiet_attrs = true;
		o->attrs = COPYFILE_ATTRS;
		break;
	case 'd':
		o->keep_links = true;
		o->follow = FOLLOW_NEVER;
		break;
	case 'j':
		o->jobs = parse_count("jobs", optarg, 4096);
		break;
	case 'P':
		o->follow = FOLLOW_NEVER;
		break;
	case 'p':
		o->attrs |= PRESERVE_BASIC;
		break;
	case 'R':
	case 'r':
		o->recursive = true;
		break;
	case 't':
		set_target_dir(o, optarg);
		break;
	case 'T':
		o->no_target_dir = true;
		break;
	case 'v':
		o->verbose = true;
		break;
	case OPT_CHUNK:
		o->chunk = parse_size("chunk size", optarg);
		break;
	case OPT_STATS:
		o->stats = true;
		break;
	case OPT_WINDOW:
		o->window = parse_count("pending copies", optarg, 65536);
		break;
	case OPT_HELP:
		print_help();
		exit(EXIT_SUCCESS);
	case OPT_VERSION:
		version_etc(stdout, program_name, PACKAGE_NAME, PACKAGE_VERSION,
			    "the authors of pcp", (char *)NULL);
		exit(EXIT_SUCCESS);
	default:
		options_usage_error();
	}
}

void options_parse(struct options *o, int argc, char **argv)
{
	int c, index = 0;

	*o = (struct options){ 0 };
	while ((c = getopt_long(argc, argv, "adj:PpRrt:Tv", long_options, &index)) != -1) {
		if (c == OPT_LATER) {
			fprintf(stderr, "%s: unrecognized option '--%s'\n", program_name,
				long_options[index].name);
			options_usage_error();
		}
		apply(o, c);
	}
	if (o->follow == FOLLOW_DEFAULT)
		o->follow = o->recursive ? FOLLOW_NEVER : FOLLOW_ALWAYS;
	o->operands = argv + optind;
	o->noperands = argc - optind;
}
