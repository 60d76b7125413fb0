# SPDX-License-Identifier: LGPL-2.1-or-later
"""KeyboardInterrupt, and fork()."""
import asyncio
import os
import random
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, Iterator, List

import pytest

import copyfile
from copyfile import Flag
from copyfile._lib import Pending, readable


def tree(root: Path, files: int, size: int = 100) -> None:
    for number in range(files):
        folder = root / str(number // 50)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(number)).write_bytes(b"%9d\n" % number * (size // 10))


@pytest.fixture
def alarm() -> Iterator[None]:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def disturbed(seconds: float, call: Any, *args: Any, **options: Any) -> bool:
    """Whether call was interrupted after so many seconds"""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        call(*args, **options)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return True
    return False


def test_copytree_at_random(alarm: None, tmp_path: Path) -> None:
    """A hundred interrupts, at random moments; no cookie is live after any of them"""
    tree(tmp_path / "src", 300, 20000)
    interrupted = 0
    for number in range(100):
        interrupted += disturbed(random.uniform(0.0005, 0.03), copyfile.copytree,
                                 tmp_path / "src", tmp_path / f"dst{number}")
        copyfile.shutdown()
        subprocess.run(["rm", "-rf", tmp_path / f"dst{number}"], check=True)
    assert interrupted >= 10


def test_copytree_of_pending_copies(alarm: None, tmp_path: Path) -> None:
    """Big files that would take a minute: all are cancelled, and none is left incomplete"""
    tree(tmp_path / "src", 10, 3_000_000)
    copyfile.limit(bytes=500_000)
    assert disturbed(0.3, copyfile.copytree, tmp_path / "src", tmp_path / "dst")
    left = [path for path in (tmp_path / "dst").rglob("*") if path.is_file()]
    assert left == []
    copyfile.shutdown()


def test_copy_sync(alarm: None, big: Path) -> None:
    copyfile.limit(bytes=1 << 20)
    assert disturbed(0.2, copyfile.copy_sync, big, big.parent / "copy", flags=Flag.NO_REFLINK)
    assert os.listdir(big.parent) == ["big"]


def test_ctrl_c_of_a_program(tmp_path: Path) -> None:
    """SIGINT to a program whose copytree stands still ends it with KeyboardInterrupt"""
    tree(tmp_path / "src", 10, 3_000_000)
    code = ("import copyfile, sys; copyfile.limit(bytes=500_000); print('begun', flush=True); "
            "copyfile.copytree(*sys.argv[1:])")
    with subprocess.Popen(
            [sys.executable, "-c", code, tmp_path / "src", tmp_path / "dst"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "begun\n"
        try:
            program.wait(0.5)
        except subprocess.TimeoutExpired:
            program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
    assert program.returncode == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert [path for path in (tmp_path / "dst").rglob("*") if path.is_file()] == []


def child(src: Path, dst: Path, tasks: "List[asyncio.Task[copyfile.Info]]") -> int:
    """
    In the child.  Cookies of its own, which have the numbers of its parent's, are not cancelled
    when the parent's tasks are dropped.  Copies work, in a call, in a loop, and as a tree.
    """
    copyfile.limit(paused=True)
    own = [Pending(src / "0" / str(number), dst / str(number), Flag.ASYNC)
           for number in range(50)]
    cookies = {copy.start() for copy in own}
    assert all(cookie > 0 for cookie in cookies)
    for task in tasks:
        inherited: Any = task.get_coro()
        inherited.close()
    asyncio._set_running_loop(None)
    copyfile.limit()
    for copy in own:
        while copy.live:
            readable(copy.cookie, None)
            copy.look()
        assert copy.info.error == 0
    copyfile.copy_sync(src / "0" / "1", dst / "sync", flags=Flag.ASYNC)
    asyncio.run(copyfile.copy(src / "0" / "2", dst / "async"))
    copyfile.copytree(src, dst / "tree")
    copyfile.shutdown()
    for name, made in ("1", "sync"), ("2", "async"), ("3", "tree/0/3"), ("4", "4"):
        assert (src / "0" / name).read_bytes() == (dst / made).read_bytes()
    return 0


def test_fork_with_pending_copies(tmp_path: Path) -> None:
    """
    The child copies by itself, and what it has inherited takes nothing from its parent.  There
    the tasks are dropped, as they are when a program ends.
    """
    src = tmp_path / "src"
    tree(src, 50)
    for name in ("parent", "child"):
        (tmp_path / name).mkdir()

    async def main() -> int:
        copyfile.limit(paused=True)
        tasks = [asyncio.create_task(
            copyfile.copy(src / "0" / str(number), tmp_path / "parent" / str(number)))
            for number in range(50)]
        await asyncio.sleep(0.1)
        pid = os.fork()
        if pid == 0:
            status = 2
            try:
                status = child(src, tmp_path / "child", tasks)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        assert not any(task.done() for task in tasks)
        copyfile.limit()
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        return os.waitstatus_to_exitcode(status)

    assert asyncio.run(main()) == 0
    for number in range(50):
        name = str(number)
        assert (tmp_path / "parent" / name).read_bytes() == (src / "0" / name).read_bytes()
