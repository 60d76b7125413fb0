/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output - the begin and the end of all that pcp writes: messages, the log, the file of
 * --failed-to, that of --checksum-file, the stream of JSON.  Main thread only.
 */
#ifndef PCP_OUTPUT_H
#define PCP_OUTPUT_H

struct options;

/* Before anything else is reported.  The time of the run counts from here. */
void output_init(void);

/* Returns how many seconds have gone by since output_init(). */
double output_elapsed(void);

/*
 * Returns what became of the run so far, in one word: ok, partial, failed or interrupted.
 * *ret_exit_code is the exit status, or 128 and the number of the signal that ended it.
 */
const char *output_status(int *ret_exit_code);

/* Open what o, which stays as it is, asks for.  Exits if a file cannot be opened. */
void output_begin(const struct options *o);

/* Returns the file of --files-from, which from then on is the caller's. */
int output_take_list(void);

/*
 * The file path, which an option names, could not be opened, for errno, or 0 if it is no regular
 * file: say that, and exit.
 */
_Noreturn void output_cannot_open(const char *path);

/*
 * Call this when no other thread writes any more.  last_words() tells people what the run
 * came to; then what was opened is closed.  last_files(), when hardly anything can fail any
 * more, writes the files that are not this module's.  JSON's summary comes last.
 */
void output_end(void (*last_words)(const struct options *o),
		void (*last_files)(const struct options *o));

/* The run ends before it has begun, after an error that has been reported: exit. */
_Noreturn void output_exit(void);

/*
 * As output_exit(), after a mistake in the command line that people have been told of, maybe
 * by getopt(3): also say where to find help.
 */
_Noreturn void output_usage_error(void);

#endif
