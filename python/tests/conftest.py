# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever a test does, it leaves no cookie and no descriptor."""
import os
from pathlib import Path
from typing import Iterator

import pytest

import copyfile


def descriptors() -> "list[str]":
    links = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            links.append(f"{fd} {os.readlink('/proc/self/fd/' + fd)}")
        except FileNotFoundError:
            pass  # that of the listing itself
    return sorted(links)


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    copyfile.shutdown()
    before = descriptors()
    yield
    copyfile.limit()
    # EBUSY while any cookie is live; it closes those descriptors that are kept for later cookies.
    copyfile.shutdown()
    assert descriptors() == before


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A file of 16 MiB, without holes"""
    path = tmp_path / "big"
    path.write_bytes(os.urandom(1 << 20) * 16)
    return path
