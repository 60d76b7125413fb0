# SPDX-License-Identifier: LGPL-2.1-or-later
"""copytree() against shutil.copytree(), on trees that are made at random."""
import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

import copyfile

PYTHON = Path(__file__).parent.parent


def xattrs(path: str) -> Dict[str, bytes]:
    try:
        return {name: os.getxattr(path, name, follow_symlinks=False)
                for name in os.listxattr(path, follow_symlinks=False)}
    except OSError:
        return {}


def seen(root: Path) -> Dict[str, Any]:
    """All that there is to see of a tree: a change of any of it makes a difference"""
    found = {}
    for folder, dirs, files in os.walk(root):
        for name in dirs + files + ["."]:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            content: Any = None
            if stat.S_ISLNK(st.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(st.st_mode):
                content = Path(path).read_bytes()
            found[os.path.relpath(path, root)] = (
                stat.S_IFMT(st.st_mode), stat.S_IMODE(st.st_mode), st.st_mtime_ns,
                xattrs(path), content)
    return found


def decorate(path: Path, dice: random.Random) -> None:
    if dice.random() < 0.3:
        try:
            os.setxattr(path, f"user.test{dice.randrange(3)}", dice.randbytes(dice.randrange(50)))
        except OSError:
            pass
    if dice.random() < 0.7:
        mode = dice.choice([0o644, 0o600, 0o755, 0o4755, 0o2711, 0o444, 0o1644])
        os.chmod(path, mode | (0o700 if path.is_dir() else 0))
    if dice.random() < 0.7:
        when = dice.randrange(2 * 10**18)
        os.utime(path, ns=(when, when + dice.randrange(10**9)))


def make(root: Path, dice: random.Random, depth: int = 3) -> None:
    root.mkdir()
    for number in range(dice.randrange(2, 12)):
        path = root / dice.choice([f"f{number}", f"f{number}.tmp", f"\udcff{number}", f" {number}"])
        kind = dice.choice(["file", "file", "file", "big", "empty", "hole", "dir", "link", "none"])
        if kind == "dir" and depth:
            make(path, dice, depth - 1)
            continue
        if kind == "link":
            others = os.listdir(root) or ["absent"]
            target = dice.choice([dice.choice(others), "absent", str(root / dice.choice(others)),
                                  "/dev/null/x"])
            # A link to its own directory would be walked for ever, by both.
            if not os.path.isdir(os.path.join(root, target)):
                path.symlink_to(target)
                os.utime(path, ns=(10**18, 10**18 + number), follow_symlinks=False)
            continue
        if kind == "none":
            os.mkfifo(path)
            continue
        size = {"big": 300_000, "empty": 0}.get(kind, dice.randrange(9000))
        path.write_bytes(dice.randbytes(size))
        if kind == "hole":
            os.truncate(path, 1 << 20)
        decorate(path, dice)
    decorate(root, dice)


def ends(copytree: Any, src: Path, dst: Path, **options: Any) -> List[Any]:
    """What it returns, or the errors, with the names of its own destination taken out"""
    try:
        return [str(copytree(src, dst, **options)).replace(str(dst), "DST")]
    except shutil.Error as why:
        return [[str(field).replace(str(dst), "DST") for field in error]
                for error in why.args[0]]


OPTIONS: List[Dict[str, Any]] = [
    {},
    {"symlinks": True},
    {"symlinks": True, "ignore": shutil.ignore_patterns("*.tmp", "f1*")},
    {"copy_function": shutil.copy, "symlinks": True},
    {"copy_function": shutil.copyfile, "symlinks": True},
    {"copy_function": lambda src, dst: shutil.copy2(src, dst), "symlinks": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=range(len(OPTIONS)))
@pytest.mark.parametrize("round", range(8))
def test_random(options: Dict[str, Any], round: int, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    make(tmp_path / "src", random.Random(seed))
    one = ends(shutil.copytree, tmp_path / "src", tmp_path / "one", **options)
    two = ends(copyfile.copytree, tmp_path / "src", tmp_path / "two", **options)
    assert comparable(two) == comparable(one)
    first, second = seen(tmp_path / "one"), seen(tmp_path / "two")
    if options.get("copy_function") in (shutil.copy, shutil.copyfile):
        # They keep no times of files, so those are of just now.
        for found in (first, second):
            for name, (kind, *rest) in found.items():
                found[name] = (kind, rest[0], 0 if stat.S_ISREG(kind) else rest[1], *rest[2:])
    assert second == first
    # Into what is there already: the same once more
    options = {**options, "dirs_exist_ok": True}
    if not options.get("symlinks"):
        one = ends(shutil.copytree, tmp_path / "src", tmp_path / "one", **options)
        two = ends(copyfile.copytree, tmp_path / "src", tmp_path / "two", **options)
        assert comparable(two) == comparable(one)
        assert seen(tmp_path / "two") == seen(tmp_path / "one")


def comparable(errors: List[Any]) -> List[Any]:
    """shutil names only the file to blame in a reason, copyfile always both."""
    return [error if isinstance(error, str) else
            error[:2] + [error[2].split(":")[0].split("'")[0].split("[")[-1]]
            for error in errors]


def test_errors_are_in_the_order_of_the_walk(tmp_path: Path) -> None:
    src = tmp_path / "src"
    src.mkdir()
    for number in range(300):
        if number % 3:
            (src / str(number)).write_text("x" * number * 100)
        else:
            (src / str(number)).symlink_to("absent")
    one = ends(shutil.copytree, src, tmp_path / "one")
    two = ends(copyfile.copytree, src, tmp_path / "two")
    assert len(one) == 100
    assert comparable(two) == comparable(one)
    assert "No such file or directory" in two[0][2]
    assert ends(copyfile.copytree, src, tmp_path / "three", ignore_dangling_symlinks=True) == [
        "DST"]
    assert len(os.listdir(tmp_path / "three")) == 200


def test_root_errors(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "dst").mkdir()
    with pytest.raises(FileNotFoundError):
        copyfile.copytree(tmp_path / "absent", tmp_path / "new")
    with pytest.raises(FileExistsError):
        copyfile.copytree(tmp_path / "src", tmp_path / "dst")
    assert copyfile.copytree(tmp_path / "src", tmp_path / "a" / "b") == tmp_path / "a" / "b"


def test_in_place_of_other_things(tmp_path: Path) -> None:
    """A file where a directory is, a directory where a file is, the tree onto itself"""
    src = tmp_path / "src"
    (src / "dir").mkdir(parents=True)
    (src / "dir" / "below").write_text("below")
    (src / "file").write_text("file")
    (src / "linked").write_text("linked")
    for name in ("one", "two"):
        (tmp_path / name / "file").mkdir(parents=True)
        (tmp_path / name / "dir").write_text("in the way")
        (tmp_path / name / "target").write_text("much longer than what is written through it")
        (tmp_path / name / "linked").symlink_to("target")
    one = ends(shutil.copytree, src, tmp_path / "one", dirs_exist_ok=True)
    two = ends(copyfile.copytree, src, tmp_path / "two", dirs_exist_ok=True)
    assert comparable(two) == comparable(one)
    # What was there before has times of its own.
    first, second = ({name: (kind, mode, content) for name, (kind, mode, _, _, content) in
                      seen(tmp_path / root).items()} for root in ("one", "two"))
    assert second == first
    assert (tmp_path / "two" / "file" / "file").read_text() == "file"
    assert (tmp_path / "two" / "target").read_text() == "linked"
    # Of this shutil makes a list of letters.
    with pytest.raises(shutil.Error) as caught:
        copyfile.copytree(src, src, dirs_exist_ok=True)
    assert sorted(error[:2] for error in caught.value.args[0]) == [
        (str(src / name), str(src / name)) for name in ("dir/below", "file", "linked")]
    assert all("are the same file" in error[2] for error in caught.value.args[0])
    assert (src / "file").read_text() == "file"


def test_exceptions_of_callbacks(tmp_path: Path) -> None:
    src = tmp_path / "src"
    for number in range(5):
        (src / str(number)).mkdir(parents=True)
        (src / str(number) / "file").write_bytes(bytes(200_000))

    def ignore(folder: str, names: List[str]) -> List[str]:
        if folder.endswith("3"):
            raise ZeroDivisionError
        return []

    with pytest.raises(ZeroDivisionError):
        copyfile.copytree(src, tmp_path / "one", ignore=ignore)
    # nothing_leaks sees that none of the copies is pending any more.

    def refuse(src: str, dst: str) -> None:
        raise PermissionError(1, "no", src)

    with pytest.raises(shutil.Error) as caught:
        copyfile.copytree(src, tmp_path / "two", copy_function=refuse)
    assert len(caught.value.args[0]) == 5


def test_example() -> None:
    done = subprocess.run(
        [sys.executable, PYTHON / "examples" / "trees.py", "--files=500", "--rounds=1"],
        capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[:4] for line in lines] == [
        [name, "500", "files", "in"] for name in ("shutil.copytree", "copyfile.copytree")]
