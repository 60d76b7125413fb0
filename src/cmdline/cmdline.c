/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each option is applied as it comes, so that the last one wins.  What several options
 * mean together, and which contradict each other, is decided when all have been read.
 */
#include <config.h>

#include "cmdline/cmdline.h"

#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libcopyfile.h>

#include "argmatch.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/options.h"
#include "cmdline/choose.h"
#include "cmdline/help.h"
#include "cmdline/jsonfd.h"
#include "cmdline/mistake.h"
#include "cmdline/preserve.h"
#include "cmdline/restrain.h"
#include "cmdline/table.h"
#include "cmdline/value.h"
#include "cmdline/words.h"
#include "progname.h"
#include "report/checksums.h"
#include "report/json.h"
#include "report/message.h"
#include "report/output.h"
#include "report/quote.h"
#include "report/report.h"
#include "version-etc.h"
#include "xalloc.h"

/* What options say that can only be understood when all have been read */
struct raw_options {
	bool backup, no_clobber;	/* one of the options for that was given */
	const char *control, *suffix;	/* of backups; NULL: not given */
	const char *set_context;	/* CTX of --context=CTX; NULL: not given */
	bool progress;			/* --progress was given */
	struct choose choose;
};

static void set_json(struct options *o, const char *arg)
{
	o->json_fd = jsonfd_parse(arg);
	if (o->json_fd < 0) {
		report_error(0, "invalid file descriptor for --json: %s", quote_always(0, arg));
		mistake_usage();
	}
	json_begin(o->json_fd, false);
	if (!json_is_on()) {
		report_error(0, "this pcp was built without --json");
		mistake_usage();
	}
}

static void set_target_dir(struct options *o, const char *dir)
{
	if (o->target_dir) {
		report_error(0, "multiple target directories specified");
		mistake_exit();
	}
	o->target_dir = dir;
}

/* ------------------------------------------------------------- options */

static void archive(struct options *o)
{
	o->follow = FOLLOW_NEVER;
	o->recursive = true;
	o->quiet_attrs = true;
	preserve_all(o);
}

static void mirror(struct options *o)
{
	archive(o);
	o->update = UPDATE_CHANGED;
	o->delete = true;
	/* What its owner may not write to is replaced. */
	o->force = true;
}

/* --help or --version */
static void print_and_exit(int c)
{
	if (c == OPT_HELP)
		help_print();
	else
		version_etc(stdout, program_name, PACKAGE_NAME, PACKAGE_VERSION,
			    "the authors of pcp", (char *)NULL);
	exit(EXIT_SUCCESS);
}

/* Apply c, if it has no argument and sets one thing.  Returns false if it does not. */
static bool apply_switch(struct options *o, int c)
{
	switch (c) {
	case '0': return o->null = true;
	case 'f': return o->force = true;
	case 'l': return o->hard_link = true;
	case 'q': return o->quiet = true;
	case 'R':
	case 'r': return o->recursive = true;
	case 's': return o->symlink = true;
	case 'T': return o->no_target_dir = true;
	case 'v': return o->verbose = true;
	case 'x': return o->one_file_system = true;
	case OPT_ATOMIC: return o->atomic = true;
	case OPT_ATTRIBUTES_ONLY: return o->attributes_only = true;
	case OPT_BENEATH: return o->beneath = true;
	case OPT_COPY_CONTENTS: return o->contents = true;
	case OPT_DELETE: return o->delete = true;
	case OPT_DELETE_EXCLUDED: return o->delete = o->delete_excluded = true;
	case OPT_DEBUG: return o->debug = o->verbose = true;
	case OPT_FSYNC: return o->fsync = true;
	case OPT_JOURNAL_RESTART: return o->journal_restart = true;
	case OPT_JSON_FILES: return o->json_files = true;
	case OPT_KEEP_DIR_SYMLINK: return o->keep_dir_symlink = true;
	case OPT_PARENTS: return o->parents = true;
	case OPT_REMOVE_DESTINATION: return o->remove_first = true;
	case OPT_STATS: return o->stats = true;
	case OPT_STRICT: return o->strict = true;
	case OPT_STRIP_SLASHES: return o->strip_slashes = true;
	default: return false;
	}
}

static void apply_backup(struct raw_options *raw, int c, const char *arg)
{
	raw->backup = true;
	if (c == 'S')
		raw->suffix = arg;
	else if (arg)
		raw->control = arg;
}

/* Apply c, if it says which symlinks are followed.  Returns false if it does not. */
static bool apply_follow(struct options *o, int c)
{
	o->follow = c == 'H' ? FOLLOW_OPERANDS : c == 'L' ? FOLLOW_ALWAYS :
		    c == 'P' || c == 'd' ? FOLLOW_NEVER : o->follow;
	if (c == 'd')
		o->keep_links = true;
	return strchr("HLPd", c);
}

/* Apply c, if it is another option of cp.  Returns false if it is not. */
static bool apply_cp(struct options *o, struct raw_options *raw, int c)
{
	switch (c) {
	case 'a':
		archive(o);
		break;
	case 'b':
	case 'S':
		apply_backup(raw, c, optarg);
		break;
	case 'i':
		o->ask = true;
		raw->no_clobber = false;
		break;
	case 'n':
		o->ask = false;
		raw->no_clobber = true;
		break;
	case 'p':
		preserve_basic(o);
		break;
	case 't':
		set_target_dir(o, optarg);
		break;
	case 'u':
		o->update = value_update(optarg);
		break;
	case 'Z':
		raw->set_context = optarg;
		break;
	case OPT_NO_PRESERVE:
		preserve_list(o, "--no-preserve", optarg, false);
		break;
	case OPT_PRESERVE:
		if (optarg)
			preserve_list(o, "--preserve", optarg, true);
		else
			preserve_basic(o);
		break;
	case OPT_REFLINK:
		o->reflink = optarg ? value_when("--reflink", optarg) : WHEN_ALWAYS;
		break;
	case OPT_SPARSE:
		o->sparse = value_when("--sparse", optarg);
		break;
	default:
		return false;
	}
	return true;
}

/* Apply c, if it says what is told of the run, and where.  Returns false if it does not. */
static bool apply_output(struct options *o, struct raw_options *raw, int c)
{
	switch (c) {
	case OPT_JSON:
		set_json(o, optarg);
		break;
	case OPT_JSON_INTERVAL:
		o->json_interval = value_interval(optarg);
		break;
	case OPT_PROGRESS:
		o->progress = value_progress(optarg);
		raw->progress = true;
		break;
	case OPT_CHECKSUM_FILE:
		o->checksum_file = optarg;
		break;
	case OPT_CHECK_JOURNAL:
		o->check_journal = optarg;
		break;
	case OPT_JOURNAL:
		o->journal = optarg;
		break;
	case OPT_FAILED_TO:
		o->failed_to = optarg;
		break;
	case OPT_LOG:
		o->log = optarg;
		break;
	case OPT_METRICS:
		o->metrics = optarg;
		break;
	case OPT_REPORT:
		o->report = optarg;
		break;
	default:
		return false;
	}
	return true;
}

static void apply(struct options *o, struct raw_options *raw, int c)
{
	if (apply_switch(o, c) || apply_follow(o, c) || apply_cp(o, raw, c) ||
	    apply_output(o, raw, c) || choose_apply(o, &raw->choose, c, optarg) ||
	    restrain_apply(o, c, optarg))
		return;
	switch (c) {
	case 'j':
		o->jobs = value_count("invalid number of jobs: %s", optarg, 4096);
		break;
	case OPT_CHUNK:
		o->chunk = value_size("invalid chunk size: %s", optarg, 1);
		break;
	case OPT_FILES_FROM:
		o->files_from = optarg;
		break;
	case OPT_DRY_RUN:
		o->dry_run = true;
		o->explain = value_explain(optarg);
		break;
	case OPT_MAX_DELETE:
		o->max_delete = value_limit("invalid limit of deletions: %s", optarg,
					    &o->max_delete_percent);
		break;
	case OPT_MAX_ERRORS:
		o->max_errors = value_count("invalid number of errors: %s", optarg, ULONG_MAX);
		break;
	case OPT_MIRROR:
		mirror(o);
		break;
	case OPT_RETRY:
		o->retry = value_rounds(optarg);
		break;
	case OPT_VERIFY:
		o->verify = true;
		o->hash = optarg ? value_hash("--verify", optarg) : COPYFILE_HASH_DEFAULT;
		break;
	case OPT_WINDOW:
		o->window = value_count("invalid number of pending copies: %s", optarg, 65536);
		break;
	case OPT_HELP:
	case OPT_VERSION:
		print_and_exit(c);
		break;
	default:
		mistake_usage();
	}
}

/* ---------------------------------------------------- all of them together */

static _Noreturn void refuse(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

static _Noreturn void refuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct message m = message_va(0, &(struct message_format){ .one = format }, args);
	va_end(args);
	report_error_message(&(struct report_about){ .op = OP_RUN }, 0, &m);
	message_free(&m);
	mistake_usage();
}

static void check(const struct options *o, const struct raw_options *raw)
{
	if (o->hard_link && o->symlink)
		refuse("cannot make both hard and symbolic links");
	if (raw->backup && (raw->no_clobber || o->update == UPDATE_NONE ||
			     o->update == UPDATE_NONE_FAIL))
		refuse("--backup is mutually exclusive with -n or --update=none-fail");
	if (o->delete && o->files_from)
		refuse("cannot combine --delete and --files-from");
	if (o->delete && !o->recursive)
		refuse("--delete needs -R");
	if (o->delete && raw->backup)
		refuse("cannot combine --delete and --backup: the next run would delete "
		       "the backups");
	if (o->journal_restart && !o->journal)
		refuse("--journal-restart needs --journal");
	if (o->journal && (o->dry_run || o->files_from || o->parents || o->ask || raw->backup))
		refuse("cannot combine --journal with --dry-run, --files-from, --parents, "
		       "--interactive (-i) or --backup");
	if (o->reflink == WHEN_ALWAYS && o->sparse != WHEN_AUTO)
		refuse("--reflink can be used only with --sparse=auto");
	if (o->ask && o->files_from && !strcmp(o->files_from, "-"))
		refuse("--interactive (-i) cannot be used with --files-from=-: "
		       "both read standard input");
	if (o->need_attrs & COPYFILE_CONTEXT) {
		report_error(0, "cannot preserve security context "
				"without an SELinux-enabled kernel");
		output_exit();
	}
	if (raw->set_context)
		report_warning(&(struct report_about){ .op = OP_RUN }, 0,
			       "warning: ignoring --context; "
			       "it requires an SELinux-enabled kernel");
}

/* --beneath: no symlink is followed, on either side. */
static void stay_beneath(struct options *o)
{
	o->refused = o->follow;
	o->follow = FOLLOW_NEVER;
	o->follow_within = o->keep_dir_symlink = o->through_dangling = false;
}

/* --dry-run: there is nothing to flush, and there are no sums to list. */
static void make_nothing(struct options *o)
{
	o->fsync = false;
	o->checksum_file = NULL;
}

static void resolve(struct options *o, const struct raw_options *raw)
{
	check(o, raw);
	if (o->quiet && !raw->progress)
		o->progress = PROGRESS_NEVER;
	if (o->json_fd >= 0)
		json_begin(o->json_fd, o->json_files);
	if (raw->no_clobber)
		o->update = UPDATE_NONE;
	o->backup = raw->backup ? xget_version(translate("backup type"), raw->control) : no_backups;
	set_simple_backup_suffix(raw->suffix);
	/* Not where it is for want of -R. */
	o->follow_within = o->follow == FOLLOW_ALWAYS;
	if (o->follow == FOLLOW_DEFAULT)
		o->follow = o->recursive && !o->hard_link ? FOLLOW_NEVER : FOLLOW_ALWAYS;
	/* Without -R whatever is named is read. */
	if (!o->recursive)
		o->contents = true;
	/* The journal has them as well, to compare contents by. */
	if ((o->checksum_file || (o->journal && o->verify)) && !o->hash)
		o->hash = checksums_default();
	o->through_dangling = getenv("POSIXLY_CORRECT");
	if (o->beneath)
		stay_beneath(o);
	/* A part of a file would be newer than its source. */
	if (o->journal && o->update == UPDATE_OLDER)
		o->atomic = true;
	if (o->dry_run)
		make_nothing(o);
	choose_end(o);
}

void cmdline_parse(struct options *o, int argc, char **argv)
{
	static char **given;
	struct raw_options raw = { 0 };

	*o = (struct options){
		.json_fd = -1, .json_interval = CLOCK_SECOND, .max_size = UINT64_MAX,
		.newer = OPTIONS_LONG_AGO, .older = OPTIONS_NEVER, .stop_at = OPTIONS_NEVER,
		.max_delete = 10, .max_delete_percent = true,
	};
	/* getopt_long(3) changes the order. */
	free(given);
	given = xmemdup(argv, argc * sizeof *argv);
	o->args = given;
	o->nargs = argc;
	table_init(argc, argv);
	argmatch_die = mistake_usage;
	for (int c; (c = table_next()) != -1;) {
		words_add_option(c, optarg);
		apply(o, &raw, c);
	}
	resolve(o, &raw);
	o->operands = argv + optind;
	o->noperands = argc - optind;
	if (o->check_journal && o->noperands)
		refuse("--check-journal takes no operands: the journal has them");
	if (o->journal)
		o->words = words_end(o->operands, o->noperands);
}
