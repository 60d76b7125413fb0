/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: plain text, in the layout that users of cp know, 79 columns wide at most.  Each option
 * is a text of its own, so that translators see small ones.
 */
#include <config.h>

#include "cmdline/help.h"

#include <stddef.h>
#include <stdio.h>

#include "base/language.h"
#include "progname.h"

static const char *const options_of_cp[] = {
N_("  -a, --archive                same as -dR --preserve=all, but losing extended\n"
"                                 attributes is no error\n"),
N_("      --attributes-only        leave the data alone, copy only the attributes\n"),
N_("      --backup[=CONTROL]       keep a backup of each file that is overwritten\n"),
N_("  -b                           like --backup, but takes no argument\n"),
N_("      --copy-contents          with -R, read special files like regular ones\n"),
N_("  -d                           same as --no-dereference --preserve=links\n"),
N_("      --debug                  tell how each file is copied; implies -v\n"),
N_("  -f, --force                  remove a destination that cannot be opened, and\n"
"                                 try once more (ignored with -n)\n"),
N_("  -i, --interactive            ask before overwriting (overrides an earlier -n)\n"),
N_("  -H                           follow symbolic links that are SOURCEs\n"),
N_("      --keep-directory-symlink  take a symbolic link to a directory, in the\n"
"                                 destination, for that directory\n"),
N_("  -l, --link                   make hard links instead of copies\n"),
N_("  -L, --dereference            follow all symbolic links in SOURCE\n"),
N_("  -n, --no-clobber             leave existing files alone, silently (overrides\n"
"                                 -u and an earlier -i)\n"),
N_("  -P, --no-dereference         copy symbolic links as symbolic links\n"),
N_("  -p                           same as --preserve=mode,ownership,timestamps\n"),
N_("      --preserve[=ATTR_LIST]   keep these attributes (default:\n"
"                                 mode,ownership,timestamps); there are also\n"
"                                 context, links, xattr, and all\n"),
N_("      --no-preserve=ATTR_LIST  do not keep these attributes\n"),
N_("      --parents                make the SOURCE's whole path under DIRECTORY\n"),
N_("  -R, -r, --recursive          copy directories with all they contain\n"),
N_("      --reflink[=WHEN]         share the data of SOURCE if possible; see below\n"),
N_("      --remove-destination     remove each existing destination first\n"
"                                 (compare --force)\n"),
N_("      --sparse=WHEN            make holes in files; see below\n"),
N_("      --strip-trailing-slashes  remove slashes at the end of each SOURCE\n"),
N_("  -s, --symbolic-link          make symbolic links instead of copies\n"),
N_("  -S, --suffix=SUFFIX          the suffix of simple backups\n"),
N_("  -t, --target-directory=DIRECTORY  copy all SOURCEs into DIRECTORY\n"),
N_("  -T, --no-target-directory    DEST is no directory to copy into\n"),
N_("  -u, --update[=UPDATE]        what to do with existing files: all (overwrite),\n"
"                                 none, none-fail, older (the default of -u:\n"
"                                 overwrite what is older than SOURCE), changed\n"
"                                 or checksum (make them what SOURCE is)\n"),
N_("  -v, --verbose                say what is being done\n"),
N_("  -x, --one-file-system        stay on the file system of each SOURCE\n"),
N_("  -Z, --context[=CTX]          accepted for cp's sake, and ignored: contexts\n"
"                                 are copied with -a, but not set\n"),
};

static const char *const options_of_pcp[] = {
N_("      --adaptive               do less while calls of the file systems take\n"
"                                 twice what they usually do\n"),
N_("      --anchored               patterns that follow match names from their\n"
"                                 beginnings\n"),
N_("      --atomic                 give each copy its name only when it is complete\n"),
N_("      --beneath                follow no symbolic link in SOURCE or in the\n"
"                                 destination: one that would be followed is an\n"
"                                 error\n"),
N_("      --bwlimit=RATE           move at most RATE bytes a second, as 10M; all\n"
"                                 threads together\n"),
N_("      --check-journal=DIR      look whether all that a journal tells is there;\n"
"                                 with --verify, with its contents\n"),
N_("      --checksum-file=FILE     write the checksum of each copy to FILE, for\n"
"                                 xxhsum -c or sha256sum -c\n"),
N_("      --chunk=SIZE             copy at most SIZE bytes between two looks at\n"
"                                 whether to go on, and by one thread (default:\n"
"                                 what takes 80 ms)\n"),
N_("      --control=FILE           read limits from FILE, and again whenever it\n"
"                                 changes: lines bwlimit=, ops-limit=, jobs= and\n"
"                                 pause=yes or no\n"),
N_("      --delete                 remove from DEST what SOURCE has not, at the end\n"),
N_("      --delete-excluded        the same, also where an --exclude matches\n"),
N_("      --dry-run[=explain]      do nothing, but say what would be done; and why\n"),
N_("      --exclude=PATTERN        leave out what has a name that matches PATTERN,\n"
"                                 and all that is below it\n"),
N_("      --exclude-caches         leave out what is in a directory with a\n"
"                                 CACHEDIR.TAG, but for that\n"),
N_("  -X, --exclude-from=FILE      as --exclude, for each line of FILE\n"),
N_("      --exclude-tag=FILE       leave out what is in a directory that has a\n"
"                                 FILE, but for that\n"),
N_("      --failed-to=FILE         write the names of what failed or was not tried\n"
"                                 to FILE, for --files-from\n"),
N_("      --files-from=FILE        copy of the SOURCEs only what has a name in FILE\n"
"                                 (- is standard input); a directory alone,\n"
"                                 unless a slash is at the end of its name\n"),
N_("      --fsync                  report only what a power failure cannot undo\n"),
N_("      --ignore-case            patterns that follow match capital and small\n"
"                                 letters alike\n"),
N_("      --include=PATTERN        copy what matches PATTERN, although an --exclude\n"
"                                 before this option matches, too\n"),
N_("  -j, --jobs=N                 copy with at most N threads (default: as many\n"
"                                 as help on the file systems at hand)\n"),
N_("      --journal=DIR            keep a record of what is done in DIR, and go on\n"
"                                 after what it tells of an earlier run\n"),
N_("      --journal-restart        with --journal, begin anew; the last record is\n"
"                                 kept\n"),
N_("      --json[=FD]              tell programs what happens, in lines of JSON, on\n"
"                                 standard output or the descriptor FD\n"),
N_("      --json-files             with --json, have a line for each file, too\n"),
N_("      --json-interval=SECONDS  with --json, tell progress that often (default:\n"
"                                 1)\n"),
N_("      --log=FILE               append a line for every file, error and warning\n"
"                                 to FILE\n"),
N_("      --max-delete=N|P%        with --delete, remove nothing if that would be\n"
"                                 more than N entries, or P percent of them\n"
"                                 (default: 10%)\n"),
N_("      --max-errors=N           begin nothing new after N errors\n"),
N_("      --max-size=SIZE          leave out regular files of more than SIZE bytes\n"),
N_("      --max-time=TIME          end after TIME, as 90m or 2h30m; what is\n"
"                                 pending is undone and the exit status is 4\n"),
N_("      --metrics=FILE           every 15 seconds replace FILE by the numbers of\n"
"                                 the run, in the text format of Prometheus\n"),
N_("      --min-size=SIZE          leave out regular files of less than SIZE bytes\n"),
N_("      --mirror                 same as -af --update=changed --delete\n"),
N_("      --newer=DATE             leave out what was last modified before DATE,\n"
"                                 but no directory; /FILE or ./FILE is when that\n"
"                                 was modified\n"),
N_("      --nice                   run at the lowest priority, for processor and\n"
"                                 disk\n"),
N_("      --no-anchored            patterns that follow match after any slash, too\n"
"                                 (the default)\n"),
N_("      --no-ignore-case         the letters of patterns that follow are what\n"
"                                 they are (the default)\n"),
N_("      --no-wildcards           patterns that follow stand for themselves\n"),
N_("      --no-wildcards-match-slash  wildcards in patterns that follow match no\n"
"                                 slash\n"),
N_("  -0, --null                   end each name in the FILEs of --failed-to and\n"
"                                 --files-from with a NUL, not with a newline\n"),
N_("      --older=DATE             leave out what was last modified at DATE or\n"
"                                 later, but no directory\n"),
N_("      --ops-limit=RATE         make at most RATE system calls a second that\n"
"                                 need a file system; all threads together\n"),
N_("      --progress[=WHEN]        show progress: auto (on a terminal), always,\n"
"                                 never, or line (in one line)\n"),
N_("  -q, --quiet                  show neither warnings nor progress, only errors\n"),
N_("      --report=FILE            replace FILE at the end by a page of HTML about\n"
"                                 the run\n"),
N_("      --retry=N                at the end try what failed for a passing reason\n"
"                                 again, up to N times (default: 0)\n"),
N_("      --stats                  tell at the end of threads, and the engine's\n"
"                                 decisions\n"),
N_("      --stop-at=DATE           end at DATE, as 06:00\n"),
N_("      --strict                 fail also for a SOURCE that changes while it is\n"
"                                 copied, and for each attribute that is lost\n"),
N_("      --verify[=HASH]          read each copy back from its device, and\n"
"                                 compare; HASH is xxh128 (the default) or\n"
"                                 sha256\n"),
N_("      --wildcards              patterns that follow may have wildcards (the\n"
"                                 default)\n"),
N_("      --wildcards-match-slash  wildcards in patterns that follow match slashes\n"
"                                 (the default)\n"),
N_("      --window=N               have at most N copies pending\n"),
N_("      --help        display this help and exit\n"),
N_("      --version     output version information and exit\n"),
};

static const char *const notes[] = {
N_("\n"
"With -j1 --window=1 files are copied one after the other, in order.\n"
"Every file that fails is reported; then the exit status is 1.  It is 3 if for\n"
"want of space, or with --max-errors, not everything was tried, and 4 if time\n"
"was up.\n"),
N_("\n"
"Holes in SOURCE are holes in DEST, too: --sparse=auto, the default.  With\n"
"--sparse=always each long run of zero bytes becomes one, with --sparse=never\n"
"none.\n"),
N_("\n"
"Where file systems can share data between files, DEST shares that of SOURCE\n"
"until either is written to: --reflink=auto, the default.  --reflink[=always]\n"
"fails where they cannot, and --reflink=never makes a copy with data of its own.\n"),
N_("\n"
"The suffix of backups is '~', unless --suffix or SIMPLE_BACKUP_SUFFIX says so.\n"
"CONTROL, or else VERSION_CONTROL in the environment, is one of\n"),
N_("\n"
"  none, off       no backups, whatever else is said\n"
"  numbered, t     numbered backups\n"
"  existing, nil   numbered where there are some already, else simple ones\n"
"  simple, never   simple backups\n"),
N_("\n"
"With --force and --backup, a SOURCE that is DEST itself is backed up.\n"),
};

#define PUT_ALL(texts) put_all(texts, sizeof texts / sizeof *texts)

static void put_all(const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fputs(translate(texts[i]), stdout);
}

void help_print(void)
{
	/* Room for all of it: an error is then seen, with its reason, when it is closed. */
	static char buf[32 * 1024];

	setvbuf(stdout, buf, _IOFBF, sizeof buf);
	printf(translate("Usage: %s [OPTION]... [-T] SOURCE DEST\n"
			 "  or:  %s [OPTION]... SOURCE... DIRECTORY\n"
			 "  or:  %s [OPTION]... -t DIRECTORY SOURCE...\n"),
	       program_name, program_name, program_name);
	fputs(translate("Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY, many files at a "
			"time.\n"), stdout);
	fputs(translate("\nMandatory arguments to long options are mandatory for short options "
			"too.\n"), stdout);
	PUT_ALL(options_of_cp);
	PUT_ALL(options_of_pcp);
	PUT_ALL(notes);
	printf(translate("\nReport bugs to <%s>.\nHome page: <%s>\n"), PACKAGE_BUGREPORT,
	       PACKAGE_URL);
}
