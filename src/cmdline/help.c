/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: plain text, in the layout that users of cp know. */
#include <config.h>

#include "cmdline/help.h"

#include <stdio.h>

#include "progname.h"

static const char options_of_cp[] =
"  -a, --archive                same as -dR --preserve=all, but losing extended\n"
"                                 attributes is no error\n"
"      --attributes-only        leave the data alone, copy only the attributes\n"
"      --backup[=CONTROL]       keep a backup of each file that is overwritten\n"
"  -b                           like --backup, but takes no argument\n"
"      --copy-contents          with -R, read special files like regular ones\n"
"  -d                           same as --no-dereference --preserve=links\n"
"      --debug                  tell how each file is copied; implies -v\n"
"  -f, --force                  remove a destination that cannot be opened, and\n"
"                                 try once more (ignored with -n)\n"
"  -i, --interactive            ask before overwriting (overrides an earlier -n)\n"
"  -H                           follow symbolic links that are SOURCEs\n"
"      --keep-directory-symlink  take a symbolic link to a directory, in the\n"
"                                 destination, for that directory\n"
"  -l, --link                   make hard links instead of copies\n"
"  -L, --dereference            follow all symbolic links in SOURCE\n"
"  -n, --no-clobber             leave existing files alone, silently (overrides\n"
"                                 -u and an earlier -i)\n"
"  -P, --no-dereference         copy symbolic links as symbolic links\n"
"  -p                           same as --preserve=mode,ownership,timestamps\n"
"      --preserve[=ATTR_LIST]   keep these attributes (default:\n"
"                                 mode,ownership,timestamps); there are also\n"
"                                 context, links, xattr, and all\n"
"      --no-preserve=ATTR_LIST  do not keep these attributes\n"
"      --parents                make the SOURCE's whole path under DIRECTORY\n"
"  -R, -r, --recursive          copy directories with all they contain\n"
"      --reflink[=WHEN]         share the data of SOURCE where possible; see below\n"
"      --remove-destination     remove each existing destination first\n"
"                                 (compare --force)\n"
"      --sparse=WHEN            make holes in files; see below\n"
"      --strip-trailing-slashes  remove slashes at the end of each SOURCE\n"
"  -s, --symbolic-link          make symbolic links instead of copies\n"
"  -S, --suffix=SUFFIX          the suffix of simple backups\n"
"  -t, --target-directory=DIRECTORY  copy all SOURCEs into DIRECTORY\n"
"  -T, --no-target-directory    DEST is no directory to copy into\n"
"  -u, --update[=UPDATE]        what to do with existing files: all (overwrite),\n"
"                                 none, none-fail, or older (the default of -u:\n"
"                                 overwrite what is older than SOURCE)\n"
"  -v, --verbose                say what is being done\n"
"  -x, --one-file-system        stay on the file system of each SOURCE\n"
"  -Z, --context[=CTX]          accepted for cp's sake, and ignored: contexts are\n"
"                                 copied with -a, but not set\n";

static const char options_of_pcp[] =
"      --anchored               patterns that follow match names from their beginnings\n"
"      --atomic                 give each copy its name only when it is complete\n"
"      --beneath                follow no symbolic link in SOURCE or in the destination:\n"
"                                 one that would be followed is an error\n"
"      --checksum-file=FILE     write the checksum of each copy to FILE, for xxhsum -c or\n"
"                                 sha256sum -c\n"
"      --chunk=SIZE             copy at most SIZE bytes between two looks at whether\n"
"                                 to go on, and by one thread (default: what\n"
"                                 takes 80 ms)\n"
"      --exclude=PATTERN        leave out what has a name that matches PATTERN, and\n"
"                                 all that is below it\n"
"      --exclude-caches         leave out what is in a directory with a CACHEDIR.TAG, but\n"
"                                 for that\n"
"  -X, --exclude-from=FILE      as --exclude, for each line of FILE\n"
"      --exclude-tag=FILE       leave out what is in a directory that has a FILE, but for\n"
"                                 that\n"
"      --failed-to=FILE         write the names of SOURCEs that failed to FILE\n"
"      --fsync                  report only what a power failure cannot undo\n"
"      --ignore-case            patterns that follow match capital and small letters alike\n"
"      --include=PATTERN        copy what matches PATTERN, although an --exclude before\n"
"                                 this option matches, too\n"
"  -j, --jobs=N                 copy with at most N threads (default: as many\n"
"                                 as help on the file systems at hand)\n"
"      --json[=FD]              tell programs what happens, in lines of JSON, on standard\n"
"                                 output or the descriptor FD\n"
"      --json-files             with --json, have a line for each file, too\n"
"      --json-interval=SECONDS  with --json, tell progress that often (default: 1)\n"
"      --log=FILE               append a line for every file, error and warning to FILE\n"
"      --max-errors=N           begin nothing new after N errors\n"
"      --max-size=SIZE          leave out regular files of more than SIZE bytes\n"
"      --min-size=SIZE          leave out regular files of less than SIZE bytes\n"
"      --newer=DATE             leave out what was last modified before DATE, but no\n"
"                                 directory; /FILE or ./FILE is when that was modified\n"
"      --no-anchored            patterns that follow match after any slash, too (the\n"
"                                 default)\n"
"      --no-ignore-case         the letters of patterns that follow are what they are (the\n"
"                                 default)\n"
"      --no-wildcards           patterns that follow stand for themselves\n"
"      --no-wildcards-match-slash  wildcards in patterns that follow match no slash\n"
"  -0, --null                   end each name in the FILE of --failed-to with a NUL,\n"
"                                 not with a newline\n"
"      --older=DATE             leave out what was last modified at DATE or later, but no\n"
"                                 directory\n"
"      --progress[=WHEN]        show progress: auto (on a terminal), always, never, or\n"
"                                 line (in one line)\n"
"  -q, --quiet                  show neither warnings nor progress, only errors\n"
"      --stats                  tell at the end how the work was shared out, and why\n"
"      --strict                 fail also for a SOURCE that changes while it is copied,\n"
"                                 and for each attribute that is lost\n"
"      --verify[=HASH]          read each copy back from its device, and compare; HASH is\n"
"                                 xxh128 (the default) or sha256\n"
"      --wildcards              patterns that follow may have wildcards (the default)\n"
"      --wildcards-match-slash  wildcards in patterns that follow match slashes (the\n"
"                                 default)\n"
"      --window=N               have at most N copies pending\n"
"      --help        display this help and exit\n"
"      --version     output version information and exit\n";

static const char notes[] =
"\n"
"With -j1 --window=1 files are copied one after the other, in order.\n"
"Every file that fails is reported; then the exit status is 1.  It is 3 if for want\n"
"of space, or with --max-errors, not everything was tried.\n"
"\n"
"Holes in SOURCE are holes in DEST, too: --sparse=auto, the default.  With\n"
"--sparse=always each long run of zero bytes becomes one, with --sparse=never none.\n"
"\n"
"Where file systems can share data between files, DEST shares that of SOURCE until\n"
"either is written to: --reflink=auto, the default.  --reflink[=always] fails where\n"
"they cannot, and --reflink=never makes a copy with data of its own.\n"
"\n"
"The suffix of backups is '~', unless --suffix or SIMPLE_BACKUP_SUFFIX says so.\n"
"CONTROL, or else VERSION_CONTROL in the environment, is one of\n"
"\n"
"  none, off       no backups, whatever else is said\n"
"  numbered, t     numbered backups\n"
"  existing, nil   numbered where there are some already, else simple ones\n"
"  simple, never   simple backups\n"
"\n"
"With --force and --backup, a SOURCE that is DEST itself is backed up.\n";

void help_print(void)
{
	/* Room for all of it: an error is then seen, with its reason, when it is closed. */
	static char buf[16 * 1024];

	setvbuf(stdout, buf, _IOFBF, sizeof buf);
	printf("Usage: %s [OPTION]... [-T] SOURCE DEST\n"
	       "  or:  %s [OPTION]... SOURCE... DIRECTORY\n"
	       "  or:  %s [OPTION]... -t DIRECTORY SOURCE...\n",
	       program_name, program_name, program_name);
	fputs("Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY, many files at a time.\n"
	      "\n"
	      "Mandatory arguments to long options are mandatory for short options too.\n",
	      stdout);
	fputs(options_of_cp, stdout);
	fputs(options_of_pcp, stdout);
	fputs(notes, stdout);
}
