#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# random.py: compares pcp with cp over random trees and command lines.
#
#   random.py --cp=/bin/cp --pcp=PCP --dir=DIR [--seed=N] [--cases=N] [--user=65534]
#   random.py ... --seed=N --case=N        one of them again
#
# Design: a case, made from the seed and its number alone, is a list of nodes and a
# command line (random_cases.py, random_options.py). The tree is made, cp runs in it,
# everything that can be seen is noted (treecmp.py), and all is removed; then the same
# with pcp in the same place, so that even absolute names are the same. Status, both
# outputs as sorted lines, and the two pictures are compared; an mtime that came with the
# run is "now". Where they differ, and not as documented (random_known.py), cp runs
# again: if it does not agree with itself, the case says nothing. Else the case is made
# as small as it gets (random_shrink.py), and printed as shell commands.
#
# Status 1 if there was such a difference, 2 if the arguments make no sense.

import os
import sys

# This file would be taken for Python's own module of that name.
here = os.path.dirname(os.path.realpath(__file__))
sys.path[:] = [p for p in sys.path if os.path.realpath(p or ".") != here]
import random  # noqa: E402
import tempfile  # noqa: E402
sys.path += [here, os.path.join(here, "..", "tools")]
sys.dont_write_bytecode = True

import argparse
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections import Counter

from random_cases import Generator, Setting
from random_compare import (ORDERED, TWIN, Result, compare, depends_on_order,
                            unexplained)
from random_known import (ABSOLUTE_PARENTS, DECLINED, EXCLUDES, FORCED_LOOP, KNOWN,
                          MISPLACED_BACKUPS, NAMES_BOTH, NEVER_CLONES, OTHER_KIND, ZEROS,
                          Known)
from random_options import NEWER, OPTIONS, all_options
from random_shrink import shrink
from random_tree import (FifoEnds, make_tree, may_mount, quote, remove_tree,
                         shell_of_tree, unmount)
from treecmp import snapshot

TIMEOUT = 20            # seconds: who needs more hangs
FIFO_TIMEOUT = 2        # cp alone: it may wait for the other end of a FIFO
GROUPS = [1234]         # that the ordinary user is in, besides the own one
CLEAN = ("POSIXLY_CORRECT", "SIMPLE_BACKUP_SUFFIX", "VERSION_CONTROL")
# How often cp is asked whether it does the same again. In XFS new directories go round
# the allocation groups, four of them, and cp reads directories by inode numbers.
CP_AGAIN = 5
SHOWN = 300             # characters of a line
UNSAID = ("cp waits", "cp differs from itself", "depends on the order", "not alike in English")
HANGS = "does not end"
START = time.time_ns() - 60 * 10**9
END = START + 86400 * 10**9


# ---------------------------------------------------------------- running

def sorted_lines(text):
    """Prompts are lines, although nothing ends them."""
    return sorted(text.replace(b"? cp: ", b"? \ncp: ").splitlines())


def picture(top):
    try:
        return snapshot(top)
    except OSError as e:        # it is too deep, or closed to an ordinary user
        return {b"": {"type": e.strerror}}


def plain_times(tree, nodes):
    """New ones are "now". A FIFO may be fed, or be closed too early for that."""
    for seen in tree.values():
        if START < seen.get("mtime", 0) < END:
            seen["mtime"] = "now"
    for node in nodes:
        seen = tree.get(os.path.join(TWIN.encode(), node.path), {})
        if node.kind == "fifo" and not node.drained and seen.get("type") == "fifo":
            seen["mtime"] = "any"
    return tree


class Tester:
    def __init__(self, args):
        self.args = args
        self.base = tempfile.mkdtemp(prefix="twin.", dir=args.dir)
        os.chmod(self.base, 0o711)
        self.outer = os.path.join(self.base, "1").encode()
        self.top = os.path.join(self.outer, TWIN.encode())
        self.other = self.other_base = None
        self.is_root = os.geteuid() == 0
        user = args.user
        self.user = (user, user) if user is not None and self.is_root else None
        self.locale = "C"
        if args.other:
            self.other_base = tempfile.mkdtemp(prefix="other.", dir=args.other).encode()
            os.chmod(self.other_base, 0o711)
            self.other = os.path.join(self.other_base, b"other")
        self.mounts = self.is_root and self.other and may_mount()
        self.setting = Setting(self.known_options(), self.is_root and not self.user,
                               self.is_root, bool(self.other), self.top)
        self.known = KNOWN + [
            Known(f"--ignore={regex}", lambda case, cp, pcp, line, regex=regex:
                  re.search(regex, line), "so it was asked for") for regex in args.ignore]
        self.known += self.known_of_old_cp()
        self.counts = Counter()

    def close(self):
        for path in (self.base.encode(), self.other_base):
            if path:
                remove_tree(path)

    # ------------------------------------------------------ what may be used

    def knows(self, word):
        run = subprocess.run(["cp", word], executable=self.args.cp, capture_output=True)
        return b"missing file operand" in run.stderr

    def known_of_old_cp(self):
        """What cp does otherwise than newer ones, which are what pcp follows."""
        os.makedirs(os.path.join(self.base, "dir", "dir"))
        for name in ("file", "dir/file"):
            with open(os.path.join(self.base, name), "wb") as f:
                f.write(bytes(65536))
                f.truncate(1 << 20)

        def cp(*arguments):
            return subprocess.run([self.args.cp, *arguments], stdin=subprocess.DEVNULL,
                                  capture_output=True, cwd=self.base)
        if cp("-i", "file", "dir").returncode == 0:
            yield DECLINED
        cp("--backup=simple", "file", "dir")
        if os.path.exists(os.path.join(self.base, "file~")):
            yield MISPLACED_BACKUPS
        if b"none-fail" not in cp("-b", "-n", "file", "dir").stderr:
            yield EXCLUDES
        if b"'file'" not in cp("-T", "file", "dir").stderr:
            yield NAMES_BOTH
        cp("--reflink=never", "file", "zeros")
        if os.stat(os.path.join(self.base, "zeros")).st_blocks < \
                os.stat(os.path.join(self.base, "file")).st_blocks:
            yield ZEROS
        cp("--sparse=never", "file", "full")
        if os.stat(os.path.join(self.base, "full")).st_blocks < 2048:
            yield NEVER_CLONES
        if cp("-R", "-b", "-T", "dir", "file").returncode:
            yield OTHER_KIND
        if cp("-p", "--parents", os.path.join(self.base, "dir/file"), "dir").returncode:
            yield ABSOLUTE_PARENTS
        os.symlink("loop", os.path.join(self.base, "loop"))
        if b"Too many" not in cp("-P", "-f", "loop", "loop/").stderr:
            yield FORCED_LOOP

    def known_options(self):
        """Those that cp has, and of them those that were asked for."""
        options = all_options()
        for name, value in NEWER:
            if not self.knows(name if value is None else f"{name}={value}"):
                rest = tuple(v for v in options[name] if v != value)
                options[name] = rest
        if self.args.only_options is not None:
            wanted = self.args.only_options.split()
            options = {name: values for name, values in options.items() if name in wanted}
        return {name: values for name, values in options.items() if values}

    # ------------------------------------------------------------ one run

    def start(self, case, program, options):
        env = {k: v for k, v in os.environ.items() if k not in CLEAN}
        env |= {"LC_ALL": self.locale, **dict(case.env)}
        who = {}
        if self.user:
            who = {"user": self.user[0], "group": self.user[1], "extra_groups": GROUPS}
        stdin = subprocess.DEVNULL if case.answers is None else subprocess.PIPE
        return subprocess.Popen(
            [b"cp", *options, *case.arguments()], executable=program, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, umask=case.umask,
            start_new_session=True, **who)

    def run(self, case, program, options, timeout):
        """In the tree, which is the current directory."""
        ends = FifoEnds(case.nodes)
        p = self.start(case, program, options)
        try:
            out, err = p.communicate(case.answers, timeout)
            status = p.returncode
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            out, err = p.communicate()
            status = HANGS
        taken = ends.release()
        return status, sorted_lines(out) + [b"through a FIFO: " + t for t in taken], \
            sorted_lines(err)

    def result(self, case, program, options=(), timeout=TIMEOUT):
        os.makedirs(self.top)
        os.chdir(self.top)
        tree = {}
        try:
            make_tree(case.nodes, self.user, self.other)
            status, out, err = self.run(case, program, options, timeout)
            tree = picture(self.outer)
        finally:
            if any(n.kind == "other" for n in case.nodes):
                self.take_other(tree)
            os.chdir(self.base)
            self.dispose(os.path.basename(program))
        return Result(status, out, err, plain_times(tree, case.nodes))

    def take_other(self, tree):
        """A mount is part of the picture already, a symlink's target is not."""
        if not os.path.isdir(self.other):
            return
        if not unmount(b"other"):
            tree |= {b"other/" + k: v for k, v in picture(self.other).items()}
        remove_tree(self.other)

    def dispose(self, name):
        if self.args.keep:
            kept = os.path.join(self.args.dir, f"{name}-{self.args.case}")
            shutil.rmtree(kept, ignore_errors=True)
            os.rename(self.outer, kept)
        else:
            remove_tree(self.outer)

    def cp(self, case):
        fifos = any(n.kind == "fifo" for n in case.nodes)
        return self.result(case, self.args.cp, (), FIFO_TIMEOUT if fifos else TIMEOUT)

    def pcp(self, case):
        return self.result(case, self.args.pcp, self.args.pcp_options.split())

    # ------------------------------------------------------------ one case

    def case(self, number):
        rng = random.Random(f"{self.args.seed} {number}")
        return Generator(rng, self.setting, number).case()

    def lines_of(self, case, counts):
        """What differs and must not."""
        self.locale = "C"
        lines = self.plain_lines_of(case, counts)
        if lines or self.args.locale == "C":
            return lines
        # What is known of differences is known of English words.  Where there is none, what cp
        # says in another language is to be said as well.
        if compare(self.cp(case), self.pcp(case)):
            counts["not alike in English"] += 1
            return []
        self.locale = self.args.locale
        cp = self.cp(case)
        if cp.status == HANGS:
            return []
        lines = unexplained(case, cp, self.pcp(case), self.known, Counter())
        return lines if self.is_certain(case, cp) else []

    def plain_lines_of(self, case, counts):
        """The same in the C locale alone"""
        cp = self.cp(case)
        counts["cp succeeded"] += cp.status == 0
        if cp.status == HANGS:
            counts["cp waits"] += 1
            return []
        pcp = self.pcp(case)
        lines = unexplained(case, cp, pcp, self.known, counts)
        if lines and not self.is_certain(case, cp):
            counts["cp differs from itself"] += 1
            return []
        if lines and all(depends_on_order(case, line) for line in lines):
            ordered = self.result(case, self.args.pcp, ORDERED)
            if not unexplained(case, cp, ordered, self.known, Counter()):
                counts["depends on the order"] += 1
                return []
        return lines

    def is_certain(self, case, cp):
        """Does cp always do that? In a tree that grows meanwhile it need not."""
        return not any(compare(cp, self.cp(case)) for _ in range(CP_AGAIN))

    def fails(self, case, tries):
        return any(self.lines_of(case, Counter()) for _ in range(tries))

    def make_smaller(self, case):
        """(the smaller case, how often of three times the whole one failed again)"""
        if self.args.keep:
            return case, 3
        again = sum(self.fails(case, 1) for _ in range(3))
        if not again:
            return case, 0
        tries = 1 if again == 3 else 6
        return shrink(case, lambda c: self.fails(c, tries), self.args.shrink_time), again


# ------------------------------------------------------------------ reports

def file_system(path):
    """The type of the one that path is in."""
    path = os.path.realpath(path)
    best = ("", "?")
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
        for line in mounts:
            _, place, kind = line.split()[:3]
            inside = (path + "/").startswith(place.rstrip("/") + "/")
            if inside and len(place) >= len(best[0]):
                best = (place, kind)
    return best[1]


def shell_command(case, user, program, options=()):
    words = [program, *options, *(quote(a) for a in case.arguments())]
    if case.env:
        words = ["env", *(f"{k}={shlex.quote(v)}" for k, v in case.env), *words]
    if user:
        groups = ",".join(map(str, GROUPS))
        words = [f"setpriv --reuid={user[0]} --regid={user[1]} --groups={groups}", *words]
    command = " ".join(words)
    if not case.answers:
        return command + " </dev/null"
    lines = case.answers.splitlines()
    if len(set(lines)) == 1:
        return f"yes {quote(lines[0])} | head -n {len(lines)} | {command}"
    return f"printf {quote(case.answers)} | {command}"


def report(tester, case, small, lines, again):
    args = tester.args
    options = args.pcp_options.split()
    who = "root" if tester.setting.root else f"user {(tester.user or [os.getuid()])[0]}"
    print(f"--- case {case.number} of seed {args.seed}: {file_system(args.dir)}, {who}"
          + (f", pcp {args.pcp_options}" if options else ""))
    if again < 3:
        print(f"  (failed again in {again} of 3 tries)")
    print("umask 022; mkdir twin; cd twin")
    print(*shell_of_tree(small.nodes, tester.user), sep="\n")
    if small.umask != 0o022:
        print(f"umask {small.umask:03o}")
    print(shell_command(small, tester.user, "cp"))
    if options:
        print("# or", shell_command(small, tester.user, "pcp", options))
    shown = [line if len(line) < SHOWN else line[:SHOWN] + "..." for line in lines[:20]]
    print("differences:", *(shown or ["(none this time)"]), sep="\n  ")
    whole = [a for a in sys.argv[1:] if not re.match("--(seed|case|cases|first)=", a)]
    one = [f"--seed={args.seed}", f"--case={case.number}"]
    print("again:", shlex.join([os.path.basename(sys.argv[0]), *whole, *one]), flush=True)


def signature(case, lines):
    """The same for cases that probably have one reason."""
    options = sorted(w.text for w in case.words if w.role in ("option", "cluster"))
    shapes = {re.sub(r"\([0-9, ()]*\)", "LIST", re.sub(r"b?'[^']*'", "NAME", line))
              for line in lines}
    shapes = {re.sub(r"[0-9]+", "N", shape) for shape in shapes}
    return tuple(options), tuple(sorted(shapes))


def summary(tester, cases, failures, seconds):
    counts = tester.counts
    reasons = [f"{k.name}: {counts[k.name]} ({k.why})" for k in tester.known
               if counts[k.name]]
    reasons += [f"{name}: {counts[name]}" for name in UNSAID if counts[name]]
    print(f"{cases} cases in {seconds:.0f} s, cp succeeded in {counts['cp succeeded']}, "
          f"{failures} failures")
    print("not compared:" if reasons else "all compared", *reasons, sep="\n  ")


def run_cases(tester):
    args = tester.args
    numbers = range(args.first, args.first + args.cases)
    if args.case is not None:
        numbers = [args.case]
    failures, done, seen = 0, 0, {}
    begin = time.monotonic()
    for number in numbers:
        case = tester.case(number)
        if args.show:
            print(f"{number}: {shell_command(case, tester.user, 'cp')}")
        lines = tester.lines_of(case, tester.counts)
        done += 1
        if not lines:
            continue
        failures += 1
        small, again = tester.make_smaller(case)
        if small != case:
            lines = tester.lines_of(small, Counter()) or lines
        first = seen.setdefault(signature(small, lines), number)
        if first == number:
            report(tester, case, small, lines, again)
        else:
            print(f"--- case {number} of seed {args.seed}: as case {first}", flush=True)
        if len(seen) >= args.max_failures or failures >= 10 * args.max_failures:
            print("enough failures, the rest is left out")
            break
    summary(tester, done, failures, time.monotonic() - begin)
    return bool(failures)


def arguments():
    parser = argparse.ArgumentParser(description="compares pcp with cp at random")
    add = parser.add_argument
    add("--cp", default=os.environ.get("CP", "/bin/cp"))
    add("--pcp", default=os.environ.get("PCP"), required="PCP" not in os.environ)
    add("--pcp-options", default="", metavar="WORDS",
        help="for pcp alone, as '-j1 --window=1'")
    add("--dir", default=tempfile.gettempdir(), help="where to copy")
    add("--other", metavar="DIR", help="a directory in another file system")
    add("--user", type=int, metavar="UID", help="who copies; for root to say")
    add("--only-options", metavar="NAMES",
        help="as '-R -a --preserve'; default: all of cp's")
    add("--locale", default="C",
        help="compare what is said in that one as well, as in de_DE.UTF-8")
    add("--seed", type=int, default=1)
    add("--cases", type=int, default=300, help="how many")
    add("--first", type=int, default=0, metavar="N", help="the number of the first one")
    add("--case", type=int, metavar="N", help="this one alone")
    add("--ignore", action="append", default=[], metavar="REGEX",
        help="a line of differences that is to be taken for known")
    add("--max-failures", type=int, default=5, metavar="N",
        help="end after as many kinds")
    add("--shrink-time", type=float, default=30, metavar="SECONDS")
    add("--show", action="store_true", help="show each command line")
    add("--keep", action="store_true",
        help="with --case: leave both copies in DIR, of the whole case")
    args = parser.parse_args()
    args.dir = os.path.realpath(args.dir)
    for name in (args.only_options or "").split():
        if name not in OPTIONS:
            parser.error(f"unknown option {name}; there are {' '.join(OPTIONS)}")
    if args.keep and args.case is None:
        parser.error("--keep without --case")
    return args


def main():
    tester = Tester(arguments())
    try:
        sys.exit(run_cases(tester))
    finally:
        tester.close()


if __name__ == "__main__":
    main()
