#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# screen.py [--size COLUMNSxROWS] [--at SECONDS ACTION]... COMMAND ARGUMENT...: runs a
# command in a terminal of its own, and prints each frame of its progress bar as the
# terminal showed it.  ACTION is resize:COLUMNSxROWS, signal:NAME, key:^Z (any text, with
# ^X for control characters), fg or bg.
#
# Also a module.  Run is a command in a pseudo-terminal, with every byte that came out of it
# and when; Terminal is what it looks like (python3-pyte); frames() cuts the one into
# the other.  screen_checks.py has what is to be true of them.

import argparse
import collections
import errno
import fcntl
import os
import re
import select
import signal
import socket
import struct
import sys
import termios
import time

import pyte

# A frame of the bar, and how it is taken off again.  Between its lines there may be colours;
# any other control character makes it something else.
FRAME = re.compile(rb"\r(?:[^\x00-\x1f\x7f]|\x1b\[\d*m|\x1b\[K\r\n)*\x1b\[K\x1b\[J\r"
                   rb"(?:\x1b\[\d+A)?(?:\x1b\]9;4;\d;\d*\x1b\\)?")
HIDE = re.compile(rb"(?:\x1b\]9;4;0;\x1b\\)?\r\x1b\[J")

# Terminals say of themselves who they are; the one that the test runs in does not count.
FOREIGN = ("NO_COLOR", "TERM_PROGRAM", "WT_SESSION", "ConEmuANSI")

DRAIN = 65536


class Failure(Exception):
    """What is to be true is not."""


# ------------------------------------------------------------- the command

def set_size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def environment(extra):
    env = {k: v for k, v in os.environ.items() if k not in FOREIGN}
    env.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
    env.update(extra or {})
    return {k: v for k, v in env.items() if v is not None}


def become(argv, slave, env, foreground, stdout, stderr):
    """The command: a process group of its own, as of a shell with job control."""
    os.setpgid(0, 0)
    if foreground:
        os.tcsetpgrp(slave, os.getpid())
    for sig in (signal.SIGTTOU, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT):
        signal.signal(sig, signal.SIG_DFL)
    for number, fd in enumerate((slave, stdout or slave, stderr or slave)):
        os.dup2(fd, number)
    os.closerange(3, 256)
    os.execvpe(argv[0], argv, env)


def lead(slave, control, start):
    """The leader of the session, in the place of a shell; its words come over control."""
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        try:
            start()
        finally:
            os._exit(127)
    control.send(b"pid %d\n" % pid)
    while True:
        ready, _, _ = select.select([control], [], [], 0.01)
        words = control.recv(100).decode() if ready else ""
        if ready and not words:
            os.kill(pid, signal.SIGKILL)
        if "fg" in words:
            os.tcsetpgrp(slave, pid)
        if "fg" in words or "bg" in words:
            os.killpg(pid, signal.SIGCONT)
        seen, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if seen and os.WIFSTOPPED(status):
            os.tcsetpgrp(slave, os.getpgrp())
            control.send(b"stopped\n")
        elif seen:
            control.send(b"exit %d\n" % os.waitstatus_to_exitcode(status))
            return


class Run:
    """argv in a pseudo-terminal.  before is what the screen shows already; env is added to
    the environment, None takes away; stdout and stderr are descriptors, if not the
    terminal."""

    def __init__(self, argv, columns=80, rows=24, env=None, before="", foreground=True,
                 stdout=None, stderr=None):
        self.argv, self.size = argv, (columns, rows)
        self.raw, self.reads, self.resizes = bytearray(), [], []
        self.pid = self.status = None
        self.stops, self.words, self.closed = 0, "", False
        self.painted, self.painted_to = 0, 0
        self.master, slave = os.openpty()
        set_size(self.master, columns, rows)
        self.found = termios.tcgetattr(self.master)
        os.write(slave, before.encode())
        self.control, theirs = socket.socketpair()
        self.started = time.monotonic()
        self.leader = os.fork()
        if self.leader == 0:
            try:
                os.close(self.master)
                self.control.close()
                lead(slave, theirs, lambda: become(argv, slave, environment(env), foreground,
                                                   stdout, stderr))
            finally:
                os._exit(0)
        os.close(slave)
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Whatever is left of it goes."""
        if self.leader:
            self.control.close()
            os.close(self.master)
            os.waitpid(self.leader, 0)
            self.leader = None

    def elapsed(self):
        return time.monotonic() - self.started

    def read(self):
        try:
            data = os.read(self.master, DRAIN)
        except OSError as e:
            if e.errno != errno.EIO:
                raise
            data = b""
        if data:
            self.raw += data
            self.reads.append((self.elapsed(), len(self.raw)))
        else:
            self.closed = True

    def listen(self):
        self.words += self.control.recv(1000).decode()
        *lines, self.words = self.words.split("\n")
        for line in lines:
            word, *rest = line.split()
            if word == "pid":
                self.pid = int(rest[0])
            elif word == "stopped":
                self.stops += 1
            elif word == "exit":
                self.status, self.ended = int(rest[0]), self.elapsed()

    def pump(self, seconds):
        """Take what comes, for up to so long."""
        fds = [] if self.closed else [self.master]
        fds += [self.control] if self.status is None else []
        ready, _, _ = select.select(fds, [], [], seconds)
        if self.master in ready:
            self.read()
        if self.control in ready:
            self.listen()

    def wait(self, seconds):
        end = self.elapsed() + seconds
        while self.elapsed() < end and not self.over():
            self.pump(max(0, end - self.elapsed()))

    def over(self):
        return self.closed and self.status is not None

    def until(self, what, condition, seconds=30):
        end = self.elapsed() + seconds
        while not condition():
            if self.over() or self.elapsed() > end:
                raise Failure(f"{what}: not before {'it ended' if self.over() else seconds}; "
                              f"{bytes(self.raw[-600:])!r}")
            self.pump(0.1)

    def count(self):
        """The frames so far"""
        for m in FRAME.finditer(self.raw, self.painted_to):
            self.painted, self.painted_to = self.painted + 1, m.end()
        return self.painted

    def until_frames(self, n):
        end = self.count() + n
        self.until(f"{n} frames", lambda: self.count() >= end)

    def finish(self, seconds=60):
        self.until("the end", self.over, seconds)
        self.left = termios.tcgetattr(self.master)
        return self

    def resize(self, columns, rows):
        while select.select([self.master], [], [], 0)[0] and not self.closed:
            self.read()
        self.resizes.append((len(self.raw), columns, rows))
        set_size(self.master, columns, rows)

    def send(self, sig):
        """To the command alone; a key is for all of the foreground."""
        self.until("its pid", lambda: self.pid)
        if self.status is None:
            os.kill(self.pid, sig)

    def key(self, text):
        os.write(self.master, text.encode())

    def resume(self, where="fg"):
        if self.status is None:
            self.control.send(where.encode())

    def time_of(self, offset):
        return next(t for t, end in self.reads if end >= offset)

    def bytes(self):
        return bytes(self.raw)


# ------------------------------------------------------------ the terminal

class Terminal(pyte.Screen):
    """What is on the screen; what has scrolled off it; and what scrolled, or was wrapped."""

    def __init__(self, columns, rows, reflow=False):
        super().__init__(columns, rows)
        self.gone, self.scrolls, self.wraps, self.drawing = [], 0, 0, False
        self.reflow = reflow
        self.stream = pyte.ByteStream(self)

    def draw(self, data):
        self.drawing = True
        super().draw(data)
        self.drawing = False

    def linefeed(self):
        self.wraps += self.drawing
        super().linefeed()

    def index(self):
        if self.cursor.y == self.lines - 1:
            self.gone.append(self.display[0].rstrip())
            self.scrolls += 1
        super().index()

    def text(self):
        return [line.rstrip() for line in self.display]

    def above(self):
        """All that there ever was above the line of the cursor"""
        return self.gone + self.text()[:self.cursor.y]

    def everything(self):
        lines = self.gone + self.text()
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def folded(self, columns):
        """Its lines, each cut into pieces that fit; and the cursor's line among those"""
        rows, y = [], 0
        for n in range(self.lines):
            line = self.buffer[n]
            width = max(line, default=-1) + 1
            if n == self.cursor.y:
                y = len(rows)
            for first in range(0, max(width, 1), columns if self.reflow else max(width, 1)):
                rows.append([line[x] for x in range(first, min(first + columns, width))])
        return rows, y

    def resize(self, lines=None, columns=None):
        """As terminals do it, the line of the cursor staying: some cut off what becomes too
        wide, others (reflow) wrap it."""
        rows, y = self.folded(columns)
        while rows and len(rows) - 1 > y and all(c.data == " " for c in rows[-1]):
            rows.pop()
        # A terminal that wraps shows the end of it, if it can.
        over = max(y + 1 - lines, min(y, len(rows) - lines) if self.reflow else 0, 0)
        self.gone += ["".join(c.data for c in row).rstrip() for row in rows[:over]]
        x = min(self.cursor.x, columns - 1)
        self.lines, self.columns, self.margins = lines, columns, None
        self.buffer.clear()
        for n, row in enumerate(rows[over:over + lines]):
            for i, c in enumerate(row):
                self.buffer[n][i] = c
        self.cursor.y, self.cursor.x = y - over, x


# time: since the start; text: the lines of the frame alone; fresh: the size was another one
# when the last frame was painted, so this may be of that size; began: the line of the cursor
# before, less what has scrolled since; cursor: (x, y) after it; wraps: of its own lines.
Frame = collections.namedtuple(
    "Frame", "time screen text fresh began cursor wraps columns rows above hidden")


def feed(terminal, run, position, end, resizes):
    """Bytes up to end, and the changes of size on the way; how many there were."""
    count = 0
    while resizes and resizes[0][0] <= end:
        at, columns, rows = resizes.pop(0)
        terminal.stream.feed(bytes(run.raw[position:at]))
        position, count = at, count + 1
        terminal.resize(rows, columns)
    terminal.stream.feed(bytes(run.raw[position:end]))
    return count


def paint(terminal, run, m, fresh):
    before, scrolls, wraps = terminal.cursor.y, terminal.scrolls, terminal.wraps
    terminal.stream.feed(m.group())
    screen, cursor = terminal.text(), (terminal.cursor.x, terminal.cursor.y)
    height = m.group().count(b"\n") + 1
    return Frame(run.time_of(m.end()), screen, screen[cursor[1]:cursor[1] + height], fresh,
                 before - (terminal.scrolls - scrolls), cursor, terminal.wraps - wraps,
                 terminal.columns, terminal.lines, terminal.above(), terminal.cursor.hidden)


def replay(run, reflow=False):
    """The frames of a run that is over, and the terminal as it is in the end"""
    terminal = Terminal(*run.size, reflow)
    raw, position, resizes, frames = run.bytes(), 0, list(run.resizes), []
    for m in FRAME.finditer(raw):
        # If the size changed in the middle of one, it is the next that matters.
        resizes = [(m.start() if m.start() < at < m.end() else at, c, r) for at, c, r in resizes]
        changed = feed(terminal, run, position, m.start(), resizes)
        frames.append(paint(terminal, run, m, changed > 0))
        position = m.end()
    feed(terminal, run, position, len(raw), resizes)
    return frames, terminal


# -------------------------------------------------------- the command line

def keys(text):
    return re.sub(r"\^(.)", lambda m: chr(ord(m.group(1)) & 0x1f), text)


def act(run, action):
    what, _, arg = action.partition(":")
    if what == "resize":
        run.resize(*map(int, arg.split("x")))
    elif what == "signal":
        run.send(getattr(signal, "SIG" + arg))
    elif what == "key":
        run.key(keys(arg))
    else:
        run.resume(what)


def show(frame):
    edge = "+" + "-" * frame.columns + "+"
    print(f"{frame.time:.2f} s, {frame.columns}x{frame.rows}, cursor {frame.cursor}")
    print(edge, *(f"|{line:{frame.columns}}|" for line in frame.screen), edge, sep="\n")


def main():
    parser = argparse.ArgumentParser(description="shows the frames of a progress bar")
    parser.add_argument("--size", default="80x24")
    parser.add_argument("--at", nargs=2, action="append", default=[], metavar=("SECONDS", "ACTION"))
    parser.add_argument("--raw", action="store_true", help="print the bytes as they are, quoted")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    with Run(args.command, *map(int, args.size.split("x"))) as run:
        for at, action in sorted(args.at, key=lambda a: float(a[0])):
            run.wait(float(at) - run.elapsed())
            act(run, action)
        run.finish(86400)
        frames, terminal = replay(run)
    for frame in frames:
        show(frame)
    print("in the end:", *terminal.everything(), sep="\n")
    if args.raw:
        print(run.bytes())
    sys.exit(run.status if run.status >= 0 else 128 - run.status)


if __name__ == "__main__":
    main()
