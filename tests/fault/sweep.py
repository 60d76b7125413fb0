#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sweep.py --pcp=PROGRAM --hook=LIBRARY --dir=DIR: lets pcp copy again and again, in each way
# that sweep_scenarios.py has, and each time makes one call fail: the first of a function, the
# second, and so on until there is none left, with each error that it may have.  What must
# hold then is in sweep_judge.py.
#
#   --slice=K       only every Kth fault, always the same ones; 1, all, is the default
#   --jobs=N        so many scenarios at a time
#   --scenario=RE, --call=RE, --how=RE      only those whose names match as a whole
#   --nth=N         only the Nth call; then what is said is shown
#   --sites         also list the places in the program that make a call and were not reached
#   --show=N        show so many complaints of each kind (20)
#
# The last line of the output is the sum.  The status is 1 if there was any complaint.

import argparse
import collections
import dataclasses
import mmap
import multiprocessing
import os
import re
import resource
import shutil
import struct
import subprocess
import sys
import time
import zlib

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools")
sys.path.insert(0, TOOLS)
import sweep_scenarios
import sweep_sites
import treecmp
from sweep_judge import Fault, Judge, Seen

TIMEOUT = 10        # seconds
SOFT_LIMIT = 256    # of descriptors
FIRED = 1
RECENT = (sweep_scenarios.NEW + 1000) * 10**9    # what is dated later has been made by the run


def read_calls():
    """[(name, the function that makes it, faults)] in the order of sweep_hook.c"""
    with open(os.path.join(TOOLS, "sweep_calls.h")) as f:
        lines = re.findall(r"^(SYS)?CALL\((\w+), \w+, \w+, \d, ((?:\s*\"[^\"]*\")+)\)",
                           f.read(), re.MULTILINE)
    return [(name, "syscall" if is_sys else name,
             "".join(re.findall('"([^"]*)"', faults)).split()) for is_sys, name, faults in lines]


CALLS = read_calls()


class Shared:
    """struct shared of sweep_hook.c"""
    HEAD, MOST_CALLS, PATH, MOST_SITES = struct.Struct("8i"), 128, 512, 8192

    def __init__(self, path):
        self.counts_at = self.HEAD.size
        self.path_at = self.counts_at + 4 * self.MOST_CALLS
        self.under_at = self.path_at + self.PATH
        self.sites_at = self.under_at + self.PATH
        size = self.sites_at + 8 * self.MOST_SITES
        with open(path, "wb+") as f:
            f.truncate(size)
            self.map = mmap.mmap(f.fileno(), size)

    def arm(self, call, nth, fault, lasting=False, under=b""):
        self.map[:self.sites_at] = bytes(self.sites_at)
        self.HEAD.pack_into(self.map, 0, call, nth, fault, 0, 0, 0, lasting, 0)
        self.map[self.under_at:self.under_at + len(under)] = under

    def end(self):
        """(fired, descriptors, threads)"""
        return self.HEAD.unpack_from(self.map, 0)[3:6]

    def all(self):
        return self.HEAD.unpack_from(self.map, 0)[7]

    def counts(self):
        return struct.unpack_from(f"{self.MOST_CALLS}I", self.map, self.counts_at)

    def path(self):
        raw = self.map[self.path_at:self.path_at + self.PATH]
        return os.fsdecode(raw.split(b"\0")[0])

    def sites(self):
        """{(number of the call, offset in the program)}"""
        words = struct.unpack_from(f"{self.MOST_SITES}Q", self.map, self.sites_at)
        return {(w >> 48, w & (1 << 48) - 1) for w in words if w}


def remove(path):
    """Remove what is at path, also directories that this user may not write to."""
    for at, dirs, _ in os.walk(path):
        for name in [".", *dirs]:
            if not os.path.islink(os.path.join(at, name)):
                os.chmod(os.path.join(at, name), 0o700)
    shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path):
        os.unlink(path)


class Lab:
    """A directory where one scenario is run."""

    def __init__(self, args, scenario):
        self.args, self.scenario = args, scenario
        name = re.sub(r"\W+", "-", scenario.name)
        self.work = os.path.join(args.dir, name)
        os.mkdir(self.work)
        self.shared = Shared(os.path.join(self.work, "shared"))
        self.make_source()
        self.source = "ops" if "ops/" in scenario.words else "src"
        self.command = [args.pcp, *scenario.arguments(self.work)]
        self.env = {"LC_ALL": "C", "PATH": os.environ["PATH"], "LD_PRELOAD": args.hook,
                    "SWEEP_FILE": self.path("shared")}
        if "LD_LIBRARY_PATH" in os.environ:
            self.env["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]

    def path(self, name):
        return os.path.join(self.work, name)

    def make_source(self):
        for name in ("src", "ops"):
            remove(self.path(name))
        sweep_scenarios.make_source(self.path("src"))
        sweep_scenarios.make_operands(self.path("ops"))

    def clear(self):
        """Remove what is so deep that Python cannot."""
        for name in ("src", "dst"):
            subprocess.run(["rm", "-rf", self.path(name)], check=True)
        self.make_source()

    def reset(self):
        for name in ("dst", "links", "file", "journal"):
            remove(self.path(name))
        sweep_scenarios.make_links(self.path("links"))
        if self.scenario.old:
            sweep_scenarios.make_old(self.path("dst"))
        elif self.scenario.into:
            os.mkdir(self.path("dst"))
        if self.scenario.linked:
            self.make_source()

    def look(self, name):
        if not os.path.lexists(self.path(name)):
            return {}
        tree = treecmp.snapshot(self.path(name), links=not self.scenario.linked)
        for seen in tree.values():
            # Without a fault the holes may differ as well.
            seen.pop("holes", None)
            if seen["mtime"] > RECENT:
                seen["mtime"] = "now"
        return tree

    def look_at_source(self):
        """The source, without the copy, which may be in there"""
        inside = os.path.relpath(self.path(self.scenario.dst), self.path(self.source)).encode()
        tree = {name: seen for name, seen in self.look(self.source).items()
                if not (name + b"/").startswith(inside + b"/")}
        for seen in tree.values():
            if self.scenario.linked and seen["type"] == "directory":
                seen["mtime"] = "now"
        return tree

    def read_lists(self):
        lists = {}
        for name in self.scenario.files:
            with open(self.path(name), "rb") as f:
                lists[name] = f.read()
        return lists

    def run(self, call=0, nth=0, fault=0):
        """Run pcp; returns (whether the call has failed, what is seen then)."""
        self.reset()
        for name in self.scenario.files:
            open(self.path(name), "w").close()
        self.shared.arm(call, nth, fault)
        with subprocess.Popen(self.command, cwd=self.work, env=self.env,
                              umask=self.scenario.umask, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            try:
                out, err = child.communicate(self.scenario.stdin, timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                child.kill()
                out, err = child.communicate()
        fired, fds, threads = self.shared.end()
        counts = dict(zip((name for name, _, _ in CALLS), self.shared.counts()))
        return fired, Seen(
            status=child.returncode, out=out.decode(errors="replace"),
            err=err.decode(errors="replace"), tree=self.look(self.scenario.dst),
            source=self.look_at_source(), lists=self.read_lists(), path=self.shared.path(),
            fds=fds, threads=threads, synced=counts["syncfs"] + counts["fsync"])


@dataclasses.dataclass
class Sum:
    """What became of the faults of one scenario, or of all."""
    faults: int = 0
    failed: int = 0         # runs that said they had failed
    complaints: list = dataclasses.field(default_factory=list)     # (kind, words)
    sites: set = dataclasses.field(default_factory=set)

    def add(self, other):
        self.faults += other.faults
        self.failed += other.failed
        self.complaints += other.complaints
        self.sites |= other.sites


class Sweep:
    def __init__(self, args, scenario):
        self.args, self.scenario = args, scenario
        self.lab = Lab(args, scenario)
        self.sum = Sum()

    def complain(self, kind, words):
        self.sum.complaints.append((kind, f"{self.scenario.name}: {words}"))

    def is_in_slice(self, fault):
        if (self.scenario.name, fault.call, fault.how) in sweep_scenarios.ALWAYS:
            return True
        key = f"{self.scenario.name}: {fault}".encode()
        return zlib.crc32(key) % self.args.slice == 0

    def sweep_call(self, judge, number, how, calls):
        """Fail the first, second, ... of the calls of a function; there were so many before."""
        name = CALLS[number][0]
        for nth in range(1, 100000):
            fault = Fault(name, how, nth)
            if self.args.slice > 1 and nth > calls:
                break
            if not self.is_in_slice(fault) or self.args.nth not in (0, nth):
                continue
            try:
                fired, seen = self.lab.run(number, nth, fault.number())
            except OSError as error:
                self.complain("endless", f"{fault}: cannot look at the copy: {error}")
                self.lab.clear()
                continue
            if not fired and nth > calls:
                break
            if fired != FIRED:
                continue
            if self.args.nth:
                print(f"{self.scenario.name}: {fault}, {seen.path}: status {seen.status}\n"
                      f"{seen.out}{seen.err}")
            self.sum.faults += 1
            self.sum.failed += seen.status != 0
            for kind, words in judge(fault, seen):
                self.complain(kind, f"{fault}: {words}")
                if kind == "source":
                    self.lab.make_source()

    def __call__(self):
        lab = self.lab
        lab.reset()
        before = lab.look(self.scenario.dst)
        _, good = lab.run()
        _, again = lab.run()
        if good.status != self.scenario.fails:
            self.complain("scenario", f"status {good.status}: {good.err}")
        if good.tree != again.tree:
            self.complain("scenario", "two runs differ: "
                          f"{Judge.differences(good.tree, again.tree)}")
        judge = Judge(self.scenario, before, good)
        counts = lab.shared.counts()
        for number, (name, _, faults) in enumerate(CALLS):
            for how in faults:
                if re.fullmatch(self.args.call, name) and re.fullmatch(self.args.how, how):
                    self.sweep_call(judge, number, how, counts[number])
        self.sum.sites = lab.shared.sites()
        remove(lab.work)
        return self.sum


def sweep(job):
    args, scenario = job
    begin = time.monotonic()
    found = Sweep(args, scenario)()
    return scenario, found, time.monotonic() - begin


def show(total, most):
    shown = collections.Counter()
    for kind, words in total.complaints:
        shown[kind] += 1
        if shown[kind] <= most:
            print(f"{kind}: {words}")
    return ", ".join(f"{n} {kind}" for kind, n in sorted(shown.items())) or "no complaint"


def parse():
    parser = argparse.ArgumentParser()
    for name in ("pcp", "hook", "dir"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--slice", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--nth", type=int, default=0)
    for name in ("scenario", "call", "how"):
        parser.add_argument("--" + name, default=".*")
    parser.add_argument("--sites", action="store_true")
    args = parser.parse_args()
    for name in ("pcp", "hook", "dir"):
        setattr(args, name, os.path.abspath(getattr(args, name)))
    return args


def main():
    args = parse()
    # pcp raises it, which is one more call.
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (SOFT_LIMIT, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    jobs = [(args, s) for s in sweep_scenarios.SCENARIOS if re.fullmatch(args.scenario, s.name)]
    total = Sum()
    with multiprocessing.Pool(args.jobs) as pool:
        for scenario, found, seconds in pool.imap_unordered(sweep, jobs, chunksize=1):
            print(f"{scenario.name}: {found.faults} faults, {found.failed} failures, "
                  f"{len(found.complaints)} complaints, {seconds:.0f} s", flush=True)
            total.add(found)
    words = show(total, args.show)
    reached = ""
    if args.sites:
        bad, reached = sweep_sites.check(args.pcp, [by for _, by, _ in CALLS], total.sites)
        for kind, place in bad:
            print(f"{kind}: {place}")
        total.complaints += bad
        reached += ", "
    print(f"{total.faults} faults, {total.failed} runs failed, {reached}{words}")
    sys.exit(bool(total.complaints))


if __name__ == "__main__":
    main()
