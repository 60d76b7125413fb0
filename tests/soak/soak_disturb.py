# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of soak.py: what a run is disturbed by, drawn at random, and how that is done.

import contextlib
import os
import resource
import signal
import threading
import time
from dataclasses import dataclass

ENDERS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGTERM", "SIGINT")
HARMLESS = ("SIGWINCH", "SIGUSR1", "SIGCHLD")
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EACCES", "ESTALE", "EINTR", "ENOENT", "EROFS",
          "EOPNOTSUPP", "EXDEV", "ENOSYS")
MOVES = ("read", "write", "copy")
OPERATIONS = ("getattr", "readlink", "mknod", "mkdir", "unlink", "symlink", "rename", "link",
              "chmod", "chown", "utimens", "truncate", "open", "create", "flush", "fsync",
              "opendir", "readdir", "setxattr", "getxattr", "listxattr", *MOVES)
PIECE = 4096            # bytes of the output that are read before its reader goes


@dataclass(frozen=True)
class Disturbance:
    kind: str = "none"      # none signal stop harmless closed nofile memory data fault source
    signal: str = ""        # of signal and harmless
    moment: float = 0.0     # part of the time that an undisturbed run takes
    limit: int = 0          # descriptors, or KiB
    faults: tuple = ()      # as slowfs -e takes them
    delay: int = 0          # microseconds that each operation of slowfs takes
    seed: int = 0           # of what is done to the source

    def __str__(self):
        parts = [self.kind]
        if self.signal:
            parts.append(self.signal)
        if self.moment:
            parts.append(f"after {self.moment:.3f} of a run")
        if self.limit:
            parts.append(f"limit {self.limit}")
        parts += [f"-e {fault}" for fault in self.faults]
        if self.delay:
            parts.append(f"-d all={self.delay}")
        return ", ".join(parts)


def draw_fault(rng):
    operation = rng.choice(OPERATIONS)
    what = rng.choice(ERRORS)
    if operation in MOVES and rng.random() < 0.4:
        what = rng.choice(("short", "zero"))
    count = rng.choice(("", "", "+2", "+"))
    # An operation that is interrupted for ever, or never gets on, never ends.
    if what in ("EINTR", "zero") and count == "+":
        count = ""
    # Who is told that there is nothing can only believe it.
    if what == "ENOENT" and operation in ("getattr", "unlink", "readlink"):
        what = "EIO"
    return f"{operation}:{rng.choice((1, 1, 1, 2, 3, 5, 8))}{count}:{what}"


def draw(rng, slow, may_limit_memory):
    """One disturbance; slow: the tree is seen through slowfs."""
    weights = {"signal": 30, "stop": 6, "harmless": 4, "closed": 8, "nofile": 14, "source": 14,
               "none": 4}
    if may_limit_memory:
        weights |= {"memory": 5, "data": 8}
    if slow:
        weights["fault"] = 60
    kind = rng.choices(list(weights), list(weights.values()))[0]
    what = {"kind": kind, "moment": rng.uniform(0, 1.1), "seed": rng.getrandbits(32)}
    if slow:
        what["delay"] = rng.choice((0, 200, 1000))
    if kind == "signal":
        what["signal"] = rng.choice(ENDERS)
    elif kind == "harmless":
        what["signal"] = rng.choice(HARMLESS)
    elif kind == "nofile":
        what["limit"] = rng.randint(4, 40)
    elif kind == "memory":
        what["limit"] = rng.randint(2880, 5000)
    elif kind == "data":
        what["limit"] = rng.randint(180, 700)
    elif kind == "fault":
        what["faults"] = tuple(draw_fault(rng) for _ in range(rng.choice((1, 1, 1, 2, 4))))
    if kind in ("none", "closed", "nofile", "memory", "data", "fault"):
        del what["moment"]
    return Disturbance(**what)


def limits(d):
    """What the child calls before it is the program; or None."""
    which = {"nofile": (resource.RLIMIT_NOFILE, 1), "memory": (resource.RLIMIT_AS, 1 << 10),
             "data": (resource.RLIMIT_DATA, 1 << 10)}
    if d.kind not in which:
        return None
    name, unit = which[d.kind]
    return lambda: resource.setrlimit(name, (d.limit * unit, d.limit * unit))


# ------------------------------------------------------------- while it runs

def send(process, number):
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


class Source:
    """Changes, removes and moves names of the tree that is the working directory."""

    def __init__(self, rng, case):
        self.rng = rng
        operands = [w.text[0] for w in case.words if w.role == "operand"][:-1]
        roots = tuple(os.path.normpath(p) for p in operands)
        self.paths = [n.path for n in case.nodes
                      if any(n.path == r or n.path.startswith(r + b"/") for r in roots)]
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def change(self, path):
        step = self.rng.choice(("append", "cut", "remove", "move", "link", "mode"))
        if step == "append" and os.path.isfile(path) and not os.path.islink(path):
            with open(path, "ab") as f:
                f.write(b"more" * self.rng.randint(1, 5000))
        elif step == "cut" and os.path.isfile(path) and not os.path.islink(path):
            os.truncate(path, self.rng.randint(0, 3))
        elif step == "remove":
            os.unlink(path)
        elif step == "move":
            os.rename(path, path + b".moved")
        elif step == "link":
            os.rename(path, path + b".moved")
            os.symlink(b"nowhere", path)
        elif not os.path.islink(path):
            os.chmod(path, self.rng.choice((0, 0o700, 0o644)))

    def run(self):
        while self.paths and not self.stopped.wait(self.rng.uniform(0, 0.003)):
            with contextlib.suppress(OSError):
                self.change(self.rng.choice(self.paths))

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def disturb(process, d, seconds):
    """Do what d asks for to the process, of which an undisturbed run took so many seconds."""
    if d.kind not in ("signal", "stop", "harmless"):
        return
    time.sleep(d.moment * seconds)
    if d.kind == "stop":
        send(process, signal.SIGSTOP)
        time.sleep(0.02)
        send(process, signal.SIGCONT)
    else:
        send(process, getattr(signal, d.signal))


def deaths(d):
    """The signals that the run may die by."""
    # pcp may not have come to its first line yet, which says what it does about SIGUSR1.
    if d.kind == "signal" or d.signal == "SIGUSR1":
        return {getattr(signal, d.signal)}
    return {signal.SIGPIPE} if d.kind == "closed" else set()
