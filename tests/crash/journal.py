#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# journal.py [--files=N] [--kills=N] [--seed=N] --pcp=PROGRAM --dir=DIR [OPTION...]: kills pcp,
# which copies a tree with --journal and the OPTIONs, again and again at random moments, until that
# many kills have come in the midst of it, or the copy is complete.
#
# In the end the copy must be what it is without kills, with the same digest, and --check-journal
# must find all of it.  What is in the copy after a kill and not in the journal is made once more,
# unless it is found to be whole (it is recorded as skipped then): that must be less than one in a
# hundred of all, or what can be under way at each kill.
#
# The last line of the output is the sum.  The status is 1 if anything was wrong, or if too few
# kills came in the midst to tell anything.

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import journaldump
import treecmp

PEAK = 64 * 1024        # KiB that a run may have in memory
ENTRY = 33              # bytes of a journal that an entry takes, about
COUNTED = 100000        # files that are counted after each kill
AGAIN_EACH = 30         # files that are under way at a kill: a few for each thread, and cookies
AGAIN_ONCE = 1024 + 64  # if main, which records them, had no processor: all cookies, and threads
MODES = (0o755, 0o700, 0o750, 0o555)


def make_tree(rng, top, files):
    """A tree of about so many files, some with several names, in directories of any shape."""
    os.mkdir(top)
    dirs, linked = [top], []
    for i in range(files):
        at = rng.choice(dirs[-200:] if rng.random() < 0.5 else dirs)
        what = rng.random()
        if what < 0.05:
            dirs.append(os.path.join(at, f"d{i}"))
            os.mkdir(dirs[-1])
        elif what < 0.08 and linked:
            os.link(rng.choice(linked[-500:]), os.path.join(at, f"h{i}"))
        elif what < 0.1:
            os.symlink(f"x{i}", os.path.join(at, f"s{i}"))
        else:
            path = os.path.join(at, f"f{i}")
            with open(path, "wb") as f:
                f.write(rng.randbytes(rng.choice((0, 0, 10, 3000))))
            if rng.random() < 0.1:
                linked.append(path)
    for d in dirs:
        os.chmod(d, rng.choice(MODES))


def count_files(top):
    """What is no directory below top; 0 if that is not there."""
    count, todo = 0, [top]
    while todo:
        try:
            with os.scandir(todo.pop()) as names:
                for name in names:
                    if name.is_dir(follow_symlinks=False):
                        todo.append(name.path)
                    else:
                        count += 1
        except FileNotFoundError:
            pass
    return count


class Killer:
    def __init__(self, args, rng):
        self.args, self.rng = args, rng
        self.source = os.path.join(args.dir, "source")
        self.copy = os.path.join(args.dir, "copy")
        self.journal = os.path.join(args.dir, "journal")
        self.wrong, self.kills, self.again, self.worst, self.peak = 0, 0, 0, 0, 0
        self.recorded, self.segments = 0, 0     # entries in so many segments of the journal
        self.startup = 0.01                     # seconds to the first record of a run

    def complain(self, what):
        self.wrong += 1
        print(f"after {self.kills} kills: {what}")

    def command(self, copy, journal):
        return [self.args.pcp, *self.args.options, "--json", f"--journal={journal}",
                self.source, copy]

    def run(self, copy, journal, kill=None):
        """kill(child): wait for the moment to kill.  Returns the status, the lines of JSON by
        their types, and the messages."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(self.command(copy, journal), stdout=out, stderr=err)
            if kill:
                kill(child)
                os.kill(child.pid, signal.SIGKILL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.peak = max(self.peak, usage.ru_maxrss)
            out.seek(0)
            err.seek(0)
            lines = {}
            for line in out.read().decode().splitlines():
                try:
                    one = json.loads(line)
                except ValueError:
                    continue    # it was cut short
                lines[one["type"]] = one
            return child.returncode, lines, err.read().decode()

    def written(self):
        """The bytes in the segments that the run under way has begun."""
        names = journaldump.segments(self.journal) if os.path.isdir(self.journal) else []
        return sum(os.stat(os.path.join(self.journal, name)).st_size
                   for name in names[self.segments:])

    def is_running(self, child):
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def in_the_midst(self, entries):
        """The moment when about so many entries were recorded, or a few milliseconds later."""
        def wait(child):
            begin = time.monotonic()
            started = False
            while self.is_running(child) and self.written() < 1 + entries * ENTRY:
                if not started and self.written():
                    started, self.startup = True, time.monotonic() - begin
                time.sleep(0.0005)
            time.sleep(self.rng.uniform(0, 0.003))
        return wait

    def at_the_start(self, child):
        """A moment when what earlier runs have recorded is being read."""
        time.sleep(self.rng.uniform(0, self.startup))

    def count_again(self):
        """Counting takes longer than all else where files are many: not after each kill."""
        each = 1 + self.args.files // COUNTED
        if self.kills % each == 0:
            again = max(count_files(self.copy) - self.recorded, 0)
            self.again += each * again
            self.worst = max(self.worst, again)

    def count_recorded(self):
        """The entries in the journal; only what came since the last call is read."""
        names = journaldump.segments(self.journal) if os.path.isdir(self.journal) else []
        for name in names[self.segments:]:
            for record in journaldump.records(os.path.join(self.journal, name)):
                self.recorded += record["kind"] == "E"
                self.again -= record.get("what") == "skipped" and "-n" not in self.args.options
        self.segments = len(names)

    def go(self):
        status, whole, err = self.run(self.copy + "-whole", self.journal + "-whole")
        if status != 0 or not whole["proof"]["complete"]:
            self.complain(f"without a kill: status {status}: {err[:500]}")
        for left in range(self.args.kills, 0, -1):
            # So that the last kill comes shortly before the end
            share = (self.args.files - self.recorded) / (left + 1)
            kill = self.in_the_midst(self.rng.uniform(0, 2 * share))
            if self.rng.random() < 0.1:
                kill = self.at_the_start
            status, lines, err = self.run(self.copy, self.journal, kill)
            if status != -signal.SIGKILL:
                break
            self.kills += 1
            self.count_recorded()
            self.count_again()
        if status == -signal.SIGKILL:
            status, lines, err = self.run(self.copy, self.journal)
        if status != 0:
            self.complain(f"status {status} in the end: {err[:500]}")
        _, lines, _ = self.run(self.copy, self.journal)
        self.judge(whole["proof"], lines)

    def judge(self, whole, lines):
        proof = lines["proof"]
        if lines["journal"]["state"] != "complete" or not proof["complete"]:
            self.complain("the pass is not complete")
        for what in ("seen", "excluded", "failed", "bytes", "digest"):
            if proof[what] != whole[what]:
                self.complain(f"{what} is {proof[what]}, not {whole[what]}")
        times = "-a" in self.args.options
        found = treecmp.differences(treecmp.snapshot(self.copy + "-whole", times),
                                    treecmp.snapshot(self.copy, times))
        for line in list(found)[:5]:
            self.complain(line)
        usual = self.again - self.worst
        if usual > max(whole["seen"] / 100, AGAIN_EACH * self.kills) or self.worst > AGAIN_ONCE:
            self.complain(f"{self.again} files were made once more, {self.worst} after one kill")
        if self.args.limit_memory and self.peak > PEAK:
            self.complain(f"{self.peak} KiB of memory")
        check = subprocess.run([self.args.pcp, f"--check-journal={self.journal}"],
                               capture_output=True, text=True)
        if check.returncode != 0 or whole["digest"] not in check.stdout:
            self.complain(f"--check-journal: {check.stdout} {check.stderr[:500]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pcp", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-memory", action="store_true")
    parser.add_argument("options", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    killer = Killer(args, rng)
    make_tree(rng, killer.source, args.files)
    killer.go()
    few = killer.kills < args.kills * 0.8
    print(f"{killer.kills} kills, {killer.again} of {args.files} files made once more, "
          f"{killer.peak} KiB, {killer.wrong} wrong{', too few kills' if few else ''}")
    sys.exit(bool(killer.wrong or few))


main()
