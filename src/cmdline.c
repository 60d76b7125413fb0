/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: getopt_long() and argmatch word their complaints as cp's users know them.  Each
 * option is applied as it comes, so that the last one wins.  What several options mean
 * together, and which contradict each other, is decided when all have been read.
 */
#include <config.h>

#include "cmdline.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "argmatch.h"
#include "base/clock.h"
#include "base/options.h"
#include "c-strtod.h"
#include "help.h"
#include "progname.h"
#include "report/checksums.h"
#include "report/json.h"
#include "report/output.h"
#include "report/quote.h"
#include "report/report.h"
#include "version-etc.h"
#include "xalloc.h"
#include "xstrtod.h"
#include "xstrtol.h"

enum {
	OPT_ATOMIC = CHAR_MAX + 1,
	OPT_ATTRIBUTES_ONLY,
	OPT_BENEATH,
	OPT_CHECKSUM_FILE,
	OPT_CHUNK,
	OPT_COPY_CONTENTS,
	OPT_FAILED_TO,
	OPT_FSYNC,
	OPT_JSON,
	OPT_JSON_FILES,
	OPT_JSON_INTERVAL,
	OPT_LOG,
	OPT_MAX_ERRORS,
	OPT_PROGRESS,
	OPT_DEBUG,
	OPT_KEEP_DIR_SYMLINK,
	OPT_NO_PRESERVE,
	OPT_PARENTS,
	OPT_PRESERVE,
	OPT_REFLINK,
	OPT_REMOVE_DESTINATION,
	OPT_SPARSE,
	OPT_STATS,
	OPT_STRIP_SLASHES,
	OPT_VERIFY,
	OPT_WINDOW,
	OPT_HELP,
	OPT_VERSION
};

static const char short_options[] = "0abdfHij:lLnpqrst:uvxPRS:TZ";

/* Options that cp does not have */
static const struct option own_options[] = {
	{ "atomic", no_argument, NULL, OPT_ATOMIC },
	{ "beneath", no_argument, NULL, OPT_BENEATH },
	{ "checksum-file", required_argument, NULL, OPT_CHECKSUM_FILE },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "failed-to", required_argument, NULL, OPT_FAILED_TO },
	{ "fsync", no_argument, NULL, OPT_FSYNC },
	{ "jobs", required_argument, NULL, 'j' },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "json-files", no_argument, NULL, OPT_JSON_FILES },
	{ "json-interval", required_argument, NULL, OPT_JSON_INTERVAL },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "max-errors", required_argument, NULL, OPT_MAX_ERRORS },
	{ "null", no_argument, NULL, '0' },
	{ "progress", optional_argument, NULL, OPT_PROGRESS },
	{ "quiet", no_argument, NULL, 'q' },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "verify", optional_argument, NULL, OPT_VERIFY },
	{ "window", required_argument, NULL, OPT_WINDOW },
};

/* cp's options, in the order in which it lists them where an abbreviation is ambiguous */
static const struct option cp_options[] = {
	{ "archive", no_argument, NULL, 'a' },
	{ "attributes-only", no_argument, NULL, OPT_ATTRIBUTES_ONLY },
	{ "backup", optional_argument, NULL, 'b' },
	{ "copy-contents", no_argument, NULL, OPT_COPY_CONTENTS },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "dereference", no_argument, NULL, 'L' },
	{ "force", no_argument, NULL, 'f' },
	{ "interactive", no_argument, NULL, 'i' },
	{ "keep-directory-symlink", no_argument, NULL, OPT_KEEP_DIR_SYMLINK },
	{ "link", no_argument, NULL, 'l' },
	{ "no-clobber", no_argument, NULL, 'n' },
	{ "no-dereference", no_argument, NULL, 'P' },
	{ "no-preserve", required_argument, NULL, OPT_NO_PRESERVE },
	{ "no-target-directory", no_argument, NULL, 'T' },
	{ "one-file-system", no_argument, NULL, 'x' },
	{ "parents", no_argument, NULL, OPT_PARENTS },
	{ "path", no_argument, NULL, OPT_PARENTS },	/* its name of old */
	{ "preserve", optional_argument, NULL, OPT_PRESERVE },
	{ "recursive", no_argument, NULL, 'R' },
	{ "remove-destination", no_argument, NULL, OPT_REMOVE_DESTINATION },
	{ "sparse", required_argument, NULL, OPT_SPARSE },
	{ "reflink", optional_argument, NULL, OPT_REFLINK },
	{ "strip-trailing-slashes", no_argument, NULL, OPT_STRIP_SLASHES },
	{ "suffix", required_argument, NULL, 'S' },
	{ "symbolic-link", no_argument, NULL, 's' },
	{ "target-directory", required_argument, NULL, 't' },
	{ "update", optional_argument, NULL, 'u' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "context", optional_argument, NULL, 'Z' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

#define OWN_OPTIONS (sizeof own_options / sizeof *own_options)

/* Both, one after the other */
static struct option all_options[OWN_OPTIONS + sizeof cp_options / sizeof *cp_options];

/* What options say that can only be understood when all have been read */
struct raw_options {
	bool backup, no_clobber;	/* one of the options for that was given */
	const char *control, *suffix;	/* of backups; NULL: not given */
	const char *set_context;	/* CTX of --context=CTX; NULL: not given */
	bool progress;			/* --progress was given */
};

/* What is being parsed; getopt_long() changes its order. */
static char **all_args;
static int nall_args;

/*
 * Returns the table for the next option.  An abbreviation of one of cp's options is looked
 * up in cp's table alone, so it keeps its meaning whatever options pcp has besides.
 */
static const struct option *table_for_next(void)
{
	int i = optind;

	while (i < nall_args && (all_args[i][0] != '-' || !all_args[i][1]))
		i++;
	if (i == nall_args || strncmp(all_args[i], "--", 2) != 0)
		return all_options;
	const char *name = all_args[i] + 2;
	size_t len = strcspn(name, "=");
	for (size_t o = 0; o < OWN_OPTIONS; o++)
		if (!strncmp(own_options[o].name, name, len) && !own_options[o].name[len])
			return all_options;
	for (const struct option *o = cp_options; o->name; o++)
		if (!strncmp(o->name, name, len))
			return cp_options;
	return all_options;
}

static int next_option(void)
{
	return getopt_long(nall_args, all_args, short_options, table_for_next(), NULL);
}

/*
 * Returns the number in arg if that is an open descriptor that can be written to, and not
 * standard error; else -1.
 */
static int parse_fd(const char *arg)
{
	unsigned long fd;

	if (xstrtoul(arg, NULL, 10, &fd, "") != LONGINT_OK || fd > INT_MAX || fd == STDERR_FILENO)
		return -1;
	int flags = fcntl((int)fd, F_GETFL);
	return flags < 0 || (flags & O_ACCMODE) == O_RDONLY ? -1 : (int)fd;
}

/* After a mistake, begin the stream of a later --json: its reader has to learn of that. */
static void begin_later_json(void)
{
	opterr = 0;
	for (int c; !json_is_on() && (c = next_option()) != -1;) {
		int fd = c != OPT_JSON ? -1 : optarg ? parse_fd(optarg) : STDOUT_FILENO;

		if (fd >= 0)
			json_begin(fd, false);
	}
}

static _Noreturn void give_up(void)
{
	begin_later_json();
	output_exit();
}

static _Noreturn void usage_error(void)
{
	begin_later_json();
	output_usage_error();
}

/* ----------------------------------------------------------- arguments */

static unsigned long parse_count(const char *what, const char *arg, unsigned long max)
{
	unsigned long n;

	if (xstrtoul(arg, NULL, 10, &n, "") != LONGINT_OK || n < 1 || n > max) {
		report_error(0, "invalid number of %s: %s", what, quote_always(0, arg));
		usage_error();
	}
	return n;
}

/* With a suffix as in the other programs of GNU: K is 1024, KB 1000, and so on. */
static uint64_t parse_size(const char *what, const char *arg)
{
	uintmax_t n;

	if (xstrtoumax(arg, NULL, 10, &n, "bkKMGTPE0") != LONGINT_OK || n < 1 || *arg == '-') {
		report_error(0, "invalid %s: %s", what, quote_always(0, arg));
		usage_error();
	}
	return n;
}

static enum options_when parse_when(const char *option, const char *arg)
{
	static const char *const names[] = { "auto", "always", "never", NULL };
	static const enum options_when values[] = { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

	ARGMATCH_VERIFY(names, values);
	return XARGMATCH(option, arg, names, values);
}

static enum options_progress parse_progress(const char *arg)
{
	static const char *const names[] = { "auto", "always", "never", "line", NULL };
	static const enum options_progress values[] = {
		PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER, PROGRESS_LINE
	};

	ARGMATCH_VERIFY(names, values);
	return arg ? XARGMATCH("--progress", arg, names, values) : PROGRESS_ALWAYS;
}

/* In nanoseconds */
static int64_t parse_interval(const char *arg)
{
	double seconds;

	if (!xstrtod(arg, NULL, &seconds, c_strtod) || !(seconds >= 0.1 && seconds <= 86400)) {
		report_error(0, "invalid interval: %s", quote_always(0, arg));
		usage_error();
	}
	return (int64_t)(seconds * CLOCK_SECOND);
}

static void parse_json(struct options *o, const char *arg)
{
	o->json_fd = arg ? parse_fd(arg) : STDOUT_FILENO;
	if (o->json_fd < 0) {
		report_error(0, "invalid file descriptor for --json: %s", quote_always(0, arg));
		usage_error();
	}
	json_begin(o->json_fd, false);
	if (!json_is_on()) {
		report_error(0, "this pcp was built without --json");
		usage_error();
	}
}

static enum options_update parse_update(const char *arg)
{
	static const char *const names[] = { "all", "none", "none-fail", "older", NULL };
	static const enum options_update values[] = {
		UPDATE_ALL, UPDATE_NONE, UPDATE_NONE_FAIL, UPDATE_OLDER
	};

	ARGMATCH_VERIFY(names, values);
	return arg ? XARGMATCH("--update", arg, names, values) : UPDATE_OLDER;
}

static void parse_verify(struct options *o, const char *arg)
{
	static const char *const names[] = { "sha256", "xxh128", NULL };
	static const uint32_t values[] = { COPYFILE_HASH_SHA256, COPYFILE_HASH_XXH128 };

	ARGMATCH_VERIFY(names, values);
	o->verify = true;
	o->hash = arg ? XARGMATCH("--verify", arg, names, values) : COPYFILE_HASH_DEFAULT;
	if (!copyfile_hash_name(o->hash)) {
		report_error(0, "this pcp was built without %s", arg);
		usage_error();
	}
}

/* Hard links, which are no attribute for the library */
#define LINKS (1ULL << 63)
#define ALL (COPYFILE_ATTRS | LINKS)
#define MODE (COPYFILE_MODE | COPYFILE_ACL)

/* -p */
#define BASIC (MODE | COPYFILE_OWNER | COPYFILE_TIMES)

static void preserve(struct options *o, uint64_t what, bool on)
{
	o->attrs = (on ? o->attrs | what : o->attrs & ~what) & COPYFILE_ATTRS;
	if (what & LINKS)
		o->keep_links = on;
	if (what & MODE)
		o->default_mode = !on;
}

/* The list after --preserve= or --no-preserve= */
static void preserve_list(struct options *o, const char *option, const char *arg, bool on)
{
	static const char *const names[] = {
		"mode", "timestamps", "ownership", "links", "context", "xattr", "all", NULL
	};
	static const uint64_t values[] = {
		MODE, COPYFILE_TIMES, COPYFILE_OWNER, LINKS, COPYFILE_CONTEXT, COPYFILE_XATTR, ALL
	};
	char *list = xstrdup(arg), *rest = list, *word;

	ARGMATCH_VERIFY(names, values);
	while ((word = strsep(&rest, ","))) {
		uint64_t what = XARGMATCH(option, word, names, values);

		preserve(o, what, on);
		/* What is named is needed; of "all", whatever there is will do. */
		if (what == COPYFILE_XATTR || what == COPYFILE_CONTEXT)
			o->need_attrs = on ? o->need_attrs | what : o->need_attrs & ~what;
	}
	free(list);
}

static void set_target_dir(struct options *o, const char *dir)
{
	if (o->target_dir) {
		report_error(0, "multiple target directories specified");
		give_up();
	}
	o->target_dir = dir;
}

/* ------------------------------------------------------------- options */

static void archive(struct options *o)
{
	o->follow = FOLLOW_NEVER;
	o->recursive = true;
	o->quiet_attrs = true;
	preserve(o, ALL, true);
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
	case OPT_DEBUG: return o->debug = o->verbose = true;
	case OPT_FSYNC: return o->fsync = true;
	case OPT_JSON_FILES: return o->json_files = true;
	case OPT_KEEP_DIR_SYMLINK: return o->keep_dir_symlink = true;
	case OPT_PARENTS: return o->parents = true;
	case OPT_REMOVE_DESTINATION: return o->remove_first = true;
	case OPT_STATS: return o->stats = true;
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
		preserve(o, BASIC, true);
		break;
	case 't':
		set_target_dir(o, optarg);
		break;
	case 'u':
		o->update = parse_update(optarg);
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
			preserve(o, BASIC, true);
		break;
	case OPT_REFLINK:
		o->reflink = optarg ? parse_when("--reflink", optarg) : WHEN_ALWAYS;
		break;
	case OPT_SPARSE:
		o->sparse = parse_when("--sparse", optarg);
		break;
	default:
		return false;
	}
	return true;
}

static void apply(struct options *o, struct raw_options *raw, int c)
{
	if (apply_switch(o, c) || apply_follow(o, c) || apply_cp(o, raw, c))
		return;
	switch (c) {
	case OPT_JSON:
		parse_json(o, optarg);
		break;
	case OPT_JSON_INTERVAL:
		o->json_interval = parse_interval(optarg);
		break;
	case OPT_PROGRESS:
		o->progress = parse_progress(optarg);
		raw->progress = true;
		break;
	case 'j':
		o->jobs = parse_count("jobs", optarg, 4096);
		break;
	case OPT_CHUNK:
		o->chunk = parse_size("chunk size", optarg);
		break;
	case OPT_CHECKSUM_FILE:
		o->checksum_file = optarg;
		break;
	case OPT_FAILED_TO:
		o->failed_to = optarg;
		break;
	case OPT_LOG:
		o->log = optarg;
		break;
	case OPT_MAX_ERRORS:
		o->max_errors = parse_count("errors", optarg, ULONG_MAX);
		break;
	case OPT_VERIFY:
		parse_verify(o, optarg);
		break;
	case OPT_WINDOW:
		o->window = parse_count("pending copies", optarg, 65536);
		break;
	case OPT_HELP:
	case OPT_VERSION:
		print_and_exit(c);
		break;
	default:
		usage_error();
	}
}

/* ---------------------------------------------------- all of them together */

static void refuse(const char *message)
{
	report_error(0, "%s", message);
	usage_error();
}

static void check(const struct options *o, const struct raw_options *raw)
{
	if (o->hard_link && o->symlink)
		refuse("cannot make both hard and symbolic links");
	if (raw->backup && (raw->no_clobber || o->update == UPDATE_NONE ||
			     o->update == UPDATE_NONE_FAIL))
		refuse("--backup is mutually exclusive with -n or --update=none-fail");
	if (o->reflink == WHEN_ALWAYS && o->sparse != WHEN_AUTO)
		refuse("--reflink can be used only with --sparse=auto");
	if (o->need_attrs & COPYFILE_CONTEXT) {
		report_error(0, "cannot preserve security context "
				"without an SELinux-enabled kernel");
		output_exit();
	}
	if (raw->set_context)
		report_warning(&(struct report_about){ .op = OP_RUN },
			       "warning: ignoring --context; "
			       "it requires an SELinux-enabled kernel");
}

/* --beneath: no symlink is followed, on either side. */
static void stay_beneath(struct options *o)
{
	o->refused = o->follow;
	o->follow = FOLLOW_NEVER;
	o->keep_dir_symlink = o->through_dangling = false;
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
	o->backup = raw->backup ? xget_version("backup type", raw->control) : no_backups;
	set_simple_backup_suffix(raw->suffix);
	if (o->follow == FOLLOW_DEFAULT)
		o->follow = o->recursive && !o->hard_link ? FOLLOW_NEVER : FOLLOW_ALWAYS;
	/* Without -R whatever is named is read. */
	if (!o->recursive)
		o->contents = true;
	if (o->checksum_file && !o->hash)
		o->hash = checksums_default();
	o->through_dangling = getenv("POSIXLY_CORRECT");
	if (o->beneath)
		stay_beneath(o);
}

void cmdline_parse(struct options *o, int argc, char **argv)
{
	struct raw_options raw = { 0 };

	*o = (struct options){ .json_fd = -1, .json_interval = CLOCK_SECOND };
	all_args = argv;
	nall_args = argc;
	memcpy(all_options, own_options, sizeof own_options);
	memcpy(all_options + OWN_OPTIONS, cp_options, sizeof cp_options);
	argmatch_die = usage_error;
	for (int c; (c = next_option()) != -1;)
		apply(o, &raw, c);
	resolve(o, &raw);
	o->operands = argv + optind;
	o->noperands = argc - optind;
}
