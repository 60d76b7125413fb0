#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# soak.py: disturbs pcp while it copies random trees with random options, for as long as is
# wanted.
#
#   soak.py --pcp=PCP --dir=DIR [--seconds=N] [--seed=N] [--user=65534] [--slowfs]
#   soak.py ... --seed=N --case=M [--tries=K]       one of them again
#
# Design: a case is one of random.py's, of ../differential, with options of pcp's own, and a
# disturbance (soak_disturb.py), all of which come from the seed and the number of the case.
# The command runs in a new tree, and nothing disturbs it: that is the reference. Then it runs
# in another such tree, in the same place, and is disturbed. What must hold then is in
# soak_check.py. Half of the time it runs once more in what is there by then, to complete it.
#
# A run that depends on chance, as on the order in which files are copied, shows that in
# references that differ: then nothing is said of the case.
#
# Status 1 if something did not hold.

import argparse
import contextlib
import glob
import importlib.util
import os
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass

here = os.path.dirname(os.path.realpath(__file__))
twins = os.path.join(here, "..", "differential")
sys.path += [here, twins, os.path.join(here, "..", "tools")]
sys.dont_write_bytecode = True

# A file that is called as one of Python's own modules
spec = importlib.util.spec_from_file_location("random_twins", os.path.join(twins, "random.py"))
random_twins = importlib.util.module_from_spec(spec)
spec.loader.exec_module(random_twins)
random = random_twins.random

from random_cases import Case, Generator, Setting
from random_compare import TWIN
from random_options import all_options
from random_tree import FifoEnds, make_tree, quote, remove_tree, shell_of_tree
from soak_check import HANGS, NOTHING, Run, check, check_end, check_repeated, may_repeat
from soak_disturb import PIECE, Disturbance, Source, disturb, draw, limits
from treecmp import differences

UNTOLD = "was not begun"
TIMEOUT = 60            # seconds: a run that needs more hangs
FIFO_TIMEOUT = 5        # where it may wait for the other end of a FIFO
AGAIN = 3               # references that are compared before anything is called a failure
MARKS = ("Sanitizer", "runtime error:", "Assertion", "glibc detected", "corrupted")
OWN = (("--atomic",), ("--atomic",), ("--fsync",), ("--verify",), ("--verify=sha256",),
       ("-j1", "--window=1"), ("-j16",), ("--window=2",), ("--window=200",), ("--chunk=4K",),
       ("--json", "--json-files"), ("--json", "--json-interval=0.1"), ("--log=%s/log",),
       ("--failed-to=%s/failed", "-0"), ("--checksum-file=%s/sums",), ("--max-errors=1",),
       ("--retry=1",), ("--update=changed",),
       ("-q",), ("--exclude=*a*",), ("--exclude-tag=x",), ("--min-size=1",),
       ("--progress=always",), ("--stats",), ("--beneath",), ("--strict",))


@dataclass(frozen=True)
class Soaked:
    """A case with what else it is"""
    case: Case              # one of random.py's
    own: tuple              # options of pcp alone, which come first
    disturbance: Disturbance
    repeat: bool            # it is run once more


def draw_own(rng, place):
    drawn = rng.sample(OWN, rng.choice((0, 1, 1, 2, 3)))
    return tuple(word % place if "%s" in word else word for words in drawn for word in words)


def has_fifo(case):
    return any(n.kind == "fifo" for n in case.nodes)


def threads_of(pid):
    """A line about what each thread of a process that hangs does"""
    for task in glob.glob(f"/proc/{pid}/task/*"):
        words = [os.path.basename(task)]
        for name in ("comm", "stat", "wchan", "syscall"):
            with contextlib.suppress(OSError), open(os.path.join(task, name)) as f:
                words.append(f.read().strip().rsplit(") ", 1)[-1][:40])
        yield "hangs: thread " + ", ".join(words)


# ------------------------------------------------------------------ running

class Slowfs:
    """Shows the directory real at shown."""

    def __init__(self, real, shown, d):
        faults = [word for fault in d.faults for word in ("-e", fault)]
        subprocess.run(["slowfs", "-d", f"all={d.delay}", *faults, real, shown], check=True)
        self.shown = shown

    def close(self):
        for words in (["fusermount3", "-u"], ["umount", "-l"]):
            if subprocess.run([*words, self.shown], stderr=subprocess.DEVNULL).returncode == 0:
                return


class Soaker:
    def __init__(self, args):
        self.args = args
        self.base = tempfile.mkdtemp(prefix="soak.", dir=args.dir)
        os.chmod(self.base, 0o711)
        self.outer = os.path.join(self.base, "1")
        self.files = os.path.join(self.base, "files")
        self.shown = os.path.join(self.base, "slow") if args.slowfs else self.outer
        self.reports = os.path.join(self.base, "reports")
        for path in (self.files, self.reports):
            os.mkdir(path)
            os.chmod(path, 0o777)
        self.top = os.path.join(self.shown, TWIN)
        self.is_root = os.geteuid() == 0
        user = args.user
        self.user = (user, user) if user is not None and self.is_root else None
        self.setting = Setting(all_options(), self.is_root and not self.user, self.is_root,
                               False, self.top.encode())
        self.counts = Counter()

    def close(self):
        os.chdir("/")
        remove_tree(self.base.encode())

    def case(self, number):
        rng = random.Random(f"soak {self.args.seed} {number}")
        case = Generator(rng, self.setting, number).case()
        own = draw_own(rng, self.files)
        d = draw(rng, self.args.slowfs, not self.args.sanitized)
        return Soaked(case, own, d, rng.random() < 0.5)

    # ------------------------------------------------------------ one run

    def environment(self, case, d):
        env = {k: v for k, v in os.environ.items() if k not in random_twins.CLEAN}
        log = f"log_path={self.reports}/r:exitcode=86"
        # What looks for leaks waits for ever if it is stopped meanwhile.
        leaks = ":detect_leaks=0" if d.kind in ("stop", "signal") else ""
        return env | {
            "LC_ALL": "C", **dict(case.env), "ASAN_OPTIONS": log + leaks,
            "TSAN_OPTIONS": log + ":die_after_fork=0",
            "UBSAN_OPTIONS": log + ":print_stacktrace=1:halt_on_error=1"}

    def start(self, s, d, out, err):
        who = {}
        if self.user:
            who = {"user": self.user[0], "group": self.user[1],
                   "extra_groups": random_twins.GROUPS}
        stdin = subprocess.DEVNULL if s.case.answers is None else subprocess.PIPE
        more = ["-v"] if d.kind == "closed" else []
        return subprocess.Popen(
            [b"pcp", *s.own, *more, *s.case.arguments()], executable=self.args.pcp,
            stdin=stdin, stdout=out, stderr=err, env=self.environment(s.case, d),
            umask=s.case.umask, start_new_session=True, preexec_fn=limits(d), **who)

    @staticmethod
    def answer(process, case):
        if case.answers is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(case.answers)
                process.stdin.close()

    @staticmethod
    def wait(process, timeout):
        if process.returncode is not None:
            return process.returncode
        # Popen.wait() would look now and then, which takes longer than most runs.
        fd = os.pidfd_open(process.pid)
        ended = select.select([fd], [], [], timeout)[0]
        os.close(fd)
        if not ended and timeout == TIMEOUT:
            print(*threads_of(process.pid), sep="\n", flush=True)
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        return status if ended else HANGS

    def start_and_disturb(self, s, d, err, seconds):
        """Returns the process, which may still run; err is where its messages go."""
        if d.kind != "closed":
            with tempfile.TemporaryFile() as out:
                process = self.start(s, d, out, err)
            self.answer(process, s.case)
            disturb(process, d, seconds)
            return process
        r, w = os.pipe()
        process = self.start(s, d, w, err)
        os.close(w)
        self.answer(process, s.case)
        if select.select([r], [], [], TIMEOUT)[0]:
            os.read(r, d.seed % PIECE or 1)
        os.close(r)
        return process

    def run(self, s, d, seconds, timeout):
        """In the tree, which is the current directory: (status, messages, seconds)"""
        ends = FifoEnds(s.case.nodes)
        source = contextlib.nullcontext()
        if d.kind == "source":
            source = Source(random.Random(d.seed), s.case)
        with tempfile.TemporaryFile() as err, source:
            begin = time.monotonic()
            status = self.wait(self.start_and_disturb(s, d, err, seconds), timeout)
            took = time.monotonic() - begin
            err.seek(0)
            said = err.read()
        ends.release()
        return status, said, took

    def take_reports(self, said):
        text = ""
        for path in sorted(glob.glob(os.path.join(self.reports, "*"))):
            with open(path, errors="replace") as f:
                text += f.read()
            os.unlink(path)
        lines = said.decode(errors="replace").splitlines()
        return text + "\n".join(line for line in lines if any(m in line for m in MARKS))

    def picture(self, case):
        return random_twins.plain_times(random_twins.picture(self.outer.encode()), case.nodes)

    def run_in_tree(self, s, d, seconds):
        timeout = FIFO_TIMEOUT if has_fifo(s.case) else TIMEOUT
        slow = Slowfs(self.outer, self.shown, d) if self.args.slowfs else None
        try:
            os.chdir(self.top)
            status, said, took = self.run(s, d, seconds, timeout)
        except OSError as e:
            # A fault that has met this program, and not pcp
            if not d.faults:
                raise
            status, said, took = UNTOLD, str(e).encode(), 0
        finally:
            os.chdir(self.base)
            if slow:
                slow.close()
        return Run(status, said, self.picture(s.case), took, self.take_reports(said))

    @contextlib.contextmanager
    def tree(self, case):
        """A new one; yields its picture."""
        real = os.path.join(self.outer, TWIN)
        os.makedirs(real)
        os.makedirs(self.shown, exist_ok=True)
        try:
            os.chdir(real)
            make_tree(case.nodes, self.user, None)
            os.chdir(self.base)
            yield self.picture(case)
        finally:
            os.chdir(self.base)
            remove_tree(self.outer.encode())

    # ----------------------------------------------------------- one case

    def reference(self, s, times=1):
        """The last of so many undisturbed runs, each in the tree of the one before"""
        with self.tree(s.case):
            for _ in range(times):
                run = self.run_in_tree(s, Disturbance(delay=s.disturbance.delay), 0)
        return run

    def is_certain(self, s, first):
        """Is the reference the same each time?"""
        others = (self.reference(s) for _ in range(AGAIN))
        return not any(other.status != first.status or differences(other.tree, first.tree)
                       for other in others)

    def count(self, s, first, got):
        kind = s.disturbance.kind
        self.counts[kind] += 1
        self.counts[f"{kind}: felt"] += got.status != first.status

    def waits(self):
        self.counts["waits for a FIFO"] += 1
        return []

    def lines_of(self, s):
        """What did not hold"""
        d = s.disturbance
        first = self.reference(s)
        if first.status == HANGS and has_fifo(s.case):
            return self.waits()
        lines = check_end(NOTHING, first)
        if lines:
            return lines
        with self.tree(s.case) as before:
            got = self.run_in_tree(s, d, first.seconds)
            again = None
            if s.repeat and d.kind != "source" and may_repeat(s.case, first):
                again = self.run_in_tree(s, Disturbance(delay=d.delay), 0)
        if got.status == HANGS and has_fifo(s.case):
            return self.waits()
        if got.status == UNTOLD:
            return []
        self.count(s, first, got)
        lines = check(s, before, first, got)
        if not lines and again:
            self.counts["once more"] += 1
            lines = check_repeated(first, again)
            # Some commands do more when they are given again.
            if lines and check_repeated(first, self.reference(s, 2)):
                return []
        if lines and not got.reports and got.status != HANGS and not self.is_certain(s, first):
            self.counts["depends on chance"] += 1
            return []
        return lines

    # ------------------------------------------------------------- report

    def report(self, s, lines):
        args, case = self.args, s.case
        who = f"user {self.user[0]}" if self.user else "root" if self.is_root else "user"
        print(f"--- case {case.number} of seed {args.seed}: "
              f"{random_twins.file_system(args.dir)}{', slowfs' if args.slowfs else ''}, {who}")
        print(f"disturbed by: {s.disturbance}")
        print("umask 022; mkdir twin; cd twin")
        print(*shell_of_tree(case.nodes, self.user), sep="\n")
        print(f"umask {case.umask:03o}")
        own = [quote(word.encode()) for word in s.own]
        print(random_twins.shell_command(case, self.user, "pcp", own))
        print("what did not hold:", *(line[:400] for line in lines[:60]), sep="\n  ")
        whole = [a for a in sys.argv[1:] if not a.startswith(("--seed", "--case", "--first"))]
        print("again:", shlex.join([os.path.basename(sys.argv[0]), *whole,
                                    f"--seed={args.seed}", f"--case={case.number}"]), flush=True)


# ------------------------------------------------------------------- totals

def numbers(args):
    if args.case is not None:
        yield from (args.case for _ in range(args.tries))
        return
    end = time.monotonic() + args.seconds
    number = args.first
    while time.monotonic() < end:
        yield number
        number += 1


def soak(soaker):
    args = soaker.args
    failures = cases = 0
    begin = told = time.monotonic()
    for number in numbers(args):
        s = soaker.case(number)
        lines = soaker.lines_of(s)
        cases += 1
        if lines:
            failures += 1
            soaker.report(s, lines)
            if failures >= args.max_failures:
                print("enough failures, the rest is left out")
                break
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{told - begin:.0f} s: {cases} cases, {failures} failures", flush=True)
    kinds = ", ".join(f"{name} {n}" for name, n in sorted(soaker.counts.items()) if n)
    print(f"seed {args.seed}: {cases} cases in {time.monotonic() - begin:.0f} s ({kinds}), "
          f"{failures} failures", flush=True)
    return failures


def arguments():
    parser = argparse.ArgumentParser(description="disturbs pcp while it copies at random")
    add = parser.add_argument
    add("--pcp", default=os.environ.get("PCP"), required="PCP" not in os.environ)
    add("--dir", default=tempfile.gettempdir(), help="where to copy")
    add("--seconds", type=float, default=60, help="how long")
    add("--seed", type=int, default=1)
    add("--first", type=int, default=0, metavar="N", help="the number of the first case")
    add("--case", type=int, metavar="N", help="this one alone")
    add("--tries", type=int, default=20, metavar="N", help="with --case: how often")
    add("--user", type=int, metavar="UID", help="who copies; for root to say")
    add("--slowfs", action="store_true", help="by way of slowfs, which fails")
    add("--sanitized", action="store_true", help="the address space cannot be limited")
    add("--max-failures", type=int, default=5, metavar="N", help="end after as many")
    args = parser.parse_args()
    args.dir = os.path.realpath(args.dir)
    args.pcp = os.path.realpath(args.pcp)
    return args


def main():
    soaker = Soaker(arguments())
    try:
        failures = soak(soaker)
    finally:
        soaker.close()
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
