# SPDX-License-Identifier: LGPL-2.1-or-later
"""One copy at a time: results, errors, progress."""
import asyncio
import errno
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, List, Tuple

import pytest

import copyfile
from copyfile import Flag


def in_asyncio(*args: Any, **options: Any) -> copyfile.Info:
    return asyncio.run(copyfile.copy(*args, **options))


both = pytest.mark.parametrize("copy", [copyfile.copy_sync, in_asyncio])
Copy = Callable[..., copyfile.Info]


@both
@pytest.mark.parametrize("size", [0, 1, 5000, 3_000_000])
def test_copies(copy: Copy, size: int, tmp_path: Path) -> None:
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)
    info = copy(tmp_path / "a", str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == data
    assert info.bytes_done == info.bytes_total == size
    assert info.bytes_moved + info.bytes_cloned + info.bytes_holes == size
    # The names may be bytes, and need not be UTF-8.
    copy(os.fsencode(tmp_path / "a"), os.fsencode(tmp_path) + b"/\xff")
    assert Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).read_bytes() == data


@both
def test_relative_names(copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("a")
    copy("a", "b")
    assert Path("b").read_text() == "a"


@both
def test_flags(copy: Copy, tmp_path: Path) -> None:
    src, dst = tmp_path / "a", tmp_path / "b"
    src.write_text("new")
    dst.write_text("old")
    os.chmod(src, 0o641)
    os.utime(src, ns=(10**18, 10**18 + 123))
    copy(src, dst, flags=Flag.REPLACE | Flag.MODE | Flag.TIMES)
    assert dst.read_text() == "new"
    assert dst.stat().st_mode & 0o7777 == 0o641
    assert dst.stat().st_mtime_ns == 10**18 + 123
    info = copy(src, tmp_path / "c", flags=Flag.VERIFY)
    assert len(info.digest) in (0, 32)
    if len(info.digest) == 32 and info.digest[16:] != bytes(16):
        assert info.digest == hashlib.sha256(b"new").digest()


@both
@pytest.mark.parametrize(
    "code, kind",
    [
        (errno.ENOENT, FileNotFoundError),
        (errno.EEXIST, FileExistsError),
        (errno.EISDIR, IsADirectoryError),
        (errno.ENOTDIR, NotADirectoryError),
        (errno.EOPNOTSUPP, OSError),
    ],
)
def test_errors(copy: Copy, code: int, kind: type, tmp_path: Path) -> None:
    src, dst, flags = tmp_path / "a", tmp_path / "b", Flag(0)
    if code != errno.ENOENT:
        src.write_text("new")
    if code == errno.EEXIST:
        dst.write_text("old")
    if code == errno.EISDIR:
        dst.mkdir()
        flags = Flag.TRUNCATE
    if code == errno.ENOTDIR:
        dst = src / "b"
    if code == errno.EOPNOTSUPP:
        src.unlink()
        os.mkfifo(src)
    with pytest.raises(OSError) as caught:
        copy(src, dst, flags=flags)
    why = caught.value
    assert type(why) is kind
    assert (why.errno, why.filename, why.filename2) == (code, str(src), str(dst))
    assert why.strerror == os.strerror(code)
    if code == errno.EEXIST:
        assert dst.read_text() == "old"


@both
def test_null_byte(copy: Copy, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    with pytest.raises(ValueError):
        copy(tmp_path / "a", str(tmp_path / "b") + "\0c")
    assert os.listdir(tmp_path) == ["a"]


ORDINARY = """
import asyncio, os, sys, copyfile
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
os.chdir(sys.argv[1])
for copy in copyfile.copy_sync, lambda *names: asyncio.run(copyfile.copy(*names)):
    for src, dst in ("secret", "out/b"), ("open", "closed/b"):
        try:
            copy(src, dst)
            sys.exit(f"{src} was copied to {dst}")
        except PermissionError as why:
            assert (why.filename, why.filename2) == (src, dst)
    copy("open", "out/b")
    os.unlink("out/b")
print("good")
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that everybody may enter, as those of pytest are not"""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield Path(path)


def test_ordinary_user(public: Path) -> None:
    """EACCES, in a process that has the rights of an ordinary user"""
    for name, mode in (("secret", 0o000), ("open", 0o644)):
        (public / name).write_text(name)
        os.chmod(public / name, mode)
    for name, mode in (("out", 0o777), ("closed", 0o555)):
        (public / name).mkdir()
        os.chmod(public / name, mode)
    done = subprocess.run([sys.executable, "-c", ORDINARY, public], capture_output=True,
                          text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "good\n", "")


FULL = """
import asyncio, errno, os, sys, copyfile
os.chdir(sys.argv[1])
for copy in copyfile.copy_sync, lambda *names: asyncio.run(copyfile.copy(*names)):
    try:
        copy("../big", "copy")
        sys.exit("it had room")
    except OSError as why:
        assert (why.errno, why.filename, why.filename2) == (errno.ENOSPC, "../big", "copy"), why
    assert os.listdir() == []
print("good")
"""


def test_full(big: Path) -> None:
    """ENOSPC, on a tmpfs of 1 MiB in a mount namespace; nothing incomplete is left"""
    if os.getuid() != 0 or subprocess.run(["unshare", "--mount", "true"]).returncode:
        pytest.skip("only root can mount a small file system")
    place = big.parent / "small"
    place.mkdir()
    script = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", place, sys.executable, FULL],
        capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "good\n", "")


@both
def test_progress(copy: Copy, big: Path) -> None:
    """Bytes never go back, there are several steps, and the last one is all"""
    seen: List[Tuple[int, int]] = []
    copyfile.limit(bytes=40 << 20)
    copy(big, big.parent / "copy", progress=lambda *step: seen.append(step), interval=0.02,
         flags=Flag.NO_REFLINK)
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert {total for _, total in seen} == {16 << 20}
    assert seen[-1] == (16 << 20, 16 << 20)


@both
def test_progress_of_an_empty_file(copy: Copy, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    seen: List[Tuple[int, int]] = []
    copy(tmp_path / "a", tmp_path / "b", progress=lambda *step: seen.append(step))
    assert seen == [(0, 0)]


@both
def test_progress_that_raises(copy: Copy, big: Path) -> None:
    """cancels the copy, and no incomplete file is left"""
    def progress(done: int, total: int) -> None:
        assert 0 < done < total
        raise ZeroDivisionError

    copyfile.limit(bytes=10 << 20)
    with pytest.raises(ZeroDivisionError):
        copy(big, big.parent / "copy", progress=progress, interval=0.02, flags=Flag.NO_REFLINK)
    assert os.listdir(big.parent) == ["big"]


def test_other_threads_run(big: Path) -> None:
    """copy_sync() waits without the interpreter's lock"""
    copyfile.limit(bytes=40 << 20)
    thread = threading.Thread(target=copyfile.copy_sync, args=(big, big.parent / "copy"),
                              kwargs={"flags": Flag.NO_REFLINK})
    thread.start()
    turns = 0
    while thread.is_alive():
        thread.join(0.01)
        turns += 1
    assert turns > 5
    assert (big.parent / "copy").read_bytes() == big.read_bytes()
