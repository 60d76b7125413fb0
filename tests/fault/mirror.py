#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mirror.py --pcp=PROGRAM --hook=LIBRARY --dir=DIR: pcp --mirror, while something is wrong with
# its source.  Whatever it is, no name that the source has may go from the destination.
#
#   --faults=N      so many, spread over all groups; 300 is the default
#   --seed=N        which of them, and for which trees
#   --group=RE --how=RE     only groups (listed at the end) and faults that match as a whole
#   --show=N        show so many complaints (10)
#
# Design: the hook (tools/sweep_hook.c) counts only calls for the source.  A run without a fault
# tells how many there are of each; then each run has one of them fail, or all from one on.  Some
# faults say nothing: a directory seems to end in its middle, or at its beginning.  At others the
# process stops itself; then a directory is moved away, or the source is unmounted, and the
# process goes on.  The groups take turns, so that a few hundred faults have some of each.
#
# A directory that was moved away counts as being there, for pcp has met it: it is moved at a call
# for what is in it.  But where the source is unmounted pcp may see no more than an empty mount
# point; that is why --max-delete limits what can go, and the trees have less to be deleted.
#
# The last line of the output is the sum.  The status is 1 if there was any complaint, 2 if pcp
# does not do its work without a fault.

import argparse
import collections
import ctypes
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from sweep import CALLS, FIRED, Shared

TIMEOUT = 20        # seconds
SHOWN = 8           # names, or lines
ANY, ZERO, CUT, STOP = -1, -2, -3, -4       # as in sweep_hook.c
ERRNOS = {"EIO": 5, "ESTALE": 116, "ENOENT": 2, "ENOTCONN": 107}
HOWS = {**ERRNOS, "zero": ZERO, "cut": CUT, "away": STOP, "unmount": STOP}
READS = {"getdents64": ("EIO", "ESTALE", "ENOENT", "zero", "cut"),
         "readdir": ("EIO", "ESTALE", "ENOENT", "zero")}
LOOKS = ("EIO", "ESTALE", "ENOENT")
WORDS = [["--mirror", "--max-delete=100%"], ["--mirror", "--max-delete=100%", "-j16"],
         ["--mirror", "--max-delete=100%", "-j1", "--window=1"],
         ["--mirror", "--max-delete=100%", "--update=checksum"]]
CAUTIOUS = ["--mirror", "--max-delete=50%"]
SAME, OLDER = 1_500_000_000, 1_400_000_000
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH, CLONE_NEWNS = 0x1000, 0x4000, 0x40000, 2, 0x20000

libc = ctypes.CDLL(None, use_errno=True)
Fault = collections.namedtuple("Fault", "group words call how nth lasting under")


def put(path, text, mtime=SAME):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.utime(path, (mtime, mtime))


class Trees:
    """The source, and the destination as it is before each run."""

    def __init__(self, rng):
        self.dirs = ["."]
        for name in "abcde"[:rng.randint(3, 5)]:
            self.dirs.append(os.path.join(rng.choice(self.dirs), name))
        # What each directory has.
        self.counts = [rng.randint(1, 4) for _ in self.dirs]
        self.extras = [rng.choice((0, 1, 2)) for _ in self.dirs]
        self.extras[0] = 2

    def make_source(self, top):
        for at, count in zip(self.dirs, self.counts):
            path = os.path.join(top, at)
            os.makedirs(path, exist_ok=True)
            for i in range(count):
                put(f"{path}/same{i}", "the same")
                put(f"{path}/changed{i}", "newer")
                put(f"{path}/new{i}", "new")
            os.symlink("same0", f"{path}/link")
            os.symlink("new0", f"{path}/other")
            os.link(f"{path}/same0", f"{path}/hard")
        put(f"{top}/file", "no directory")
        os.mkdir(f"{top}/dir")
        put(f"{top}/dir/inner", "in a directory")
        os.mkfifo(f"{top}/fifo")

    def make_destination(self, top):
        for at, count, extras in zip(self.dirs, self.counts, self.extras):
            path = os.path.join(top, at)
            os.makedirs(path, exist_ok=True)
            for i in range(count):
                put(f"{path}/same{i}", "the same")
                put(f"{path}/changed{i}", "old", OLDER)
            os.symlink("same0", f"{path}/link")
            os.symlink("same0", f"{path}/other")
            os.link(f"{path}/same0", f"{path}/hard")
            for i in range(extras):
                put(f"{path}/extra{i}", "extra")
        os.mkdir(f"{top}/gone")
        put(f"{top}/gone/inner", "extra")
        os.mkdir(f"{top}/file")
        put(f"{top}/dir", "no directory")
        os.mkfifo(f"{top}/fifo")


def names(top):
    """All names below top."""
    found = set()
    for at, dirs, files in os.walk(top):
        found.update(os.path.relpath(os.path.join(at, name), top) for name in dirs + files)
    return found


def may_mount():
    """Takes this process into a mount namespace of its own; false if it may not."""
    return os.geteuid() == 0 and libc.unshare(CLONE_NEWNS) == 0 and \
        libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0


def shorten(words, between):
    more = [f"... ({len(words)})"] if len(words) > SHOWN else []
    return between.join(words[:SHOWN] + more)


class Lab:
    """Where pcp runs."""

    def __init__(self, args, seed):
        self.args = args
        self.work = os.path.join(args.dir, f"lab{seed}")
        os.mkdir(self.work)
        self.store, self.src, self.dst, self.aside = (
            os.path.join(self.work, name) for name in ("store", "src", "dst", "aside"))
        self.shared = Shared(os.path.join(self.work, "shared"))
        self.trees = Trees(random.Random(seed))
        self.mounted = args.mounts
        # The source is the store, which is mounted there or, where nobody may do so, is there.
        if self.mounted:
            os.mkdir(self.src)
        else:
            self.store = self.src
        self.trees.make_source(self.store)
        self.mount()
        self.wanted = names(self.src)
        self.env = {"LC_ALL": "C", "PATH": os.environ["PATH"], "LD_PRELOAD": args.hook,
                    "SWEEP_FILE": os.path.join(self.work, "shared")}
        self.env.update((name, os.environ[name]) for name in ("LD_LIBRARY_PATH", "PCP_WITHOUT")
                        if name in os.environ)

    def close(self):
        if self.mounted:
            libc.umount2(self.src.encode(), MNT_DETACH)
        shutil.rmtree(self.work)

    def mount(self):
        if self.mounted and not os.listdir(self.src):
            libc.mount(self.store.encode(), self.src.encode(), None, MS_BIND, None)

    def disturb(self, fault):
        if fault.how == "away":
            os.rename(os.path.join(self.store, fault.under), self.aside)
        else:
            libc.umount2(self.src.encode(), MNT_DETACH)

    def mend(self, fault):
        if os.path.lexists(self.aside):
            os.rename(self.aside, os.path.join(self.store, fault.under))
        self.mount()

    def wait(self, child, fault):
        """Wait for its end; disturb it when it has stopped itself.  Returns its status."""
        end = time.monotonic() + TIMEOUT
        disturbed = False
        while child.poll() is None:
            if time.monotonic() > end:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                return None
            if HOWS.get(fault.how) != STOP:
                try:
                    child.wait(TIMEOUT)
                except subprocess.TimeoutExpired:
                    pass
                continue
            if self.shared.end()[0] == FIRED:
                if not disturbed:
                    self.disturb(fault)
                    disturbed = True
                os.killpg(child.pid, signal.SIGCONT)
            time.sleep(0.0005)
        return child.returncode

    def run(self, fault):
        """Returns (whether there was a fault, the status, what was said)."""
        shutil.rmtree(self.dst, ignore_errors=True)
        self.trees.make_destination(self.dst)
        self.shared.arm(fault.call, fault.nth, HOWS.get(fault.how, 0), fault.lasting,
                        os.path.normpath(os.path.join(self.src, fault.under)).encode())
        command = [self.args.pcp, *fault.words, self.src + "/.", self.dst + "/"]
        with open(os.path.join(self.work, "said"), "wb+") as said:
            child = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL,
                                     stdout=said, stderr=said, start_new_session=True)
            status = self.wait(child, fault)
            said.seek(0)
            words = said.read().decode(errors="replace")
        self.mend(fault)
        return self.shared.end()[0] == FIRED, status, words

    def calls(self, words, under="."):
        """What pcp calls for the source: ({number of the function: how often}, the sum)."""
        _, status, said = self.run(Fault("", words, 0, "", 0, False, under))
        if status != 0 or names(self.dst) != self.wanted:
            print(f"{words} without a fault: status {status}: {said}"
                  f"{sorted(names(self.dst) ^ self.wanted)}")
            sys.exit(2)
        counts = self.shared.counts()
        return {i: n for i, n in enumerate(counts) if n}, self.shared.all()


def all_faults(lab):
    """{group: its faults}"""
    groups = collections.defaultdict(list)

    def add(group, words, call, how, counts, lasting=False, under="."):
        groups[group] += [Fault(group, words, call, how, nth, lasting, under)
                          for nth in range(1, counts + 1)]
    for words in WORDS:
        counts, total = lab.calls(words)
        for call, count in counts.items():
            name = CALLS[call][0]
            for how in READS.get(name, LOOKS):
                quiet = how in ("zero", "cut")
                kind = "quiet end" if quiet else "reading" if name in READS else "call"
                add(kind, words, call, how, count)
                if how != "cut":
                    add(f"{kind}, for ever", words, call, how, count, lasting=True)
        for how in ERRNOS:
            add("all calls, for ever", words, ANY, how, total, lasting=True)
        for under in lab.trees.dirs[1:]:
            _, total = lab.calls(words, under)
            add("moved away", words, ANY, "away", total, under=under)
    if lab.mounted:
        add("unmounted", CAUTIOUS, ANY, "unmount", lab.calls(CAUTIOUS)[1])
    return groups


def in_turn(groups, rng):
    """All faults: one of each group, then the next of each"""
    for faults in groups.values():
        rng.shuffle(faults)
    while any(groups.values()):
        for group in sorted(groups):
            if groups[group]:
                yield groups[group].pop()


class Sum:
    def __init__(self, args):
        self.args = args
        self.faults = collections.Counter()
        self.ended = collections.Counter()      # by what became of that which was to go
        self.complaints = 0

    def complain(self, fault, lab, words):
        self.complaints += 1
        if self.complaints > self.args.show:
            return
        call = "call" if fault.call == ANY else CALLS[fault.call][0]
        often = " and all after it" if fault.lasting else ""
        print(f"{' '.join(fault.words)}: {fault.how} at {call} {fault.nth}{often} below "
              f"{fault.under} ({os.path.relpath(lab.shared.path(), lab.work)}): {words}")

    def judge(self, fault, lab):
        fired, status, said = lab.run(fault)
        if not fired:
            return
        self.faults[fault.group] += 1
        there = names(lab.dst)
        before = self.before
        if status is None:
            self.complain(fault, lab, "it does not end")
        if lost := sorted((before & lab.wanted) - there):
            self.complain(fault, lab, f"status {status}, lost: {shorten(lost, ' ')}\n"
                          f"{shorten(said.splitlines(), chr(10))}")
        gone = len(before - lab.wanted - there)
        self.ended["all" if gone == len(before - lab.wanted) else "some" if gone else "none"] += 1

    def begin(self, lab):
        """A new laboratory: what its destination has is the same before each run."""
        shutil.rmtree(lab.dst, ignore_errors=True)
        lab.trees.make_destination(lab.dst)
        self.before = names(lab.dst)


def parse():
    parser = argparse.ArgumentParser()
    for name in ("pcp", "hook", "dir"):
        parser.add_argument("--" + name, required=True)
    for name, number in (("faults", 300), ("seed", 1), ("show", 10)):
        parser.add_argument("--" + name, type=int, default=number)
    for name in ("group", "how"):
        parser.add_argument("--" + name, default=".*")
    args = parser.parse_args()
    for name in ("pcp", "hook", "dir"):
        setattr(args, name, os.path.realpath(getattr(args, name)))
    args.mounts = may_mount()
    return args


def main():
    args = parse()
    total = Sum(args)
    seed = args.seed
    while sum(total.faults.values()) < args.faults:
        lab = Lab(args, seed)
        groups = {group: [f for f in faults if re.fullmatch(args.how, f.how)]
                  for group, faults in all_faults(lab).items() if re.fullmatch(args.group, group)}
        total.begin(lab)
        known = sum(total.faults.values())
        for fault in in_turn(groups, random.Random(seed)):
            total.judge(fault, lab)
            if sum(total.faults.values()) >= args.faults:
                break
        lab.close()
        if sum(total.faults.values()) == known:
            print("there is no such fault")
            sys.exit(2)
        seed += 1
    for group, count in sorted(total.faults.items()):
        print(f"{group}: {count} faults")
    ended = ", ".join(f"{what} in {total.ended[what]}" for what in ("all", "some", "none"))
    print(f"{sum(total.faults.values())} faults, {total.complaints} complaints; of what was to "
          f"be deleted went {ended}")
    sys.exit(bool(total.complaints))


main()
