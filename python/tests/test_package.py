# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the package says of the library, and what is installed."""
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import copyfile
from copyfile import _lib

PYTHON = Path(__file__).parent.parent
HEADER = PYTHON.parent / "lib" / "libcopyfile.h"
header = HEADER.read_text() if HEADER.exists() else ""
if not header:
    pytest.skip("the header is not here", allow_module_level=True)


def test_flags() -> None:
    """Each flag has the value that the header gives it"""
    defined = {name: int(value, 16) for name, value in re.findall(
        r"^#define COPYFILE_([A-Z_]+)\s+0x([0-9a-f]+)UL", header, re.M)}
    ours = {name: int(flag) for name, flag in copyfile.Flag.__members__.items()}
    assert ours == {name: defined[name] for name in ours}
    # Those that a caller in Python cannot use: they take a field, or promise too much.
    assert set(defined) - set(ours) == {"ATTRS_ONLY", "STEADY", "GIVEN_MODE"}
    commands = {name: int(value) for name, value in re.findall(
        r"^#define COPYFILE_([A-Z]+)\s+(\d)UL", header, re.M)}
    assert {c.name: c.value for c in _lib.Command} == {
        name: commands[name] for name in ("STATUS", "CANCEL")}


def test_structures(tmp_path: Path) -> None:
    """Each field lies where a C compiler puts it, and the size is that of the header"""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if not shutil.which(compiler[0]):
        pytest.skip("no C compiler")
    lines, expected = [], []
    for name in ("copyfile_info", "copyfile_how", "copyfile_limits"):
        kind = _lib.ffi.typeof(f"struct {name}")
        lines.append(f'printf("{name} %zu\\n", sizeof(struct {name}));')
        expected.append(f"{name} {_lib.ffi.sizeof(kind)}")
        for field, about in kind.fields:
            lines.append(f'printf("{field} %zu %zu\\n", offsetof(struct {name}, {field}), '
                         f"sizeof(((struct {name} *)0)->{field}));")
            expected.append(f"{field} {about.offset} {_lib.ffi.sizeof(about.type)}")
    (tmp_path / "a.c").write_text(
        "#include <libcopyfile.h>\n#include <stdio.h>\nint main(void)\n{\n"
        + "\n".join(lines) + "\n}\n")
    subprocess.run([*compiler, "-I", HEADER.parent, "-o", tmp_path / "a", tmp_path / "a.c"],
                   check=True)
    said = subprocess.run([tmp_path / "a"], check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == expected


def test_functions() -> None:
    """Each function has the declaration of the header"""
    def flat(text: str) -> str:
        return re.sub(r"\s+", " ", text)

    functions = re.findall(r"^(?:int|const char \*)[^;{]*?\);", _lib.DECLARATIONS, re.M)
    assert len(functions) == 6
    for function in functions:
        assert flat(function).replace("(void)", "(void)") in flat(header), function


def test_signature() -> None:
    """copytree() takes what shutil's does, in the same order, with the same defaults"""
    def parameters(function: object) -> "list[tuple[str, object]]":
        return [(p.name, p.default)
                for p in inspect.signature(function).parameters.values()]  # type: ignore[arg-type]

    assert parameters(copyfile.copytree) == parameters(shutil.copytree)


def test_installs(tmp_path: Path) -> None:
    """setuptools finds the modules, and the mark that they are typed"""
    pytest.importorskip("setuptools", reason="no python3-setuptools")
    shutil.copytree(PYTHON / "copyfile", tmp_path / "copyfile")
    shutil.copy(PYTHON / "pyproject.toml", tmp_path)
    subprocess.run(
        [sys.executable, "-c", "import setuptools; setuptools.setup()", "-q", "build",
         "--build-lib", "out"], cwd=tmp_path, check=True, capture_output=True)
    assert sorted(p.name for p in (tmp_path / "out" / "copyfile").iterdir()
                  if p.name != "__pycache__") == [
        "__init__.py", "_copy.py", "_lib.py", "_tree.py", "py.typed"]
