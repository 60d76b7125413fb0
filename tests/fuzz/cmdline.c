/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: an input is the words of one, with a NUL after each.  It is refused, or
 * what comes out is within the ranges that the manual gives.
 *
 * Where pcp would exit this target goes on with the next input.
 */
#include <config.h>

#include <fcntl.h>
#include <getopt.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/options.h"
#include "cmdline/cmdline.h"
#include "fuzz.h"
#include "progname.h"
#include "report/json.h"
#include "report/output.h"

enum { WORDS = 40, SIZE = 1024 };

/* As in main.c */
const char version_etc_copyright[] = "Copyright %s 2026 the authors of pcp";

const char *const fuzz_words[] = {
	"-a", "-b", "-d", "-f", "-H", "-i", "-l", "-L", "-n", "-p", "-P", "-q", "-r", "-R", "-s",
	"-T", "-u", "-v", "-x", "-Z", "-0", "-j", "-S", "-t", "-j4", "-Rp", "-Sx", "-tdst",
	"--archive", "--atomic", "--attributes-only", "--backup", "--backup=", "--beneath",
	"--checksum-file=sums", "--chunk=", "--chunk=1M", "--chunk=0x10", "--copy-contents",
	"--debug", "--failed-to=failed", "--files-from=list", "--files-from=-",
	"--fsync", "--jobs=", "--jobs=4096", "--json",
	"--json=1", "--json=99", "--json-files", "--json-interval=", "--json-interval=0.1",
	"--json-interval=nan", "--json-interval=1e5", "--log=log", "--metrics=m", "--report=r",
	"--journal=j", "--journal-restart", "--check-journal=j", "--max-errors=",
	"--max-errors=18446744073709551615", "--bwlimit=1.5G", "--bwlimit=.", "--ops-limit=off",
	"--ops-limit=1K", "--max-time=2h30m", "--max-time=m", "--stop-at=now", "--nice",
	"--no-preserve=", "--null", "--parents",
	"--preserve", "--preserve=", "--preserve=mode,links,xattr", "--progress", "--progress=",
	"--quiet", "--reflink", "--reflink=", "--sparse=", "--stats", "--suffix=",
	"--target-directory=", "--update", "--update=", "--verify", "--verify=", "--window=",
	"--window=65536", "--context=x", "--help", "--version", "--", "-", "--no", "--st",
	"--delete", "--delete-excluded", "--dry-run", "--dry-run=", "--max-delete=",
	"--max-delete=10%",
	"--mirror",
	"--anchored", "--exclude=", "--exclude=*.o", "--exclude-caches", "--exclude-tag=",
	"--ignore-case", "--include=", "--max-size=", "--min-size=0", "--newer=", "--newer=./a",
	"--older=@0", "--older=2 days ago", "--no-wildcards", "-Xa", "--retry=",
	"--retry=100",
	"auto", "always", "never", "none", "none-fail", "older", "changed", "checksum",
	"all", "mode", "timestamps",
	"ownership", "links", "context", ",", ",,", "=", "xxh128", "sha256", "numbered", "1", "0",
	"-1", "+1", " 1", "1k", "1KB", "1KiB", "99999999999999999999", "16E", "1e3", "0.1", "inf",
	"a", "b", "", NULL
};

static jmp_buf left;
static bool parsing;

void __real_exit(int status) __attribute__((__noreturn__));
void __wrap_exit(int status) __attribute__((__noreturn__));

void __wrap_exit(int status)
{
	if (!parsing)
		__real_exit(status);
	FUZZ_CHECK(status == EXIT_SUCCESS || status == EXIT_FAILURE);
	longjmp(left, 1);
}

/* A run that ends in the midst of the options frees nothing. */
__attribute__((__visibility__("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static int split(char *words, size_t size, char *argv[static WORDS + 1])
{
	static char name[] = "pcp";
	int argc = 0;

	argv[argc++] = name;
	for (size_t at = 0; at < size && argc < WORDS; at += strlen(words + at) + 1)
		argv[argc++] = words + at;
	argv[argc] = NULL;
	return argc;
}

static void check(const struct options *o, char **argv, int argc)
{
	FUZZ_CHECK(o->jobs <= 4096 && o->window <= 65536);
	FUZZ_CHECK(o->json_interval >= CLOCK_SECOND / 10 &&
		   o->json_interval <= 86400 * CLOCK_SECOND);
	FUZZ_CHECK(!(o->attrs & ~COPYFILE_ATTRS) && !(o->need_attrs & ~COPYFILE_ATTRS));
	FUZZ_CHECK(!o->hash || copyfile_hash_name(o->hash));
	FUZZ_CHECK(!(o->hard_link && o->symlink));
	FUZZ_CHECK(o->follow != FOLLOW_DEFAULT);
	FUZZ_CHECK(!o->beneath || o->follow == FOLLOW_NEVER);
	FUZZ_CHECK(o->json_fd >= -1 && o->json_fd != STDERR_FILENO);
	FUZZ_CHECK(o->noperands >= 0 && o->noperands < argc);
	FUZZ_CHECK(o->operands + o->noperands == argv + argc);
}

static void parse(char **argv, int argc)
{
	struct options options;

	parsing = true;
	if (setjmp(left) == 0) {
		cmdline_parse(&options, argc, argv);
		parsing = false;
		check(&options, argv, argc);
	}
	parsing = false;
	json_end();
}

/* What is said goes nowhere; the signals that output_exit() blocks are let in again. */
static void parse_quietly(char **argv, int argc)
{
	static int null = -1;
	int saved[] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) };
	sigset_t none;

	if (null < 0)
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	fflush(stdout);
	FUZZ_CHECK(dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0);
	parse(argv, argc);
	fflush(stdout);
	FUZZ_CHECK(dup2(saved[0], STDOUT_FILENO) >= 0 && dup2(saved[1], STDERR_FILENO) >= 0);
	close(saved[0]);
	close(saved[1]);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	static char words[SIZE + 1];
	char *argv[WORDS + 1];

	if (!ready) {
		set_program_name("pcp");
		output_init();
		ready = true;
	}
	size = size < SIZE ? size : SIZE;
	if (size)
		memcpy(words, data, size);
	words[size] = '\0';
	/* What getopt(3) knows of the last one */
	optind = 0;
	opterr = 1;
	parse_quietly(argv, split(words, size, argv));
	return 0;
}
