# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many copies in an event loop."""
import asyncio
import gc
import os
import time
from pathlib import Path
from typing import Any

import pytest
from cffi import FFI  # type: ignore[import]

import copyfile
from copyfile import Flag
from copyfile._lib import lib, orphans


def numbered(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        (folder / str(number)).write_text(f"file number {number}\n" * (number % 50))


def assert_same(src: Path, dst: Path) -> None:
    names = sorted(os.listdir(src))
    assert sorted(os.listdir(dst)) == names
    for name in names:
        assert (dst / name).read_bytes() == (src / name).read_bytes(), name


async def copy_all(src: Path, dst: Path, at_a_time: int) -> None:
    limit = asyncio.Semaphore(at_a_time)

    async def one(name: str) -> None:
        async with limit:
            await copyfile.copy(src / name, dst / name)

    await asyncio.gather(*(one(name) for name in os.listdir(src)))


@pytest.mark.parametrize("at_a_time", [1, 50, 1000])
def test_a_thousand(at_a_time: int, tmp_path: Path) -> None:
    numbered(tmp_path / "src", 1000)
    (tmp_path / "dst").mkdir()
    asyncio.run(copy_all(tmp_path / "src", tmp_path / "dst", at_a_time))
    assert_same(tmp_path / "src", tmp_path / "dst")


def test_more_than_the_library_has_room_for(tmp_path: Path) -> None:
    """A copy that is refused waits for its turn, and a cancelled one leaves the queue"""
    numbered(tmp_path / "src", 300)
    (tmp_path / "dst").mkdir()

    async def main() -> None:
        copyfile.limit(paused=True)
        tasks = [asyncio.create_task(
            copyfile.copy(tmp_path / "src" / name, tmp_path / "dst" / name))
            for name in sorted(os.listdir(tmp_path / "src"))]
        await asyncio.sleep(0.2)
        assert not any(task.done() for task in tasks)
        for task in tasks[-20:]:
            task.cancel()
        ends = await asyncio.gather(*tasks[-20:], return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ends)
        copyfile.limit()
        await asyncio.gather(*tasks[:-20])
        assert len(os.listdir(tmp_path / "dst")) == 280

    setup = lib_setup()
    setup(pending=16)
    try:
        asyncio.run(main())
    finally:
        copyfile.limit()
        setup(pending=0)


def lib_setup() -> Any:
    """copyfile_setup(3), which the package has no use for"""
    ffi = FFI()
    ffi.cdef("""
        struct copyfile_setup { uint32_t threads, pending; uint64_t chunk; };
        int copyfile_setup(const struct copyfile_setup *setup, size_t size);
    """)
    library = ffi.dlopen("libcopyfile.so.0")

    def setup(pending: int) -> None:
        how = ffi.new("struct copyfile_setup *", {"pending": pending})
        assert library.copyfile_setup(how, ffi.sizeof("struct copyfile_setup")) == 0

    return setup


def test_one_is_cancelled_among_many(tmp_path: Path) -> None:
    """They all stand still; one is cancelled and ends, the others come to a good end"""
    numbered(tmp_path / "src", 200)
    (tmp_path / "dst").mkdir()

    async def main() -> None:
        copyfile.limit(paused=True)
        tasks = {name: asyncio.create_task(
            copyfile.copy(tmp_path / "src" / name, tmp_path / "dst" / name))
            for name in os.listdir(tmp_path / "src")}
        await asyncio.sleep(0.1)
        tasks["77"].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks["77"]
        assert not any(task.done() for name, task in tasks.items() if name != "77")
        copyfile.limit()
        del tasks["77"]
        await asyncio.gather(*tasks.values())

    asyncio.run(main())
    assert not (tmp_path / "dst" / "77").exists()
    (tmp_path / "src" / "77").unlink()
    assert_same(tmp_path / "src", tmp_path / "dst")


def test_cancelled_in_its_midst(big: Path) -> None:
    """Some of it is copied by then; when the task has ended the incomplete file is gone"""
    copy = big.parent / "copy"

    async def main() -> None:
        begun = asyncio.Event()

        def progress(done: int, total: int) -> None:
            if done:
                begun.set()

        task = asyncio.create_task(copyfile.copy(
            big, copy, progress=progress, interval=0.01, flags=Flag.NO_REFLINK))
        await begun.wait()
        assert 0 < copy.stat().st_size
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not copy.exists()

    copyfile.limit(bytes=10 << 20)
    for _ in range(5):
        asyncio.run(main())


def test_timeout(big: Path) -> None:
    copyfile.limit(paused=True)
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(copyfile.copy(big, big.parent / "copy"), 0.1))
    assert os.listdir(big.parent) == ["big"]


def test_cancelled_twice(big: Path) -> None:
    """The second one does not wait; whoever copies next releases the cookie"""
    async def main() -> None:
        task = asyncio.create_task(copyfile.copy(big, big.parent / "copy"))
        await asyncio.sleep(0.05)
        task.cancel()
        asyncio.get_running_loop().call_soon(task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task

    copyfile.limit(paused=True)
    asyncio.run(main())
    copyfile.limit()
    (big.parent / "small").write_text("small")
    for number in range(1000):
        copyfile.copy_sync(big.parent / "small", big.parent / f"copy{number}")
        if not orphans:
            break
        time.sleep(0.01)
    assert not orphans
    assert not (big.parent / "copy").exists()


def test_dropped_with_its_loop(big: Path) -> None:
    """A loop that is closed with a copy in it"""
    async def main() -> None:
        asyncio.ensure_future(copyfile.copy(big, big.parent / "copy"))
        await asyncio.sleep(0.05)

    copyfile.limit(paused=True)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    loop.run_until_complete(main())
    loop.close()
    del loop
    gc.collect()
    copyfile.limit()
    # shutdown() succeeds only when the cookie is released.
    for _ in range(1000):
        try:
            copyfile.shutdown()
            break
        except OSError:
            time.sleep(0.01)
    assert os.listdir(big.parent) == ["big"]


def test_no_reader_stays_in_the_loop(tmp_path: Path) -> None:
    """
    shutdown() closes the descriptors of cookies, and the next one gets such a number.  A loop that
    still had a reader for it would take it for known, and fail, or never wake up.
    """
    numbered(tmp_path / "src", 20)

    async def main() -> None:
        for number in range(3):
            dst = tmp_path / str(number)
            dst.mkdir()
            await asyncio.wait_for(copy_all(tmp_path / "src", dst, 20), 60)
            copyfile.shutdown()
            assert_same(tmp_path / "src", dst)

    asyncio.run(main())


def test_no_descriptor_is_lost(tmp_path: Path) -> None:
    """Rounds of good, failing and cancelled copies take no more descriptors than the first"""
    numbered(tmp_path / "src", 100)

    async def main(dst: Path) -> None:
        dst.mkdir()
        tasks = [asyncio.create_task(copyfile.copy(tmp_path / "src" / str(n), dst / str(n)))
                 for n in range(130)]  # of which 30 are not there
        await asyncio.sleep(0)
        for task in tasks[::7]:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(end, FileNotFoundError) for end in ends) >= 25
        assert sum(isinstance(end, copyfile.Info) for end in ends) >= 80

    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    counts = []
    for number in range(10):
        asyncio.run(main(tmp_path / f"dst{number}"))
        counts.append(count())
    # Those of cookies are kept for later ones: no more than were pending at once, and the pool's.
    assert max(counts) <= 400 and counts[-1] <= max(counts[:3]), counts
    assert lib.copyfile_shutdown() == 0
