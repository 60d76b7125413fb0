# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the sweep lets pcp copy: the trees, and the command lines.

import dataclasses
import os
import shlex
import struct

NEW, OLD = 1000000000, 900000000        # times of the source, and of what is there before
PLAIN = b"".join(b"%07d\n" % i for i in range(40000))


@dataclasses.dataclass
class Scenario:
    """A command line, run where there are src, and dst if old or into says so."""
    name: str
    words: str
    old: bool = False       # dst is a tree of other files by the same names
    into: bool = False      # dst is an empty directory
    src: str = "src"        # what is copied, if that is a tree
    dst: str = "dst"        # where the copy is
    one: str = ""           # the only name in dst that is copied to
    prefix: str = ""        # of the names in dst, before those in src
    aside: bool = False     # what is there is never written to, but replaced
    linked: bool = False    # the source gets further names
    xattrs: bool = True     # extended attributes are promised; else taken where they can be had
    fails: bool = False     # also without a fault
    stdin: bytes = b""
    umask: int = 0o022
    files: tuple = ()       # that the run writes besides

    def arguments(self, work):
        return shlex.split(self.words.replace("$WORK", work))


def acl(*entries):
    """An ACL as the kernel has it, of (tag, rights, id)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)


NOBODY = 0xffffffff
FILE_ACL = acl((1, 6, NOBODY), (2, 6, 4321), (4, 4, NOBODY), (16, 6, NOBODY), (32, 0, NOBODY))


def attempt(call, *args):
    """Do what not every file system does, nor every user may do."""
    try:
        call(*args)
    except OSError:
        pass


def put(top, name, data, mode=0o644, when=NEW):
    path = os.path.join(top, name)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    os.utime(path, (when, when + 0.25))


def put_holes(top, name):
    path = os.path.join(top, name)
    with open(path, "wb") as f:
        f.write(PLAIN[:5000])
        f.seek(1 << 20)
        f.write(PLAIN[:5000])
    os.utime(path, (NEW, NEW))


def put_attributes(top):
    path = os.path.join(top, "file")
    attempt(os.setxattr, path, "user.name", b"value")
    attempt(os.setxattr, path, "user.second", b"2")
    attempt(os.chown, path, 1234, 5678)
    attempt(os.lchown, os.path.join(top, "link"), 1234, 5678)
    attempt(os.setxattr, os.path.join(top, "big"), "system.posix_acl_access", FILE_ACL)
    attempt(os.setxattr, os.path.join(top, "sub"), "user.dir", b"of a directory")
    for name in ("file", "big", "link", "fifo"):
        os.utime(os.path.join(top, name), (NEW, NEW), follow_symlinks=False)


def date_dirs(top, when):
    for at, _, _ in os.walk(top, topdown=False):
        os.utime(at, (when, when))


def make_source(top):
    os.makedirs(os.path.join(top, "sub/deep"))
    os.makedirs(os.path.join(top, "closed"))
    put(top, "file", PLAIN[:3000], 0o640)
    put(top, "empty", b"")
    put(top, "big", PLAIN[:300000])
    put_holes(top, "holes")
    put(top, "hard", b"two names\n")
    os.link(os.path.join(top, "hard"), os.path.join(top, "sub/second"))
    put(top, "sub/deep/inner", PLAIN[100:9000], 0o755)
    put(top, "sub/deep/CACHEDIR.TAG", b"no signature, so nothing is left out\n")
    put(top, "closed/inner", b"in a directory that may not be written to\n", 0o400)
    os.symlink("file", os.path.join(top, "link"))
    os.mkfifo(os.path.join(top, "fifo"), 0o620)
    put_attributes(top)
    os.chmod(os.path.join(top, "sub"), 0o750)
    os.chmod(os.path.join(top, "closed"), 0o555)
    date_dirs(top, NEW)


def make_links(top):
    """A directory in which the name of a copy is a symlink"""
    os.makedirs(top)
    os.symlink("end", os.path.join(top, "hard"))
    put(top, "end", b"this is overwritten\n", 0o644, OLD)


def make_old(top):
    os.makedirs(os.path.join(top, "sub/deep"))
    put(top, "file", PLAIN[2000:7000], 0o600, OLD)
    put(top, "big", PLAIN[5:5000], 0o666, OLD)
    put(top, "hard", b"old\n", 0o644, OLD)
    os.link(os.path.join(top, "hard"), os.path.join(top, "sub/old"))
    put(top, "sub/deep/inner", b"", 0o600, OLD)
    put(top, "sub/stays", b"only here\n", 0o644, OLD)
    os.symlink("elsewhere", os.path.join(top, "link"))
    date_dirs(top, OLD)


def make_operands(top):
    """Files of one name, a symlink by it, a file that is like a backup, a further name."""
    for d in ("a", "b"):
        os.makedirs(os.path.join(top, d))
        put(top, d + "/same", d.encode() * 100)
    put(top, "a/same~", b"like a backup\n")
    os.makedirs(os.path.join(top, "d"))
    os.link(os.path.join(top, "a/same"), os.path.join(top, "d/same"))
    os.makedirs(os.path.join(top, "c"))
    os.symlink("target", os.path.join(top, "c/same"))
    date_dirs(top, NEW)


# Data, a hole, data, a hole
PIPED = PLAIN[:5000] + bytes(20000) + PLAIN[:9000] + bytes(10000)
ORDER = "-j1 --window=1 "
LISTS = "--checksum-file=sums --log=log --failed-to=failed --metrics=metrics " \
        "--report=page "

SCENARIOS = (
    Scenario("a tree, in order", ORDER + "-R src dst"),
    Scenario("a tree", "-R -j4 src dst"),
    Scenario("archive, in order", ORDER + "-a src dst", xattrs=False),
    Scenario("archive", "-a -j4 src dst", xattrs=False),
    Scenario("all attributes", ORDER + "-R --preserve=all,xattr src dst"),
    Scenario("over a tree, in order", ORDER + "-RT --preserve=all,xattr src dst", old=True),
    Scenario("over a tree", "-RT -j4 --preserve=all,xattr src dst", old=True),
    Scenario("forced", "-RfT src dst", old=True),
    Scenario("simple backups", ORDER + "-aT -b src dst", old=True, xattrs=False, aside=True),
    Scenario("numbered backups", "-aT --backup=numbered src dst", old=True, xattrs=False,
             aside=True),
    Scenario("removed first", "-aT -j1 --remove-destination src dst", old=True, xattrs=False,
             aside=True),
    Scenario("updated", "-auT -j1 src dst", old=True, xattrs=False),
    Scenario("asked", "-iT -R src dst", old=True, stdin=b"y\n" * 20),
    Scenario("hard links", "-RlfT src dst", old=True, linked=True, aside=True),
    Scenario("symlinks", "-RsfT $WORK/src dst", old=True, aside=True),
    Scenario("parents", "-a --parents src/sub/deep/inner src/hard dst", into=True,
             prefix="src/", xattrs=False),
    Scenario("attributes only", "-RT -j1 --attributes-only --preserve=all,xattr src/sub dst/sub",
             old=True, src="src/sub", dst="dst/sub"),
    Scenario("atomic, new", "-a -j1 --atomic src dst", xattrs=False),
    Scenario("atomic", "-RT -j4 --atomic --preserve=all,xattr src dst", old=True, aside=True),
    Scenario("atomic backups", "-aT -b -j1 --atomic src dst", old=True, aside=True,
             xattrs=False),
    Scenario("synced", "-aT -j1 -v --fsync src dst", xattrs=False),
    Scenario("synced over a tree", "-aT -j4 --fsync src dst", old=True, xattrs=False),
    Scenario("verified", "-aT -j1 --verify src dst", xattrs=False),
    Scenario("verified over a tree", "-aT -j4 --verify=sha256 src dst", old=True, xattrs=False),
    Scenario("with lists", "-aT -j1 " + LISTS + "src dst", xattrs=False,
             files=("sums", "log", "failed")),
    Scenario("with a journal", "-aT -j1 --fsync --journal=journal src dst", xattrs=False),
    Scenario("told in JSON", "-aT -j4 -v --json --json-files --json-interval=0.1 src dst",
             xattrs=False),
    Scenario("operands", "-a src/file src/hard src/big src/sub src/link dst", into=True,
             xattrs=False),
    Scenario("one file, told in JSON", "-j1 --json --json-files src/empty dst"),
    Scenario("one file", "-p src/file dst", xattrs=False),
    Scenario("strictly", "-aT -j1 --strict src dst", xattrs=False),
    Scenario("followed", "-RL -j1 src/link src/sub dst", into=True),
    Scenario("sparse", "-RT -j1 --sparse=always --reflink=never src dst"),
    Scenario("by a buffer", "-RT -j4 --sparse=never --reflink=never src dst"),
    Scenario("default modes", "-RT -j1 --no-preserve=mode src dst"),
    Scenario("default modes over a tree", "-RT --no-preserve=mode src dst",
             old=True),
    Scenario("a pipe", "-p --sparse=always --fsync /dev/stdin dst", stdin=PIPED),
    Scenario("a pipe into a file", "-p /dev/stdin dst/big", old=True, stdin=PIPED,
             one="big"),
    Scenario("a pipe cloned", "--reflink=always /dev/stdin dst", stdin=PIPED, fails=True),
    Scenario("a symlink", "-s -p -v src/file file", dst="file"),
    Scenario("one file over another", "-b -f src/file dst/sub/deep/inner", old=True, aside=True,
             one="sub/deep/inner"),
    Scenario("one file, atomic", "-a --atomic src/file dst/sub/deep/inner", old=True, aside=True,
             one="sub/deep/inner", xattrs=False),
    Scenario("names through a symlink", "-aL src/hard src/sub/second links", dst="links",
             one="end", xattrs=False),
    Scenario("into a device", "--fsync src/file /dev/null", one="none"),
    Scenario("a device", "-p /dev/null dst", xattrs=False),
    Scenario("a device over a tree", "-T --attributes-only -R --copy-contents /dev/null "
             "dst/file", old=True),
    Scenario("beneath", "-aT -j1 --beneath src dst", old=True, xattrs=False),
    Scenario("beneath, with parents", "-a --parents --beneath src/sub/deep/inner dst",
             into=True, prefix="src/", xattrs=False),
    Scenario("explained", "-RT -j4 --debug --stats src dst"),
    Scenario("chosen", "-RT -j1 --exclude-caches --exclude-tag=none --exclude=no* --exclude=none "
             "--min-size=0 --log=- src dst"),
    Scenario("mirrored", "--mirror --max-delete=90% -j1 -v -T src dst", old=True, aside=True,
             xattrs=False),
    Scenario("mirrored, by bytes", "--mirror --update=checksum --max-delete=100% -j4 -T src dst",
             old=True, aside=True, xattrs=False),
    Scenario("listed", "-aT -j1 --files-from=- src dst", xattrs=False,
             stdin=b"file\nsub/\nhard\nempty\nbig\nholes\nlink\nfifo\nclosed/inner\n.\n"),
    Scenario("held back", "-aT -j4 --nice --bwlimit=1G --ops-limit=1000000 --adaptive "
             "--max-time=1h --control=none src dst", xattrs=False),
    Scenario("owner alone", "-RT -j1 --preserve=ownership src dst", umask=0o277),
    Scenario("one name twice", "ops/a/same ops/b/same dst", into=True, fails=True),
    Scenario("through a link", "-P ops/c/same ops/a/same dst", into=True, fails=True),
    Scenario("into itself", "-R src src/sub/copy", linked=True, dst="src/sub/copy", fails=True),
    Scenario("itself", "--remove-destination ops/a/same ops/a/same", fails=True),
    Scenario("itself, forced", "-f --backup ops/a/same ops/a/same", linked=True,
             dst="ops/a"),
    Scenario("its own backup", "-b ops/a/same~ ops/a/same", fails=True),
    Scenario("another name of it", "--remove-destination -p ops/a/same ops/d/same",
             linked=True, dst="ops/d"),
)

# (scenario, function, fault): those of which a slice has all, as something was lost by them.
ALWAYS = (
    ("itself", "fstatat", "EIO"),
    ("another name of it", "fstatat", "EIO"),
    ("its own backup", "fstatat", "EIO"),
    ("into itself", "fstatat", "EIO"),
    ("one name twice", "fstatat", "EIO"),
    ("one name twice", "fstat", "EIO"),
    ("through a link", "fstatat", "EIO"),
    ("synced over a tree", "fstat", "EIO"),
    ("archive, in order", "openat", "ENOSPC"),
    ("attributes only", "fcntl", "EINTR"),
    ("a tree, in order", "copy_file_range", "ENOSYS"),
    ("a pipe", "fcntl", "EMFILE"),
    ("a pipe", "malloc", "ENOMEM"),
    ("one file, told in JSON", "malloc", "ENOMEM"),
)
