#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# kills.py [--rounds=N] [--seed=N] --pcp=PROGRAM --dir=DIR [OPTION...]: kills pcp, which copies
# a tree with -a and the OPTIONs, at random moments, and looks at what is there then.
#
# The destination holds older files of the same names, but not all.  After the kill each
# file must be as in the source, with its attributes, or as it was before; besides there may
# be temporary names.  Then the copy is made once more, every other time with -u; after that
# the trees must be alike, and no temporary name may be left.
#
# The last line of the output is the sum.  The status is 1 if anything was wrong, or if too few
# kills came in the midst of a copy to tell anything.

import argparse
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import treecmp

TEMPORARY = ".copyfile-"
MOST = 5                # times as many rounds as were asked for
DIRS, FILES = 8, 12
BIG = 3 * 1024 * 1024
MODES = (0o600, 0o644, 0o755, 0o444, 0o640)
NEW_TIME, OLD_TIME = 1000000000, 900000000


def put(path, data, mode, when, name=None):
    with open(path, "wb") as f:
        f.write(data)
    if name:
        try:
            os.setxattr(path, "user.name", name.encode())
        except OSError:
            pass    # a file system without such attributes
    os.chmod(path, mode)
    os.utime(path, (when, when + 0.25))


def make_trees(rng, source, old):
    """The source, and what is at the destination before."""
    for d in range(DIRS):
        name = str(d) if d % 2 else f"{d}/sub"
        os.makedirs(os.path.join(source, name))
        os.makedirs(os.path.join(old, name))
        for f in range(FILES):
            path = os.path.join(name, f"file{f}")
            size = BIG if f == 0 and d < 4 else rng.randrange(40000)
            put(os.path.join(source, path), rng.randbytes(size), rng.choice(MODES),
                NEW_TIME, path)
            if rng.random() < 0.6:
                put(os.path.join(old, path), rng.randbytes(rng.randrange(50000)),
                    rng.choice(MODES), OLD_TIME)
        os.link(os.path.join(source, name, "file1"), os.path.join(source, name, "again"))
        os.symlink("file1", os.path.join(source, name, "link"))
        os.utime(os.path.join(source, name, "link"), (NEW_TIME, NEW_TIME),
                 follow_symlinks=False)


def seen(path):
    """A regular file with its attributes; or None if there is no such file."""
    try:
        st = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(st.st_mode):
        return None
    with open(path, "rb") as f:
        data = f.read()
    try:
        xattrs = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    except OSError:
        xattrs = {}
    return data, st.st_mode, st.st_uid, st.st_gid, st.st_mtime_ns, xattrs


def files_below(top):
    for at, _, names in os.walk(top):
        for name in names:
            yield os.path.relpath(os.path.join(at, name), top)


class Trees:
    def __init__(self, work):
        self.source = os.path.join(work, "source")
        self.old = os.path.join(work, "old")
        self.copy = os.path.join(work, "copy")

    def reset(self):
        shutil.rmtree(self.copy, ignore_errors=True)
        subprocess.run(["cp", "-a", self.old, self.copy], check=True)

    def look(self):
        """What is there: incomplete files, temporary names, and how many are as in the
        source and as before."""
        bad, temporary, new, old = [], [], 0, 0
        for path in files_below(self.copy):
            there = seen(os.path.join(self.copy, path))
            if os.path.basename(path).startswith(TEMPORARY):
                temporary.append(path)
            elif there is None:
                continue
            elif there == seen(os.path.join(self.source, path)):
                new += 1
            elif there == seen(os.path.join(self.old, path)):
                old += 1
            else:
                bad.append(path)
        return bad, temporary, new, old


class Killer:
    def __init__(self, args, trees, rng):
        self.args, self.trees, self.rng = args, trees, rng
        self.wrong, self.midst, self.temporary = 0, 0, 0
        trees.reset()
        self.duration = min(self.run([]) for _ in range(3))
        trees.reset()
        self.duration = max(self.duration, self.run([]))

    def command(self, more):
        return [self.args.pcp, "-a", *more, *self.args.options, "-T", self.trees.source,
                self.trees.copy]

    def run(self, more):
        begin = time.monotonic()
        subprocess.run(self.command(more), check=True)
        return time.monotonic() - begin

    def complain(self, number, what):
        self.wrong += 1
        print(f"round {number}: {what}")

    def kill(self):
        """Returns True if pcp was killed before it had ended."""
        wait = self.rng.uniform(0, self.duration)
        child = subprocess.Popen(self.command([]))
        time.sleep(wait)
        child.kill()
        killed = child.wait() == -signal.SIGKILL
        # How long a run takes changes with what else the machine has to do.
        self.duration *= 1.1 if killed else 0.9
        return killed

    def rerun(self, number):
        more = ["-u"] if number % 2 else []
        status = subprocess.run(self.command(more)).returncode
        if status:
            self.complain(number, f"the second run, {more}, ends with {status}")
        found = treecmp.differences(treecmp.snapshot(self.trees.source),
                                    treecmp.snapshot(self.trees.copy))
        for line in list(found)[:5]:
            self.complain(number, f"after the second run, {more}: {line}")

    def round(self, number):
        self.trees.reset()
        killed = self.kill()
        bad, temporary, new, old = self.trees.look()
        self.midst += killed and new > 0 and old > 0
        self.temporary += len(temporary)
        for path in bad[:5]:
            self.complain(number, f"{path} is neither as in the source nor as before")
        self.rerun(number)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pcp", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("options", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    trees = Trees(args.dir)
    make_trees(rng, trees.source, trees.old)
    killer = Killer(args, trees, rng)
    number = 0
    # A run may be so short that few kills come in the midst of it.
    while number < args.rounds or (number < MOST * args.rounds and
                                   killer.midst < args.rounds / 10):
        killer.round(number)
        number += 1
    few = killer.midst < args.rounds / 10
    print(f"{number} kills, {killer.midst} in the midst, {killer.temporary} temporary "
          f"names, {killer.wrong} wrong")
    sys.exit(bool(killer.wrong or few))


main()
