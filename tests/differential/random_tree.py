# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of random.py: a small tree as a list of nodes, made on disk, and told as shell
# commands.
#
# The list is replayed in order, first all names, then, from the end, what is to be
# seen of them; so two trees made from one list are alike to the nanosecond. What the
# file system or the user does not allow is left out; it is so for both of the trees.

import contextlib
import ctypes
import os
import shlex
import stat
import struct
import threading
from dataclasses import dataclass

USUAL_MTIME = 1_000_000_000_123456789
LETTERS = b"abcdefghijklmnopqrstuvwxyz"
ACL_TAGS = {"u:": 1, "u": 2, "g:": 4, "g": 8, "m:": 16, "o:": 32}
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH, CLONE_NEWNS = 0x1000, 0x4000, 0x40000, 2, 0x20000

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Node:
    """One name in a tree."""
    path: bytes
    kind: str                   # file dir symlink link fifo socket device other
    target: bytes = b""         # of a symlink or a (hard) link
    size: int = 0               # of a file, with holes where it has no
    parts: tuple = ()           # (what, offset, length); what: data, zero, alloc
    letter: int = 0             # what data is made of
    device: tuple = ()          # (b or c, major, minor)
    drained: bool = False       # a FIFO that is read from, not written to
    mode: int = None
    owner: tuple = None         # (user, group)
    mtime: int = USUAL_MTIME
    xattrs: tuple = ()          # (name, value)
    acl: str = ""               # as setfacl -m takes it, all of its entries
    default_acl: str = ""

    def plain_mode(self):
        return 0o755 if self.kind in ("dir", "other") else 0o644


# ------------------------------------------------------------------ on disk

def acl_binary(text):
    """What the kernel takes for the ACL that text says."""
    entries = []
    for entry in text.split(","):
        tag, who, perms = entry.split(":")
        bits = sum(bit for c, bit in (("r", 4), ("w", 2), ("x", 1)) if c in perms)
        entries.append((ACL_TAGS[tag if who else tag + ":"], int(who or -1), bits))
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHi", tag, bits, who) for tag, who, bits in sorted(entries))


def write_parts(fd, node):
    os.truncate(fd, node.size)
    for what, offset, length in node.parts:
        if what == "alloc":
            with contextlib.suppress(OSError):
                os.posix_fallocate(fd, offset, length)
        else:
            fill = b"\0" if what == "zero" else LETTERS[node.letter:node.letter + 1]
            os.pwrite(fd, fill * length, offset)


def make_file(node):
    fd = os.open(node.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        write_parts(fd, node)
    finally:
        os.close(fd)


def make_device(node):
    kind, major, minor = node.device
    os.mknod(node.path, 0o644 | (stat.S_IFBLK if kind == "b" else stat.S_IFCHR),
             os.makedev(major, minor))


def may_mount():
    """Takes the process into a mount namespace of its own; false if it may not."""
    return libc.unshare(CLONE_NEWNS) == 0 and \
        libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0


def make_other(node, other):
    """The directory other, which is in another file system, seen in the tree."""
    os.mkdir(other)
    os.mkdir(node.path)
    if libc.mount(other, os.path.abspath(node.path), None, MS_BIND, None) != 0:
        os.rmdir(node.path)
        os.symlink(other, node.path)


def unmount(path):
    return libc.umount2(os.path.abspath(path), MNT_DETACH) == 0


def make_name(node, other):
    if node.kind == "file":
        make_file(node)
    elif node.kind == "dir":
        os.mkdir(node.path)
    elif node.kind == "symlink":
        os.symlink(node.target, node.path)
    elif node.kind == "link":
        os.link(node.target, node.path, follow_symlinks=False)
    elif node.kind == "fifo":
        os.mkfifo(node.path)
    elif node.kind == "socket":
        os.mknod(node.path, stat.S_IFSOCK | 0o644)
    elif node.kind == "device":
        make_device(node)
    else:
        make_other(node, other)


def set_owner(node, usual):
    owner = node.owner or usual
    if owner:
        os.chown(node.path, *owner, follow_symlinks=False)


def set_mode(node):
    if node.kind != "symlink":
        os.chmod(node.path, node.plain_mode() if node.mode is None else node.mode)


def set_xattrs(node):
    for name, value in node.xattrs:
        with contextlib.suppress(OSError):
            os.setxattr(node.path, name, value, follow_symlinks=False)
    if node.acl:
        os.setxattr(node.path, "system.posix_acl_access", acl_binary(node.acl))
    if node.default_acl:
        os.setxattr(node.path, "system.posix_acl_default", acl_binary(node.default_acl))


def set_times(node):
    os.utime(node.path, ns=(node.mtime, node.mtime), follow_symlinks=False)


def make_tree(nodes, usual_owner, other):
    """In the current directory, which is then dated as well."""
    mask = os.umask(0)
    for node in nodes:
        with contextlib.suppress(OSError):
            make_name(node, other)
    for node in reversed(nodes):
        if node.kind == "link":
            continue
        with contextlib.suppress(OSError):
            set_owner(node, usual_owner)
        for step in (set_mode, set_xattrs, set_times):
            with contextlib.suppress(OSError):
                step(node)
    top = Node(b".", "dir")
    set_owner(top, usual_owner)
    set_times(top)
    os.umask(mask)


def remove_below(path, depth, deep):
    """All that is in path. Directories far below are moved to where the first of deep
    is, and added to that list."""
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        os.chmod(path, 0o700)
    with os.scandir(path) as entries:
        found = [(e.path, e.is_dir(follow_symlinks=False)) for e in entries]
    for name, is_dir in found:
        if not is_dir:
            os.unlink(name)
        elif depth < 12:
            remove_below(name, depth + 1, deep)
            os.rmdir(name)
        else:
            os.chmod(name, 0o700)
            deep.append(os.path.join(os.path.dirname(deep[0]), b"deep%d" % len(deep)))
            os.rename(name, deep[-1])


def remove_tree(path):
    """Also where nobody may look, if it is one's own, or deeper than a path is long."""
    deep = [path]
    for top in deep:
        remove_below(top, 0, deep)
    for top in deep:
        os.rmdir(top)


# -------------------------------------------------------- as shell commands

def quote(text):
    """Bytes, so that a shell (one that knows $'') reads them."""
    word = os.fsdecode(text)
    if word.isascii() and (word.isprintable() or not word):
        return shlex.quote(word)
    escaped = text.replace(b"\\", b"\\\\").replace(b"'", b"\\'")
    word = "".join(chr(c) if 32 <= c < 127 else f"\\{c:03o}" for c in escaped)
    return f"$'{word}'"


def name_of(path):
    return quote(b"./" + path if path.startswith(b"-") else path)


def shell_of_file(node, name):
    if node.parts == (("data", 0, node.size),):
        letter = chr(LETTERS[node.letter])
        return [f"head -c {node.size} /dev/zero | tr '\\0' {letter} >{name}"]
    lines = [f": >{name}"] if not node.size else [f"truncate -s {node.size} {name}"]
    for what, offset, length in node.parts:
        if what == "alloc":
            lines.append(f"fallocate -o {offset} -l {length} {name}")
            continue
        fill = "" if what == "zero" else f" | tr '\\0' {chr(LETTERS[node.letter])}"
        lines.append(f"head -c {length} /dev/zero{fill} | dd of={name} seek={offset} "
                     "oflag=seek_bytes conv=notrunc status=none")
    return lines


def shell_of_name(node):
    name = name_of(node.path)
    if node.kind == "file":
        return shell_of_file(node, name)
    if node.kind == "dir":
        return [f"mkdir {name}"]
    if node.kind in ("symlink", "link"):
        flags = "-sT" if node.kind == "symlink" else "-PT"
        return [f"ln {flags} -- {quote(node.target)} {name}"]
    if node.kind == "fifo":
        end = f"cat {name} >/dev/null &" if node.drained else f"echo fed >{name} &"
        return [f"mkfifo {name}", f"{end}  # if cp opens it"]
    if node.kind == "socket":
        code = f"import os, stat; os.mknod({node.path!r}, stat.S_IFSOCK)"
        return [f"python3 -c {quote(code.encode())}"]
    if node.kind == "device":
        return [f"mknod {name} {' '.join(map(str, node.device))}"]
    return [f"mkdir {name} && mount --bind OTHER {name}  # where another file system is"]


def shell_of_looks(node):
    """Of all but the usual owner and time."""
    name = name_of(node.path)
    if node.owner:
        yield f"chown -h {node.owner[0]}:{node.owner[1]} {name}"
    if node.kind == "socket" or (node.mode is not None and node.kind != "symlink"):
        yield f"chmod {node.plain_mode() if node.mode is None else node.mode:04o} {name}"
    for key, value in node.xattrs:
        yield f"setfattr -h -n {key} -v 0x{value.hex()} {name}"
    if node.acl:
        yield f"setfacl -m {node.acl} {name}"
    if node.default_acl:
        yield f"setfacl -dm {node.default_acl} {name}"


def shell_time(ns):
    return f"-d @{ns // 10**9}.{ns % 10**9:09d}"


def shell_of_tree(nodes, usual_owner):
    lines = [line for node in nodes for line in shell_of_name(node)]
    if usual_owner:
        lines.append(f"chown -hR {usual_owner[0]}:{usual_owner[1]} .")
    looks = [n for n in reversed(nodes) if n.kind != "link"]
    lines += [line for node in looks for line in shell_of_looks(node)]
    lines.append(f"find . -exec touch -h {shell_time(USUAL_MTIME)} {{}} +")
    return lines + [f"touch -h {shell_time(n.mtime)} {name_of(n.path)}"
                    for n in looks if n.mtime != USUAL_MTIME]


# -------------------------------------------------- the other end of FIFOs

class FifoEnds:
    """Lets a program that opens one of the tree's FIFOs go on: it reads "fed" from
    it, or what it writes is taken. To be made in the tree's directory."""

    def __init__(self, nodes):
        self.held, self.drains, self.feeders = [], [], []
        for node in nodes:
            if node.kind == "fifo":
                with contextlib.suppress(OSError):
                    self.attach(node)

    def attach(self, node):
        if node.drained:
            self.drains.append(os.open(node.path, os.O_RDONLY | os.O_NONBLOCK))
            return
        self.held.append(os.open(node.path, os.O_PATH))
        way = f"/proc/self/fd/{self.held[-1]}"
        thread = threading.Thread(target=self.feed, args=(way,), daemon=True)
        self.feeders.append((way, thread))
        thread.start()

    @staticmethod
    def feed(way):
        with contextlib.suppress(OSError):
            fd = os.open(way, os.O_WRONLY)
            try:
                os.write(fd, b"fed")
            finally:
                os.close(fd)

    def release(self):
        """What the program has written to FIFOs."""
        taken = []
        for fd in self.drains:
            with contextlib.suppress(OSError):
                taken.append(os.read(fd, 65536))
        for way, thread in self.feeders:
            with contextlib.suppress(OSError):
                fd = os.open(way, os.O_RDONLY | os.O_NONBLOCK)
                thread.join()
                os.close(fd)
        for fd in self.drains + self.held:
            os.close(fd)
        return taken
