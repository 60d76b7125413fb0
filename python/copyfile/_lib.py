# SPDX-License-Identifier: LGPL-2.1-or-later
"""
libcopyfile as Python sees it: its declarations, and one copy.

This is cffi in ABI mode: the library is opened at run time, and nothing is compiled.  That is
sane because the library was made for it.  Each function takes the size that a structure had for
its caller, and structures only grow at their end, so what is declared below stays right, as in
a program that was compiled long ago.  A test compares it with the header.

The other ways: API mode needs a compiler wherever the package is installed.  ctypes has the
structures once more in a notation of its own, which nobody can compare with the header by eye.
"""
from __future__ import annotations

import errno
import os
import select
from collections import deque
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from itertools import starmap
from typing import Any, Deque, Optional, Union

from cffi import FFI  # type: ignore[import]  # it has no types

StrPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

DECLARATIONS = """
struct copyfile_info {
    uint64_t tag, bytes_total, bytes_done, bytes_moved, bytes_cloned, bytes_holes;
    int32_t error;
    uint32_t stage, method, skipped;
    int32_t skipped_error;
    uint32_t partial, changed, paused, hash, compared;
    uint64_t differs_at;
    uint8_t digest[32];
    uint64_t src_dev, src_ino;
    int64_t src_mtime;
    uint32_t src_mtime_ns, src_links;
    uint64_t prefix;
};
struct copyfile_how {
    uint64_t flags, tag, client;
    struct copyfile_info *result;
    size_t result_size;
    uint32_t mode, hash;
    uint64_t newdir, dst_dev, dst_ino, from;
};
struct copyfile_limits {
    uint64_t bytes, calls;
    uint32_t threads, paused, adaptive, reserved32;
    uint64_t reserved;
};
int copyfileat(int src_dir, const char *src, int dst_dir, const char *dst,
               const struct copyfile_how *how, size_t size);
int copyfile_ctrl_info(long cookie, unsigned long cmd, struct copyfile_info *ret, size_t size);
int copyfile_room_fd(uint64_t client);
const char *copyfile_stage_name(unsigned int stage);
int copyfile_limit(const struct copyfile_limits *limits, size_t size);
int copyfile_shutdown(void);
"""

ffi: Any = FFI()
ffi.cdef(DECLARATIONS)
lib: Any = ffi.dlopen("libcopyfile.so.0")

HOW_SIZE: int = ffi.sizeof("struct copyfile_how")
INFO_SIZE: int = ffi.sizeof("struct copyfile_info")
AT_FDCWD = -100


class Flag(IntFlag):
    """What copyfile(3) calls COPYFILE_REPLACE, and so on.  Without any, dst must not exist."""

    REPLACE = 0x00000001
    TRUNCATE = 0x00000002
    MODE = 0x00000010
    OWNER = 0x00000020
    TIMES = 0x00000040
    ACL = 0x00000080
    XATTR = 0x00000100
    CONTEXT = 0x00000200
    ATTRS = 0x000003F0
    LENIENT = 0x00000400
    REFLINK = 0x00001000
    NO_REFLINK = 0x00002000
    SPARSE = 0x00004000
    NO_SPARSE = 0x00008000
    FSYNC = 0x00010000
    NOFOLLOW = 0x00020000
    KEEP_PARTIAL = 0x00040000
    PLAIN_MODE = 0x00080000
    SYNC = 0x00100000
    ASYNC = 0x00200000
    ONE_NAME = 0x01000000
    VERIFY = 0x02000000
    ATOMIC = 0x04000000
    NOFOLLOW_DST = 0x08000000
    CHECK_SRC = 0x10000000


class Command(IntEnum):
    STATUS = 2
    CANCEL = 3


@dataclass(frozen=True)
class Info:
    """A copy that has ended well; the fields are those of copyfile_info(3)."""

    bytes_total: int
    bytes_done: int
    bytes_moved: int
    bytes_cloned: int
    bytes_holes: int
    skipped: Flag
    skipped_error: int
    changed: bool
    digest: bytes


def encoded(path: StrPath) -> bytes:
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError("embedded null byte")
    return name


class Pending:
    """
    A copy, from before its start until its cookie is released.

    An exception such as KeyboardInterrupt may come between any two steps of the interpreter, also
    between a call of the library and the assignment of what it returned.  A cookie that was lost
    there could never be released.  So what the library returns is put into a deque by code in C,
    deque.extend() and starmap(), with no step of the interpreter in between.

    And what comes at the end of a turn of a loop need not reach a handler that is around the loop
    in the same function, as in CPython 3.11.  So there is a call around each loop.
    """

    __slots__ = ("src", "dst", "info", "_args", "_started", "_looked", "_pid")

    def __init__(self, src: StrPath, dst: StrPath, flags: int, client: int = 0) -> None:
        self.src: Any = os.fspath(src)  # str or bytes
        self.dst: Any = os.fspath(dst)
        self.info = ffi.new("struct copyfile_info *")
        how = ffi.new("struct copyfile_how *")
        how.flags = flags
        how.client = client
        how.result = self.info
        how.result_size = INFO_SIZE
        self._args = (AT_FDCWD, encoded(src), AT_FDCWD, encoded(dst), how, HOW_SIZE)
        self._started: Deque[int] = deque(maxlen=1)
        self._looked: Deque[int] = deque(maxlen=1)
        self._pid = os.getpid()

    def start(self) -> int:
        """As copyfileat(3): 0, -errno or a cookie.  After -EAGAIN it may be tried again."""
        if orphans:
            sweep()
        self._started.extend(starmap(lib.copyfileat, (self._args,)))
        return self._started[0]

    @property
    def live(self) -> bool:
        """Whether there is a cookie to release.  A child of fork() owns none of its parent's."""
        return (
            bool(self._started)
            and self._started[0] > 0
            and not (self._looked and self._looked[0] <= 0)
            and self._pid == os.getpid()
        )

    @property
    def cookie(self) -> int:
        return self._started[0]

    def control(self, command: Command) -> int:
        """As copyfile_ctrl_info(3), into self.info."""
        args = (self.cookie, int(command), self.info, INFO_SIZE)
        self._looked.extend(starmap(lib.copyfile_ctrl_info, (args,)))
        return self._looked[0]

    def look(self) -> int:
        return self.control(Command.STATUS)

    def cancel(self) -> None:
        if self.live:
            self.control(Command.CANCEL)

    def leave(self) -> None:
        """Cancel it and wait no longer: the cookie is released by whoever copies next."""
        if self.live:
            self.cancel()
            orphans.append(self)

    def stop(self) -> None:
        """Cancel it, and wait until it has ended.  Whoever interrupts that waits no longer."""
        self.cancel()
        try:
            self._await_end()
        finally:
            self.leave()

    def _await_end(self) -> None:
        while self.live:
            readable(self.cookie, None)
            self.look()

    def error(self, code: int) -> OSError:
        """-errno as an exception of the class that goes with it"""
        why = OSError(-code, os.strerror(-code), self.src, None, self.dst)
        if hasattr(why, "add_note"):
            stage = ffi.string(lib.copyfile_stage_name(self.info.stage)).decode()
            why.add_note(f"libcopyfile: {stage}")
        return why

    def result(self) -> Info:
        info = self.info
        return Info(
            bytes_total=info.bytes_total,
            bytes_done=info.bytes_done,
            bytes_moved=info.bytes_moved,
            bytes_cloned=info.bytes_cloned,
            bytes_holes=info.bytes_holes,
            skipped=Flag(info.skipped),
            skipped_error=-info.skipped_error,
            changed=bool(info.changed),
            digest=bytes(info.digest) if info.hash else b"",
        )


# Cancelled copies for which nobody waits.  Each belongs to who has taken it out, so that no two
# threads release one cookie.
orphans: Deque[Pending] = deque()
os.register_at_fork(after_in_child=orphans.clear)


def sweep() -> None:
    for _ in range(len(orphans)):
        try:
            pending = orphans.popleft()
        except IndexError:
            return
        if pending.live and pending.look() > 0:
            orphans.append(pending)


def readable(fd: int, seconds: Optional[float]) -> None:
    """
    Sleep until fd is readable, for so long at most.  The end may come early.

    A signal that arrives just before the system call would be handled only after it.  So no
    sleep is longer than a second.
    """
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    poll.poll(1000 if seconds is None else min(1000, max(1, int(seconds * 1000))))


def check(ret: int) -> int:
    if ret < 0:
        raise OSError(-ret, os.strerror(-ret))
    return ret


def room_fd(client: int) -> int:
    return check(lib.copyfile_room_fd(client))


def room_timeout() -> float:
    """How long to wait for room: what orphans have is free only when they are looked at."""
    return 0.05 if orphans else 1.0


def limit(
    *, bytes: int = 0, calls: int = 0, threads: int = 0, paused: bool = False,
    adaptive: bool = False,
) -> None:
    """What all copies of the process may take from now on: see copyfile_limit(3)."""
    limits = ffi.new("struct copyfile_limits *")
    limits.bytes = bytes
    limits.calls = calls
    limits.threads = threads
    limits.paused = paused
    limits.adaptive = adaptive
    check(lib.copyfile_limit(limits, ffi.sizeof("struct copyfile_limits")))


def shutdown() -> None:
    """End the library's threads and free its memory.  EBUSY while copies are pending."""
    sweep()
    check(lib.copyfile_shutdown())


AGAIN = -errno.EAGAIN
