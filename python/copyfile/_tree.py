# SPDX-License-Identifier: LGPL-2.1-or-later
"""
copytree(): what shutil.copytree() does, with many copies at a time.

One thread walks the tree in the order of shutil, and starts copies.  Up to WINDOW of them are
pending; then it waits until one has ended.  A directory gets its metadata when all that is in it
is done, as its time of modification would change again.  Errors are put into the order of the
walk at the end, whenever they came.
"""
from __future__ import annotations

import errno
import os
import select
import shutil
import sys
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Set, Tuple, TypeVar

from ._lib import AGAIN, Flag, Pending, readable, room_fd, room_timeout

WINDOW = 128

Errors = List[Tuple[str, str, str]]
Path = TypeVar("Path", str, "os.PathLike[str]")

_COPY2 = Flag.TRUNCATE | (Flag.ATTRS & ~Flag.OWNER) | Flag.LENIENT
# The functions of shutil in whose place the library copies
_KNOWN = {
    shutil.copy2: _COPY2,
    shutil.copy: Flag.TRUNCATE | Flag.MODE,
    shutil.copyfile: Flag.TRUNCATE | Flag.PLAIN_MODE,
}
# What shutil takes for "not possible here" when it copies extended attributes
_NO_XATTR = (errno.EPERM, errno.ENOTSUP, errno.ENODATA, errno.EINVAL)
# What the library does not copy, or refuses: shutil knows what that means.
_FOR_SHUTIL = (-errno.EOPNOTSUPP, -errno.EINVAL)


class _Dir:
    """A directory that is not complete"""

    __slots__ = ("src", "dst", "parent", "place", "left", "errors", "entries", "fresh")

    def __init__(self, src: Any, dst: Any, parent: Optional[_Dir], place: int) -> None:
        self.src = src
        self.dst = dst
        self.parent = parent
        self.place = place  # among the entries of parent
        self.left = 1  # copies and directories in here, and the walk
        self.errors: Dict[int, Errors] = {}
        self.entries: Iterator[Tuple[int, os.DirEntry[str]]] = iter(())
        self.fresh = True  # there was nothing in dst


class _Tree:
    def __init__(
        self, symlinks: bool, ignore: Optional[Callable[[str, List[str]], Iterable[str]]],
        copy_function: Callable[[str, str], object], ignore_dangling: bool, exist_ok: bool,
    ) -> None:
        self.symlinks = symlinks
        self.ignore = ignore
        self.copy_function = copy_function
        self.flags = _KNOWN.get(copy_function)
        self.ignore_dangling = ignore_dangling
        self.exist_ok = exist_ok
        self.poll = select.poll()
        # All that may have a cookie; and whose it is
        self.pending: Set[Pending] = set()
        self.waiting: Dict[int, Tuple[Pending, _Dir, int]] = {}

    def run(self, src: Any, dst: Any) -> Errors:
        root = self.enter(src, dst, None, 0)
        # No loop in here: see Pending.
        try:
            self.walk(root)
        except BaseException:
            self.abort()
            raise
        return root.errors.get(-1, [])

    def walk(self, root: _Dir) -> None:
        stack = [root]
        while stack:
            place, entry = next(stack[-1].entries, (0, None))
            if entry is None:
                self.less(stack.pop())
                continue
            try:
                below = self.entry(stack[-1], place, entry)
            except OSError as why:
                self.failed(stack[-1], place, entry.name, why)
                continue
            if below is not None:
                stack.append(below)
        while self.waiting:
            self.collect()

    def enter(self, src: Any, dst: Any, parent: Optional[_Dir], place: int) -> _Dir:
        """List src, and make dst"""
        sys.audit("shutil.copytree", src, dst)
        node = _Dir(src, dst, parent, place)
        with os.scandir(src) as listing:
            entries = list(listing)
        if self.ignore is not None:
            ignored = set(self.ignore(os.fspath(src), [entry.name for entry in entries]))
            entries = [entry for entry in entries if entry.name not in ignored]
        node.fresh = not (self.exist_ok and os.path.isdir(dst))
        os.makedirs(dst, exist_ok=self.exist_ok)
        node.entries = iter(list(enumerate(entries)))
        if parent is not None:
            parent.left += 1
        return node

    def entry(self, node: _Dir, place: int, entry: os.DirEntry[str]) -> Optional[_Dir]:
        """Begin with one; returns it if it is a directory to be walked"""
        src = os.path.join(node.src, entry.name)
        dst = os.path.join(node.dst, entry.name)
        if entry.is_symlink():
            if self.symlinks:
                os.symlink(os.readlink(src), dst)
                shutil.copystat(src, dst, follow_symlinks=False)
                return None
            # shutil looks from the working directory, whence a relative link leads elsewhere.
            if self.ignore_dangling and not os.path.exists(src):
                return None
        if entry.is_dir():
            return self.enter(src, dst, node, place)
        if self.flags is None:
            self.copy_function(src, dst)
        else:
            self.copy(src, dst, node, place)
        return None

    def copy(self, src: str, dst: str, node: _Dir, place: int) -> None:
        if not node.fresh and self.copy_function is not shutil.copyfile and os.path.isdir(dst):
            dst = os.path.join(dst, os.path.basename(src))
        if len(self.waiting) >= WINDOW:
            self.collect()
        pending = Pending(src, dst, self.flags or 0)
        self.pending.add(pending)
        while (left := pending.start()) == AGAIN:
            if self.waiting:
                self.collect()
            else:
                readable(room_fd(0), room_timeout())
        if left > 0:
            node.left += 1
            self.waiting[left] = pending, node, place
            self.poll.register(left, select.POLLIN)
        else:
            self.pending.discard(pending)
            self.judge(pending, left)

    def judge(self, pending: Pending, ret: int) -> None:
        """Raise what shutil would have raised"""
        info = pending.info
        if ret in _FOR_SHUTIL:
            self.copy_function(pending.src, pending.dst)
        elif ret < 0:
            raise pending.error(ret)
        elif info.skipped:
            error = -info.skipped_error
            if info.skipped & (Flag.MODE | Flag.TIMES) or error not in _NO_XATTR:
                raise pending.error(-error)

    def collect(self) -> None:
        """Wait until one has ended at least, and take all that have"""
        # Not for ever: see readable().
        for cookie, _ in self.poll.poll(1000):
            pending, node, place = self.waiting[cookie]
            ret = pending.look()
            if ret > 0:
                continue
            self.poll.unregister(cookie)
            del self.waiting[cookie]
            self.pending.discard(pending)
            try:
                self.judge(pending, ret)
            except OSError as why:
                self.failed(node, place, os.path.basename(pending.src), why)
            self.less(node)

    def failed(self, node: _Dir, place: int, name: str, why: OSError) -> None:
        src = os.path.join(node.src, name)
        dst = os.path.join(node.dst, name)
        # Also SameFileError is one, which has no list but a text.
        if isinstance(why, shutil.Error) and isinstance(why.args[0], list):
            node.errors[place] = list(why.args[0])
        else:
            node.errors[place] = [(src, dst, str(why))]

    def less(self, below: _Dir) -> None:
        """One thing less to be done there; if it was the last one the directory is complete."""
        node: Optional[_Dir] = below
        while node is not None:
            node.left -= 1
            if node.left > 0:
                return
            errors = [error for _, found in sorted(node.errors.items()) for error in found]
            try:
                shutil.copystat(node.src, node.dst)
            except OSError as why:
                errors.append((node.src, node.dst, str(why)))
            if node.parent is None:
                node.errors = {-1: errors}
            elif errors:
                node.parent.errors[node.place] = errors
            node = node.parent

    def abort(self) -> None:
        """Cancel all that is pending, and wait for it.  Who interrupts that waits no longer."""
        for pending in self.pending:
            pending.cancel()
        try:
            self.stop_all()
        finally:
            for pending in self.pending:
                pending.leave()

    def stop_all(self) -> None:
        for pending in self.pending:
            pending.stop()


def copytree(
    src: Path, dst: Path, symlinks: bool = False,
    ignore: Optional[Callable[[str, List[str]], Iterable[str]]] = None,
    copy_function: Callable[[str, str], object] = shutil.copy2,
    ignore_dangling_symlinks: bool = False, dirs_exist_ok: bool = False,
) -> Path:
    """
    Copy a tree as shutil.copytree() does, many files at a time, and return dst.

    With shutil.copy2, shutil.copy and shutil.copyfile as copy_function the library copies.  Any
    other function is called for one file after the other.  What cannot be copied is in the list
    of a shutil.Error at the end.  With ignore_dangling_symlinks a relative link is followed from
    where it is, not from the working directory.
    """
    tree = _Tree(symlinks, ignore, copy_function, ignore_dangling_symlinks, dirs_exist_ok)
    errors = tree.run(src, dst)
    if errors:
        raise shutil.Error(errors)
    return dst
