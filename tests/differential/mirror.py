#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mirror.py: after pcp --mirror a tree is as another one, whatever was there before.
#
#   mirror.py --pcp=PCP --dir=DIR [--pcp-options=WORDS] [--user=N] [--seed=N]
#             [--cases=N] [--case=N]
#
# Design: a case is two lists of nodes, as random_tree.py has them, made from the seed and the
# number of the case alone.  The generator of random.py makes the source.  The destination is
# a distorted image of it: of each node it is the same, or missing, or of other looks, other
# contents or any other kind; and each of its directories may have more in it.  pcp runs twice.
# After the first run rsync must find nothing to do, and everything that can be seen (treecmp.py)
# must be the same on both sides; the second run must not touch anything.  Where that is not
# so, the case is made as small as it gets (random_shrink.py), and printed as shell commands.
#
# A file that differs in its contents alone is found by --update=checksum, and by nothing else.
# So either pcp has that option, or no such file is made.
#
# Status 1 if any case failed, 2 if hardly any had something to do.

import os
import sys

# There is a random.py that would be taken for Python's own module of that name.
here = os.path.dirname(os.path.realpath(__file__))
sys.path[:] = [p for p in sys.path if os.path.realpath(p or ".") != here]
import random  # noqa: E402
import tempfile  # noqa: E402
sys.path += [here, os.path.join(here, "..", "tools")]
sys.dont_write_bytecode = True

import argparse
import itertools
import shlex
import subprocess
import time
from dataclasses import dataclass, replace

from random_cases import (ACLS, DEFAULT_ACLS, DIR_MODES, MODES, MTIMES, NO_LINK, ODD_NAMES,
                          ROOT_OWNERS, Generator, Setting)
from random_shrink import plainer_nodes, smaller_tree
from random_tree import (Node, make_tree, remove_tree, set_mode, set_owner, set_times,
                         set_xattrs, shell_of_tree)
from treecmp import differences, snapshot

TIMEOUT = 60            # seconds: who needs more hangs
SHRINK_TIME = 20        # seconds
SHOWN = 12              # complaints about one case
TOP = b"."
BUMPED = 1_700_000_000 * 10**9 + 1      # no other file has such a time, or a later one
RSYNC = ["rsync", "-aHAXn", "--delete", "-i", "--modify-window=-1"]
BODY = ("size", "parts", "letter")
# In the order in which they are drawn: so they are the same in each run.
KINDS = ("file", "empty", "sparse", "symlink", "link", "fifo", "socket", "dir", "device")


@dataclass(frozen=True)
class Nodes:
    """One of the two trees, for those who make it smaller."""
    nodes: tuple


@dataclass(frozen=True)
class Case:
    """What a run begins with."""
    src: tuple
    dst: tuple              # None: there is no such directory
    words: tuple            # of pcp, besides --mirror
    umask: int


# ------------------------------------------------------------------- the trees

def inode(tree, path):
    """The node that path is a name of, or None."""
    node = tree.get(path)
    while node and node.kind == "link":
        node = tree.get(node.target)
    return node


def hidden(src, dst):
    """The files of dst that have the size and the time of that in src, and other contents."""
    src, dst = ({node.path: node for node in nodes} for nodes in (src, dst or ()))
    for path in src:
        a, b = inode(src, path), inode(dst, path)
        if a and b and a.kind == b.kind == "file" and (a.size, a.mtime) == (b.size, b.mtime):
            if any(getattr(a, what) != getattr(b, what) for what in BODY):
                yield b


def readable(node):
    """The same for an ordinary user, who has to read it."""
    least = 0o500 if node.kind == "dir" else 0o400
    mode = node.mode if node.mode is None else node.mode | least
    acl = "" if node.kind == "dir" and "u::rwx" not in node.acl else node.acl
    return replace(node, mode=mode, acl=acl)


class Pair(Generator):
    """A source, and then a destination that once was one like it."""

    def pair(self):
        self.budget = self.rng.choice([8, 16, 40])
        self.add_dir(TOP)
        self.make_source()
        if self.chance(15):
            self.make_deep()
        source = self.tree
        if not self.setting.root:
            source = {path: readable(node) for path, node in source.items()}
        checksum = self.chance(15)
        umask = self.rng.choice([0o022, 0o022, 0o077, 0])
        if self.chance(4):
            return Case(tuple(source.values()), None, (), umask)
        self.tree = {}
        self.distort_tree(source)
        if not checksum:
            self.show_all(source)
        return Case(tuple(source.values()), tuple(self.tree.values()),
                    ("--update=checksum",) * checksum, umask)

    def make_deep(self):
        path = b""
        name = self.rng.choice([b"d", b"e\n", b"-", b"\xff"])
        for _ in range(self.rng.randint(10, 60)):
            path = os.path.join(path, name)
            if path in self.tree and self.tree[path].kind != "dir":
                return
            self.tree.setdefault(path, Node(path, "dir"))
        self.add_file(os.path.join(path, b"f"))

    # ------------------------------------------------------ the destination

    def distort_tree(self, source):
        for node in source.values():
            parent = os.path.dirname(node.path)
            if not parent or self.dirs(parent):
                self.distort(node)
        self.budget = len(self.tree) + 30
        self.names += self.rng.sample(ODD_NAMES, 3)
        for path in self.dirs():
            if self.chance(35):
                for _ in range(self.rng.randint(1, 3)):
                    self.grow(b"" if path == TOP else path, min(path.count(b"/"), 3))

    def distort(self, node):
        if node.path == TOP:
            other = self.other_looks(node) if self.chance(50) else node
            # It is named by an operand, which an ordinary user must be able to find.
            self.tree[TOP] = other if self.setting.root else readable(other)
            return
        same = 40 if node.path.count(b"/") < 3 else 400
        what = self.pick(same=same, gone=10, looks=25, body=12, kind=18)
        if what == "kind":
            self.add_kind(node.path, self.rng.choice(KINDS))
        elif what == "body" and node.kind == "file":
            self.tree[node.path] = self.other_body(node)
        elif what == "body" and node.kind == "symlink":
            self.tree[node.path] = replace(node, target=self.symlink_target(node.path))
        elif what == "body" and node.kind == "device":
            self.add_device(node.path)
        elif node.kind == "link" and what != "gone":
            self.distort_link(node)
        elif what == "looks":
            self.tree[node.path] = self.other_looks(node)
        elif what != "gone":
            self.tree[node.path] = node

    def distort_link(self, node):
        """The same group, or another one, or none."""
        target = self.tree.get(node.target)
        if target and target.kind not in NO_LINK and self.chance(60):
            self.tree[node.path] = node
        elif target and target.kind == "file" and self.chance(50):
            self.tree[node.path] = replace(target, path=node.path)
        else:
            self.add_kind(node.path, self.rng.choice(("link", "file")))

    def add_kind(self, path, kind):
        """Whatever is at path in the source."""
        if kind == "device" and not self.setting.chown:
            kind = "file"
        if kind in ("file", "empty", "sparse"):
            body = {"empty": {"size": 0, "parts": ()}, "file": self.file_body(),
                    "sparse": self.sparse_body(self.rng.randrange(26))}[kind]
            self.add(path, "file", **body, **self.looks("file"))
        elif kind == "dir":
            self.add_dir(path)
            self.budget = len(self.tree) + 8
            for _ in range(self.rng.choice([0, 1, 3])):
                self.grow(path, 1)
        elif kind == "symlink":
            self.add_symlink(path)
        elif kind == "link":
            self.add_link(path)
        elif kind == "device":
            self.add_device(path)
        else:
            self.add(path, kind, **self.looks(kind))

    def other_body(self, node):
        if node.size and self.chance(50):
            return replace(node, letter=(node.letter + 1) % 26)
        body = {"size": 0, "parts": (), "letter": 0, **self.file_body()}
        return replace(node, **body)

    def other_looks(self, node):
        """One or two things about it are not as they were."""
        rng = self.rng
        choices = {"mtime": MTIMES}
        if node.kind != "symlink":
            choices["mode"] = DIR_MODES if node.kind == "dir" else MODES
        if self.setting.chown:
            choices["owner"] = ROOT_OWNERS
        if node.kind in ("file", "dir"):
            choices["xattrs"] = [self.xattrs()]
            choices["acl"] = ACLS
        if node.kind == "dir":
            choices["default_acl"] = DEFAULT_ACLS
        usual = Node(b"", "")
        for name in rng.sample(list(choices), min(len(choices), rng.randint(1, 2))):
            value = getattr(usual, name) if self.chance(30) else rng.choice(choices[name])
            node = replace(node, **{name: value})
        return node

    def show_all(self, source):
        """Let every file that has other contents also have another time."""
        bumps = itertools.count(BUMPED)
        while found := list(hidden(source.values(), self.tree.values())):
            path = found[0].path
            self.tree[path] = replace(self.tree[path], mtime=next(bumps))


# ------------------------------------------------------------------ one run

def stamps(top):
    """{name: (inode number, time of change)}: both stay if nothing is done to it."""
    found = {}
    for at, dirs, files in os.walk(os.fsencode(top)):
        for name in [b".", *dirs, *files]:
            path = os.path.join(at, name)
            st = os.lstat(path)
            found[path] = st.st_ino, st.st_ctime_ns
    return found


def touched(before, after):
    return [ascii(os.fsdecode(path)) for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path)]


def look(top):
    """Holes are left out: where they are is up to the file system as well."""
    tree = snapshot(top)
    for seen in tree.values():
        seen.pop("holes", None)
    return tree


def run(words, umask=0o022):
    """What there is to complain about: a status, or words."""
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=TIMEOUT, umask=umask)
    except subprocess.TimeoutExpired:
        return ["it does not end"]
    said = (done.stderr + done.stdout).decode(errors="replace").splitlines()
    return said + [f"status {done.returncode}"] * (done.returncode != 0)


class Tester:
    def __init__(self, args):
        self.args = args
        self.base = tempfile.mkdtemp(prefix="mirror.", dir=args.dir)
        root = os.geteuid() == 0
        top = os.path.join(self.base, "src").encode()
        self.setting = Setting({}, root, root, False, top)
        self.command = [args.pcp, *args.pcp_options.split(), "--mirror", "--max-delete=100%"]

    def close(self):
        remove_tree(self.base.encode())

    def case(self, number):
        rng = random.Random(f"{self.args.seed}-{number}")
        return Pair(rng, self.setting, number).pair()

    def make(self, name, nodes):
        path = os.path.join(self.base, name)
        if os.path.lexists(path):
            remove_tree(path.encode())
        if nodes is None:
            return
        os.mkdir(path)
        os.chdir(path)
        make_tree([node for node in nodes if node.path != TOP], None, None)
        os.chdir(self.base)
        for top in (node for node in nodes if node.path == TOP):
            top = replace(top, path=path.encode())
            set_owner(top, None)
            set_mode(top)
            set_xattrs(top)
            set_times(top)

    def complaints(self, case):
        """What is wrong after pcp was given the case."""
        self.make("src", case.src)
        self.make("dst", case.dst)
        if not os.listdir("src"):
            return []           # That is refused, and only a case that was made smaller has it.
        source = stamps("src")
        command = [*self.command, *case.words, "src/.", "dst/"]
        found = [f"pcp: {line}" for line in run(command, case.umask)]
        if not os.path.isdir("dst"):
            return [*found, "there is no destination"]
        checksum = ["-c"] * bool(case.words)
        found += [f"rsync: {line}" for line in run([*RSYNC, *checksum, "src/", "dst/"])]
        found += differences(look("src"), look("dst"), "src", "dst")
        if found:
            return found
        made = stamps("dst")
        found += [f"pcp, once more: {line}" for line in run(command, case.umask)]
        found += [f"{path} was touched by the second run"
                  for path in touched(made, stamps("dst"))]
        return found + [f"{path} of the source was touched"
                        for path in touched(source, stamps("src"))]

    # ------------------------------------------------------------- failures

    def smaller(self, case):
        for side in ("src",) if case.dst is None else ("dst", "src"):
            nodes = Nodes(getattr(case, side))
            for fewer in itertools.chain(smaller_tree(nodes), plainer_nodes(nodes)):
                yield replace(case, **{side: fewer.nodes})
        yield replace(case, umask=0o022)
        if case.words and not list(hidden(case.src, case.dst)):
            yield replace(case, words=())

    def shrink(self, case):
        """The smallest case found in time that fails as well."""
        end = time.monotonic() + self.args.shrink_time
        found = True
        while found:
            found = False
            for candidate in self.smaller(case):
                if time.monotonic() > end:
                    return case
                if candidate == case or (not candidate.words and
                                         list(hidden(candidate.src, candidate.dst))):
                    continue
                if self.complaints(candidate):
                    case, found = candidate, True
                    break
        return case

    def shell(self, case):
        """The commands that do the same."""
        yield f"umask {case.umask:03o}"
        for name, nodes in (("src", case.src), ("dst", case.dst)):
            if nodes is None:
                continue
            yield f"mkdir {name} && cd {name}"
            yield from (line for line in shell_of_tree(nodes, None) if line != "mkdir .")
            yield "cd .."
        words = shlex.join([*self.command[1:], *case.words, "src/.", "dst/"])
        yield f"pcp {words}"

    def report(self, number, case):
        print(f"case {number} of seed {self.args.seed}:")
        small = self.shrink(case)
        found = self.complaints(small)
        if not found:
            small, found = case, [*self.complaints(case), "(not each time)"]
        for line in found[:SHOWN]:
            print(f"  {line}")
        for line in self.shell(small):
            print(f"    {line}")

    def __call__(self):
        """Returns the status."""
        bad = telling = done = 0
        numbers = range(self.args.first, self.args.first + self.args.cases)
        if self.args.case is not None:
            numbers = [self.args.case]
        for number in numbers:
            case = self.case(number)
            telling += case.src != case.dst
            done += 1
            if self.complaints(case):
                bad += 1
                self.report(number, case)
            if bad >= self.args.max_failures:
                break
        print(f"{done} cases, {bad} failed; the trees differed in {telling}")
        return 1 if bad else 2 if telling < done // 2 else 0


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pcp", required=True)
    parser.add_argument("--pcp-options", default="")
    parser.add_argument("--dir", required=True)
    parser.add_argument("--user", type=int, help="who does all of it; has to own DIR")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--case", type=int, help="only the one of this number")
    parser.add_argument("--max-failures", type=int, default=3)
    parser.add_argument("--shrink-time", type=float, default=SHRINK_TIME)
    return parser.parse_args()


def main(kind=Tester):
    args = parse()
    if args.user is not None:
        os.setgroups([])
        os.setgid(args.user)
        os.setuid(args.user)
    tester = kind(args)
    os.chdir(tester.base)
    try:
        status = tester()
    finally:
        os.chdir("/")
        tester.close()
    sys.exit(status)


if __name__ == "__main__":
    main()
