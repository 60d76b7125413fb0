#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
trees.py - copy many small files with shutil.copytree() and with copyfile.copytree()

    trees.py [--files=N] [--bytes=N] [--rounds=N] [DIRECTORY]

Makes N files (20000) of so many bytes (2000) in DIRECTORY, or in a temporary one, copies them
both ways in turns, and prints the best time of each.
"""
import argparse
import os
import shutil
import sys
import tempfile
import time
from typing import Any, Callable

import copyfile


def make(root: str, files: int, size: int) -> None:
    """files of size bytes each, a hundred to a directory"""
    for number in range(files):
        folder = os.path.join(root, str(number // 100))
        if number % 100 == 0:
            os.makedirs(folder)
        with open(os.path.join(folder, str(number)), "wb") as file:
            file.write(b"%9d\n" % number * (size // 10 + 1))
            file.truncate(size)


def measure(copytree: Callable[..., Any], src: str, dst: str) -> float:
    begin = time.perf_counter()
    copytree(src, dst)
    seconds = time.perf_counter() - begin
    if (sum(len(files) for _, _, files in os.walk(dst))
            != sum(len(files) for _, _, files in os.walk(src))):
        sys.exit("trees.py: files are missing")
    shutil.rmtree(dst)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="shutil.copytree() and copyfile.copytree()")
    parser.add_argument("--files", type=int, default=20000)
    parser.add_argument("--bytes", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("directory", nargs="?")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory(dir=args.directory) as room:
        src, dst = os.path.join(room, "src"), os.path.join(room, "dst")
        make(src, args.files, args.bytes)
        ways = {"shutil.copytree": shutil.copytree, "copyfile.copytree": copyfile.copytree}
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(args.rounds):
            for name, copytree in ways.items():
                best[name] = min(best[name], measure(copytree, src, dst))
        for name, seconds in best.items():
            print(f"{name:18} {args.files} files in {seconds:.2f} s")


if __name__ == "__main__":
    main()
