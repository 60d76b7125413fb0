# SPDX-License-Identifier: LGPL-2.1-or-later
"""
One copy: copy() for asyncio, copy_sync() for everybody else.

An event loop watches the cookie, which is a descriptor.  No thread of Python waits for anything.
A reader is removed from the loop before the call that may release the cookie, as the descriptor
stays open and is used again.
"""
from __future__ import annotations

import asyncio
from typing import Callable, MutableMapping, Optional
from weakref import WeakKeyDictionary

from ._lib import AGAIN, Flag, Info, Pending, StrPath, readable, room_fd, room_timeout

Progress = Callable[[int, int], object]


class _Meter:
    """Calls progress(done, total) with bytes, which never go back."""

    def __init__(self, progress: Optional[Progress]) -> None:
        self._progress = progress
        self._done = -1

    def show(self, pending: Pending, final: bool = False) -> None:
        done = max(self._done, pending.info.bytes_done)
        total = max(done, pending.info.bytes_total)
        # Before the source is open its size is not known.
        if self._progress is not None and (final or (total > 0 and done > self._done)):
            self._done = done
            self._progress(done, total)


def copy_sync(
    src: StrPath, dst: StrPath, *, progress: Optional[Progress] = None, interval: float = 0.1,
    flags: Flag = Flag(0), client: int = 0,
) -> Info:
    """
    Copy src to dst, and return when that is done.

    progress(done, total) is called every interval seconds from within the call, and at the end.
    Other threads run meanwhile.  An exception, such as KeyboardInterrupt, cancels the copy.
    """
    pending = Pending(src, dst, flags, client)
    meter = _Meter(progress)
    try:
        left = _wait(pending, client, meter, None if progress is None else interval)
    except BaseException:
        pending.stop()
        raise
    if left < 0:
        raise pending.error(left)
    meter.show(pending, final=True)
    return pending.result()


def _wait(pending: Pending, client: int, meter: _Meter, interval: Optional[float]) -> int:
    while (left := pending.start()) == AGAIN:
        readable(room_fd(client), room_timeout())
    while left > 0:
        readable(pending.cookie, interval)
        if (left := pending.look()) > 0:
            meter.show(pending)
    return left


async def copy(
    src: StrPath, dst: StrPath, *, progress: Optional[Progress] = None, interval: float = 0.1,
    flags: Flag = Flag(0), client: int = 0,
) -> Info:
    """
    Copy src to dst while other tasks run.

    progress(done, total) is called every interval seconds by the event loop, and at the end.  If
    the task is cancelled so is the copy, and CancelledError comes when it has ended; a second
    cancel() does not wait for that.  If the copy was done by then, dst is there all the same.

    Where too many copies are pending, this one waits until others have ended.
    """
    loop = asyncio.get_running_loop()
    # A small file on a slow server would make the loop wait, if the call copied it.
    pending = Pending(src, dst, flags if flags & Flag.SYNC else flags | Flag.ASYNC, client)
    meter = _Meter(progress)
    try:
        left = await _begin(loop, pending, client)
        if left > 0:
            left = await _end(loop, pending, meter, None if progress is None else interval)
    except GeneratorExit:
        # The loop has dropped us: nothing can be awaited any more.
        pending.leave()
        raise
    except BaseException:
        await _stop(loop, pending)
        raise
    if left < 0:
        raise pending.error(left)
    meter.show(pending, final=True)
    return pending.result()


# Who waits for room, in order: a loop has one reader for a descriptor.
_queues: MutableMapping[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def _begin(loop: asyncio.AbstractEventLoop, pending: Pending, client: int) -> int:
    queue = _queues.get(loop)
    if queue is None:
        queue = _queues[loop] = asyncio.Lock()
    async with queue:
        while (left := pending.start()) == AGAIN:
            await _readable(loop, room_fd(client), room_timeout())
    return left


async def _end(
    loop: asyncio.AbstractEventLoop, pending: Pending, meter: _Meter, interval: Optional[float],
) -> int:
    left = 1
    while left > 0:
        await _readable(loop, pending.cookie, interval)
        if (left := pending.look()) > 0:
            meter.show(pending)
    return left


async def _stop(loop: asyncio.AbstractEventLoop, pending: Pending) -> None:
    pending.cancel()
    try:
        await _stopped(loop, pending)
    finally:
        pending.leave()


async def _stopped(loop: asyncio.AbstractEventLoop, pending: Pending) -> None:
    while pending.live:
        await _readable(loop, pending.cookie, None)
        pending.look()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _readable(
    loop: asyncio.AbstractEventLoop, fd: int, seconds: Optional[float]
) -> None:
    """Until fd is readable, for so long at most"""
    future: asyncio.Future[None] = loop.create_future()
    loop.add_reader(fd, _wake, future)
    timer = None if seconds is None else loop.call_later(seconds, _wake, future)
    try:
        await future
    finally:
        if timer is not None:
            timer.cancel()
        if not loop.is_closed():
            loop.remove_reader(fd)
