/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile - root copies a tree that an ordinary user rearranges meanwhile.  Whatever that user
 * does, nothing outside of the two trees may be read, written, linked, removed, or given
 * another owner, mode or time, and no run may hang.
 *
 * ROUNDS runs for each set of options (15; 5 with sanitizers); SEED says which.  Then a pcp
 * without guards is run in the same way: it must be led out, or the test would
 * notice nothing.
 *
 * All of that is done by a child, which removes its directory also when this process is killed.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adversary.h"
#include "place.h"
#include "tap.h"

/* A run that takes longer hangs. */
#define LIMIT_S 20

/* Rounds in which a pcp without guards has to be led out at least once */
#define UNGUARDED_ROUNDS 2000

/* A set of options, and what the adversary does */
static const struct set {
	const char *options;
	bool merge;			/* into a tree that is there */
	bool for_dst_files;		/* see struct adversary */
	bool in_src, in_dst;
	bool dirs_alone;
} sets[] = {
	{ "-R",				false, true,  true,  true },
	{ "-a",				false, true,  true,  true },
	{ "-Rp --no-preserve=mode",	false, true,  true,  true },
	{ "-RPl",			false, true,  true,  true },
	{ "-RL --beneath",		false, true,  true,  true },
	{ "-aL --beneath",		true,  true,  true,  true },
	{ "-a --beneath",		true,  true,  true,  true },
	{ "-R --beneath --attributes-only", true, true,	true,  true },
	{ "-R",				true,  false, true,  true },
	{ "-a",				true,  false, true,  true },
	{ "-Rf",			true,  false, true,  true },
	{ "-au",			true,  false, true,  true },
	{ "-a --attributes-only",	true,  false, true,  true },
	{ "-a --remove-destination",	true,  true,  true,  true },
	{ "-ab",			true,  true,  true,  true },
	{ "-RPl --force",		true,  true,  true,  true },
	{ "-Rn",			true,  true,  true,  true },
	{ "--mirror --max-delete=100%",	true,  true,  true,  true },
};

/* Those in which a pcp that follows symlinks to directories must be led out */
static const struct set unguarded[] = {
	{ "-R",				false, true,  true,  false, .dirs_alone = true },
	{ "-a",				true,  false, false, true,  .dirs_alone = true },
};

static _Atomic uint64_t *swaps;

/* What has happened in the rounds of a set */
struct result {
	unsigned int rounds, escapes, hangs, crashes;
};

static volatile sig_atomic_t too_late, stopped;

static void on_alarm(int number)
{
	(void)number;
	too_late = 1;
}

static void on_stop(int number)
{
	(void)number;
	stopped = 1;
}

/* Run pcp with options; how is a number that decides how many threads it has. */
static pid_t start_pcp(const char *pcp, const char *options, unsigned int how)
{
	static const char *const threads[] = { "-j1 --window=1", "-j8 --window=64", "-q" };
	char words[128], *args[16];
	int n = 0;

	snprintf(words, sizeof words, "pcp %s %s src dst", options, threads[how]);
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		args[n++] = w;
	args[n] = NULL;
	pid_t pid = fork();
	if (pid)
		return pid;
	int null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	if (!getenv("HOSTILE_VERBOSE"))
		dup2(null, 2);
	execv(pcp, args);
	_exit(127);
}

static pid_t start_adversary(const struct set *set, uint64_t seed)
{
	const struct adversary a = {
		.in_src = set->in_src, .in_dst = set->in_dst,
		.for_dst_files = set->for_dst_files, .dirs_alone = set->dirs_alone,
		.seed = seed, .swaps = swaps,
	};
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	adversary_run(&a);
}

/* Wait for pcp, but not for ever. */
static void await(pid_t pid, struct result *r)
{
	int status;

	too_late = 0;
	alarm(LIMIT_S);
	while (waitpid(pid, &status, 0) < 0)
		if (too_late || stopped)
			kill(pid, SIGKILL);
	alarm(0);
	if (stopped)
		return;
	if (too_late)
		r->hangs++;
	else if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		r->crashes++;
}

static void play_round(const struct set *set, const char *pcp, uint64_t *state, struct result *r)
{
	uint64_t seed = *state;

	place_make_trees(set->merge);
	pid_t evil = start_adversary(set, seed);
	pid_t copying = start_pcp(pcp, set->options, adversary_random(state, 3));
	if (evil < 0 || copying < 0)
		bail_out("fork: %s", strerror(errno));
	await(copying, r);
	kill(evil, SIGKILL);
	waitpid(evil, NULL, 0);
	r->rounds++;
	const char *missing = canaries_missing();
	if (missing) {
		r->escapes++;
		diag("pcp %s, round %u, seed %llu: %s", set->options, r->rounds,
		     (unsigned long long)seed, missing);
	}
	place_remove_trees();
	if (missing)
		canaries_make();
}

static struct result play(const struct set *set, const char *pcp, unsigned int rounds,
			  uint64_t *state, bool until_led_out)
{
	struct result r = { 0 };

	*swaps = 0;
	while (r.rounds < rounds && !stopped && !(until_led_out && r.escapes))
		play_round(set, pcp, state, &r);
	return r;
}

static void test_pcp(const char *pcp, unsigned int rounds, uint64_t *state)
{
	for (size_t i = 0; i < sizeof sets / sizeof *sets && !stopped; i++) {
		const struct set *s = &sets[i];
		struct result r = play(s, pcp, rounds, state, false);

		ok(!r.escapes && !r.hangs && !r.crashes,
		   "pcp %s %s: %u rounds, %llu swaps, %u escapes, %u hangs, %u crashes",
		   s->options, s->merge ? "into a tree" : "to a new name", r.rounds,
		   (unsigned long long)*swaps, r.escapes, r.hangs, r.crashes);
	}
}

static void test_unguarded(const char *pcp, uint64_t *state)
{
	for (size_t i = 0; i < sizeof unguarded / sizeof *unguarded && !stopped; i++) {
		const struct set *s = &unguarded[i];
		struct result r = play(s, pcp, UNGUARDED_ROUNDS, state, true);

		ok(r.escapes, "without a guard: pcp %s %s is led out, in round %u", s->options,
		   s->merge ? "into a tree" : "to a new name", r.rounds);
	}
}

static unsigned long number_from(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

/* Enter a new directory, which the adversary may search. */
static void enter_place(char dir[static PATH_MAX])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, PATH_MAX, "%s/hostile.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir) || chmod(dir, 0755) < 0 || chdir(dir) < 0)
		bail_out("%s: %s", dir, strerror(errno));
	canaries_make();
}

static void leave_place(const char *dir)
{
	place_remove_trees();
	canaries_remove();
	if (chdir("/") < 0 || rmdir(dir) < 0)
		diag("%s: %s", dir, strerror(errno));
}

/*
 * Goes on in a child.  When the caller dies, whatever of, the child is told to stop; it is in no
 * group of processes of which all may be killed at once.
 */
static void go_on_in_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		bail_out("fork: %s", strerror(errno));
	if (pid > 0) {
		while (waitpid(pid, &status, 0) < 0)
			;
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
	}
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_stop }, NULL);
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_stop }, NULL);
	sigaction(SIGHUP, &(struct sigaction){ .sa_handler = on_stop }, NULL);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

int main(void)
{
	const char *pcp = getenv("PCP"), *builddir = getenv("builddir");
	const char *sanitizers = getenv("SANITIZERS");
	unsigned int rounds = sanitizers && *sanitizers ? 5 : 15;
	uint64_t state = number_from("SEED", 20260101) | 1;
	char dir[PATH_MAX], bare[PATH_MAX];

	if (!pcp || !builddir)
		bail_out("PCP and builddir are not set; use make check TESTS=hostile/hostile");
	if (geteuid() != 0)
		skip_all("only root can be led to what others may not touch");
	go_on_in_child();
	swaps = mmap(NULL, sizeof *swaps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (swaps == MAP_FAILED)
		bail_out("mmap: %s", strerror(errno));
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);
	snprintf(bare, sizeof bare, "%s/hostile/unguarded", builddir);
	umask(022);
	enter_place(dir);
	if (!canaries_tell_reads())
		diag("no times of access here: what is only read is not noticed");
	test_pcp(pcp, number_from("ROUNDS", rounds), &state);
	test_unguarded(bare, &state);
	leave_place(dir);
	if (stopped)
		bail_out("stopped");
	return done_testing();
}
