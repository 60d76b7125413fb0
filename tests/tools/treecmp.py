#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# treecmp.py [--no-times] [--no-links] [--no-sticky] A B: compares two trees by everything that
# can be seen of them, prints the differences, and ends with 1 where there is one.
# --no-times leaves out modification times, --no-links hard links (for copies
# that were not to preserve them), --no-sticky the sticky bits of directories.
#
# Also a module: snapshot() is what is seen of one tree, differences() of two.
#
# Each directory is opened from the one that it is in, and what is in it is found by
# way of that descriptor, so a tree may be deeper than a path may be long.

import errno
import hashlib
import os
import stat
import sys

BLOCK = 4096
BLOCKS_READ = 64
TYPES = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket", stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device",
}


def attempt(call, *args, **kwargs):
    """What call returns, or the error, as something that can be compared."""
    try:
        return call(*args, **kwargs)
    except OSError as e:
        return errno.errorcode[e.errno]


def extents(fd):
    """Where fd has data, in blocks of 4096 bytes, touching ones merged, so that
    file systems with smaller blocks give the same map."""
    runs, hole = [], 0
    while True:
        try:
            data = os.lseek(fd, hole, os.SEEK_DATA)
        except OSError:
            return tuple(runs)
        hole = os.lseek(fd, data, os.SEEK_HOLE)
        first, end = data // BLOCK, -(-hole // BLOCK)
        if runs and first <= runs[-1][1]:
            first = runs.pop()[0]
        runs.append((first, end))


def content(path, seen):
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        seen["holes"] = extents(fd)
        digest = hashlib.sha1()
        # Blocks of zeros are left out, be they holes or not.
        for first, end in seen["holes"]:
            for at in range(first, end, BLOCKS_READ):
                data = os.pread(fd, min(end - at, BLOCKS_READ) * BLOCK, at * BLOCK)
                for i in range(0, len(data), BLOCK):
                    if block := data[i:i + BLOCK].rstrip(b"\0"):
                        digest.update(b"%d:" % (at + i // BLOCK) + block)
        return digest.hexdigest()
    finally:
        os.close(fd)


def xattrs(path):
    return {name: attempt(os.getxattr, path, name, follow_symlinks=False)
            for name in os.listxattr(path, follow_symlinks=False)}


def look(path, name, first_names, times, links, sticky):
    """Everything that is to be seen at path, which is name in the tree."""
    st = attempt(os.lstat, path)
    if isinstance(st, str):
        return {"type": st}     # in a directory that may be listed, but not searched
    kind = stat.S_IFMT(st.st_mode)
    mode = stat.S_IMODE(st.st_mode)
    if kind == stat.S_IFDIR and not sticky:
        mode &= ~stat.S_ISVTX
    seen = {"type": TYPES[kind], "mode": f"{mode:04o}",
            "owner": (st.st_uid, st.st_gid), "xattrs": attempt(xattrs, path)}
    if times:
        seen["mtime"] = st.st_mtime_ns
    if kind != stat.S_IFDIR:
        seen["size"] = st.st_size
        if links:
            seen["links"] = st.st_nlink
            seen["same as"] = first_names.setdefault((st.st_dev, st.st_ino), name)
    if kind == stat.S_IFREG:
        seen["content"] = attempt(content, path, seen)
    elif kind == stat.S_IFLNK:
        seen["target"] = os.readlink(path)
    elif kind in (stat.S_IFBLK, stat.S_IFCHR):
        seen["device"] = st.st_rdev
    return seen


def snapshot(top, times=True, links=True, sticky=True):
    """{name below top, in bytes: what is seen there}; b"" is top itself."""
    tree, first_names = {}, {}

    def enter(dir_fd, name):
        here = b"/proc/self/fd/%d/" % dir_fd
        prefix = name + b"/" if name else b""
        for entry in sorted(os.listdir(here)):
            full = prefix + entry
            tree[full] = look(here + entry, full, first_names, times, links, sticky)
            if tree[full]["type"] == "directory":
                descend(dir_fd, entry, full)

    def descend(dir_fd, entry, name):
        try:
            fd = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=dir_fd)
        except OSError as e:
            tree[name]["entries"] = errno.errorcode[e.errno]
            return
        try:
            enter(fd, name)
        finally:
            os.close(fd)

    sys.setrecursionlimit(100000)
    top = os.fsencode(top)
    tree[b""] = look(os.path.realpath(top), b"", first_names, times, links, sticky)
    if tree[b""]["type"] == "directory":
        descend(None, os.path.realpath(top), b"")
    return tree


def differences(a, b, name_a="A", name_b="B"):
    """A line for each thing that differs between two snapshots."""
    lines = []
    for name in sorted(a.keys() | b.keys()):
        shown = ascii(os.fsdecode(name) or ".")
        if name not in b:
            lines.append(f"{shown} ({a[name]['type']}) is in {name_a} alone")
        elif name not in a:
            lines.append(f"{shown} ({b[name]['type']}) is in {name_b} alone")
        else:
            for what in sorted(a[name].keys() | b[name].keys()):
                x, y = a[name].get(what), b[name].get(what)
                if x != y:
                    lines.append(f"{shown}: {what}: {x!r} in {name_a}, {y!r} in {name_b}")
    return lines


def main():
    options = {a for a in sys.argv[1:] if a.startswith("--")}
    trees = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(trees) != 2 or options - {"--no-times", "--no-links", "--no-sticky"}:
        sys.exit("usage: treecmp.py [--no-times] [--no-links] [--no-sticky] A B")
    wanted = {what: "--no-" + what not in options for what in ("times", "links", "sticky")}
    a, b = (snapshot(t, **wanted) for t in trees)
    lines = differences(a, b, *trees)
    print(*lines, sep="\n", end="\n" if lines else "")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
