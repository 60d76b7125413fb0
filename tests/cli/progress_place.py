# SPDX-License-Identifier: GPL-3.0-or-later
#
# Where a case of progress_cases.py copies: from a slow file system that is mounted for it.

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))

import screen_checks as checks  # noqa: E402
from screen import Run  # noqa: E402
from screen_checks import expect  # noqa: E402

SCRATCH = os.environ["SCRATCH"]
MIB = 1 << 20
# A read is one at a time, and takes so many microseconds for a MiB: 40 MiB a second
STEADY = ("-x", "-s", "1", "-m", "25000")
BEFORE = "before 1\nbefore 2\n"


class Place:
    """A directory for one case: src, seen slowly as slow; dst"""

    def __init__(self, case):
        self.base = tempfile.mkdtemp(prefix=case, dir=SCRATCH)
        for name in "src", "slow", "dst":
            os.makedirs(self.path(name))

    def path(self, *names):
        return os.path.join(self.base, *names)

    def file(self, name, mib):
        path = os.path.join(os.fsencode(self.path("src")), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        block = os.urandom(MIB)
        with open(path, "wb") as f:
            for _ in range(mib):
                f.write(block)

    def files(self, *sizes):
        for n, mib in enumerate(sizes):
            self.file(f"tree/file {n}", mib)


@contextlib.contextmanager
def place(case, *options):
    """With the source mounted there; its daemon is in slowfs."""
    p = Place(case)
    p.slowfs = subprocess.Popen(["slowfs", "-f", *options, p.path("src"), p.path("slow")],
                                env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    try:
        while not os.path.exists(p.path("slow", ".slowfs")):
            expect(p.slowfs.poll() is None, "slowfs does not start")
            time.sleep(0.01)
        yield p
    finally:
        p.slowfs.send_signal(signal.SIGCONT)
        subprocess.run(["fusermount3", "-uz", p.path("slow")], check=False)
        p.slowfs.wait(60)
        shutil.rmtree(p.base, ignore_errors=True)


def pcp(p, *options, **how):
    return Run(["pcp", "-R", *options, p.path("slow", "tree"), p.path("dst", "copy")], **how)


def in_turn(p, names, *options, **how):
    """One after the other, in this order"""
    names = [p.path("slow", "tree", name) for name in names]
    return Run(["pcp", "-j1", "--window=1", *options, *names, p.path("dst")], **how)


def check_all(run, frames, terminal):
    expect(frames, "nothing was painted:", run.bytes()[-300:])
    checks.check_place(frames)
    checks.check_number(frames, run)
    checks.check_plain(run, frames)
    checks.check_terminal(run, terminal)


def failures(p, names):
    """What is said of files that cannot be opened"""
    return [f"pcp: cannot open '{p.path('slow', 'tree', name)}' for reading: "
            "Input/output error" for name in names]
