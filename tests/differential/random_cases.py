# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of random.py: what a case is, and how one comes out of a seed.
#
# First there is a source tree, then a command line for it, then what is at the
# destination already: that is mostly a distorted image of the sources, as only names
# that meet make anything interesting. All choices come from one generator of random
# numbers that is made for this case alone, so any case can be had again by its
# number; what is never drawn (a masked option) must not be known to do it.

import os
import struct
from dataclasses import dataclass
from typing import NamedTuple

from random_options import CONTROLS, Speller
from random_tree import USUAL_MTIME, Node

PLAIN_NAMES = [b"a", b"b", b"c", b"d", b"e", b"f", b"x", b"y", b"sub", b"dir", b"file"]
ODD_NAMES = [b" ", b"a b", b" lead", b"trail ", b"-", b"-y", b"-f", b"new\nline", b"it's",
             b'"q"', b"back\\slash", b"bad\xff\xfe", b"utf8-\xc3\xa4", b"cut\xc3", b"*",
             b"...", b".hidden", b"$HOME", b"a:b", b"x~", b"a.~1~", b"esc\033[31m",
             b"tab\there", b"long" * 63]
SECOND = 10**9
MTIMES = [USUAL_MTIME - 1, USUAL_MTIME + 1, 1_600_000_000_500000000,
          946_684_799_999999999, 2_000_000_000_000000001, 0, -10**9 * SECOND]
MODES = [0o600, 0o640, 0o666, 0o444, 0o400, 0o000, 0o755, 0o777, 0o4755, 0o2755, 0o6711,
         0o1644, 0o7777, 0o200, 0o111]
DIR_MODES = [0o700, 0o750, 0o777, 0o1777, 0o2755, 0o3770, 0o555, 0o500, 0o000, 0o300,
             0o444, 0o7777]
ACLS = ["u::rw,u:1:r,g::r,m::rw,o::-", "u::rwx,u:65534:rwx,g::r,g:1234:w,m::rwx,o::r",
        "u::rw,u:1:-,g::rw,m::-,o::r"]
DEFAULT_ACLS = ["u::rwx,u:1:rx,g::rx,m::rx,o::-", "u::rw,g::r,o::r",
                "u::rwx,g::rwx,g:1234:rwx,m::rwx,o::x"]
CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)
ROOT_OWNERS = [(1, 1), (0, 1), (1000, 1234), (65534, 65534), (4000000, 0)]
NO_LINK = ("dir", "other", "link")      # a link's link is named by the first
USER_OWNERS = [(0, 0), (65534, 1234), (1000, 1000), (0, 65534)]


class Word(NamedTuple):
    """A piece of the command line: it makes sense, or is left out, as a whole."""
    role: str               # option, cluster, end, operand, target
    text: tuple


@dataclass(frozen=True)
class Case:
    number: int
    nodes: tuple
    words: tuple
    answers: bytes = None   # what is on the standard input
    env: tuple = ()
    umask: int = 0o022

    def arguments(self):
        return [text for word in self.words for text in word.text]


@dataclass(frozen=True)
class Setting:
    """What cases may have in them."""
    options: dict           # name: its values; as random_options has them
    root: bool              # the copying is done by root
    chown: bool             # the tree may have several owners
    other: bool             # there is another file system
    top: bytes              # where the tree will be


class Generator:
    def __init__(self, rng, setting, number):
        self.rng = rng
        self.setting = setting
        self.number = number
        self.tree = {}      # path: Node, in the order in which they are made
        odd = rng.sample(ODD_NAMES, rng.choice([0, 0, 0, 1, 2]))
        self.names = rng.sample(PLAIN_NAMES, rng.randint(3, 6)) + odd
        self.budget = rng.choice([6, 10, 14, 20])
        self.speller = Speller(rng, setting.options)

    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def pick(self, **weights):
        return self.rng.choices(list(weights), list(weights.values()))[0]

    # ------------------------------------------------------------ nodes

    def add(self, path, kind, **what):
        self.tree[path] = Node(path, kind, **what)

    def file_body(self):
        rng = self.rng
        kind = self.pick(empty=15, byte=15, some=40, zeros=5, sparse=20, alloc=4, big=1)
        letter = rng.randrange(26)
        if kind == "empty":
            return {}
        if kind == "sparse":
            return self.sparse_body(letter)
        size = {"byte": 1, "some": rng.randint(2, 20000), "zeros": rng.randint(1, 70000),
                "alloc": rng.randint(1, 20000), "big": rng.randint(1, 3) << 20}[kind]
        parts = [("zero" if kind == "zeros" else "data", 0, size)]
        if kind == "alloc":
            parts.append(("alloc", 0, size + 4096 * rng.randint(1, 20)))
        return {"size": size, "parts": tuple(parts), "letter": letter}

    def sparse_body(self, letter):
        rng = self.rng
        parts, at = [], 0
        for _ in range(rng.randint(0, 4)):
            at += rng.choice([4096, 16384, 65536, rng.randint(1, 99999)])
            length = rng.choice([1, 4096, 8192, rng.randint(1, 40000)])
            parts.append((rng.choice(["data", "data", "zero"]), at, length))
            at += length
        size = at + rng.choice([0, 0, 1, 4096, 100000])
        return {"size": size, "parts": tuple(parts), "letter": letter}

    def looks(self, kind):
        """Mode, owner and so on, mostly the usual ones."""
        looks = {}
        if self.chance(40):
            looks["mtime"] = self.rng.choice(MTIMES)
        if self.setting.chown and self.chance(12):
            owners = ROOT_OWNERS if self.setting.root else USER_OWNERS
            looks["owner"] = self.rng.choice(owners)
        if kind == "symlink":
            return looks
        if self.chance(25):
            looks["mode"] = self.rng.choice(DIR_MODES if kind == "dir" else MODES)
        if kind in ("file", "dir"):
            if self.chance(8):
                looks["xattrs"] = self.xattrs()
            if self.chance(5):
                looks["acl"] = self.rng.choice(ACLS)
            if kind == "dir" and self.chance(6):
                looks["default_acl"] = self.rng.choice(DEFAULT_ACLS)
        return looks

    def xattrs(self):
        choices = [("user.a", b"1"), ("user.a", b""), ("user.b", b"\0\xff" * 50)]
        if self.setting.chown:
            choices += [("trusted.t", b"t"), ("security.capability", CAPABILITY)]
        return tuple(dict(self.rng.choices(choices, k=self.rng.randint(1, 2))).items())

    def add_file(self, path, **what):
        self.add(path, "file", **{**self.file_body(), **self.looks("file"), **what})

    def add_dir(self, path, **what):
        self.add(path, "dir", **{**self.looks("dir"), **what})

    def add_symlink(self, path, target=None):
        if target is None:
            target = self.symlink_target(path)
        self.add(path, "symlink", target=target, **self.looks("symlink"))

    def symlink_target(self, path):
        kind = self.pick(node=60, dangling=15, absolute=8, dot=4, loop=5, up=4, slash=4)
        parent = os.path.dirname(path)
        if kind in ("node", "absolute", "slash") and self.tree:
            there = self.rng.choice(list(self.tree))
            if kind == "absolute":
                return os.path.join(self.setting.top, there)
            there = os.path.relpath(there, parent or b".")
            return there + b"/" if kind == "slash" else there
        return {"dot": b".", "up": b"..", "loop": os.path.basename(path),
                }.get(kind, b"nowhere")

    def add_link(self, path, target=None):
        """A hard link."""
        files = [p for p, n in self.tree.items() if n.kind not in NO_LINK]
        if target or files:
            self.add(path, "link", target=target or self.rng.choice(files))
        else:
            self.add_file(path)

    def add_device(self, path):
        # One that ends at once, and two that are not there.
        device = self.rng.choice([("c", 1, 3), ("c", 511, 200000), ("b", 240, 77)])
        self.add(path, "device", device=device, **self.looks("device"))

    # ----------------------------------------------------------- source

    def make_source(self):
        for _ in range(self.rng.choice([1, 1, 2, 2, 3, 4])):
            self.grow(b"", 0)
        if self.chance(3):
            self.make_wide()
        if self.setting.other and self.chance(6):
            self.add(b"other", "other")
            self.add_file(b"other/f")
            self.add_dir(b"other/d")
            self.add_file(b"other/d/g")
        if not self.tree:
            self.add_file(b"a")

    def make_wide(self):
        """More files than are copied at a time."""
        if b"wide" in self.tree:
            return
        self.add_dir(b"wide")
        for i in range(self.rng.randint(10, 40)):
            path = b"wide/%d" % i
            if self.chance(85) or not i:
                self.add_file(path, size=i, parts=(("data", 0, i),))
            else:
                self.add_link(path, b"wide/%d" % self.rng.randrange(i))

    def grow(self, parent, depth):
        path = os.path.join(parent, self.rng.choice(self.names))
        if path in self.tree or len(self.tree) >= self.budget:
            return
        kind = self.pick(file=42, dir=(38, 28, 15, 0)[depth], symlink=12, link=8, fifo=2,
                         socket=2, device=2 * self.setting.chown)
        if kind == "dir":
            self.add_dir(path)
            for _ in range(self.rng.choice([0, 1, 2, 2, 3, 4])):
                self.grow(path, depth + 1)
        elif kind == "file":
            self.add_file(path)
        elif kind == "symlink":
            self.add_symlink(path)
        elif kind == "link":
            self.add_link(path)
        elif kind == "device":
            self.add_device(path)
        else:
            self.add(path, kind, **self.looks(kind))

    # ------------------------------------------------------ destination

    def mirror(self, path, source, percent=60):
        """Puts something at path that source, a node or nothing, will meet there."""
        parent = os.path.dirname(path)
        if path in self.tree or not self.chance(percent):
            return
        if parent and not self.dirs(parent):
            return
        kind = source.kind if source else "file"
        if kind == "link" or self.chance(40):
            kind = self.pick(file=34, dir=12, symlink=24, link=12, fifo=2, socket=1,
                             device=2 * self.setting.chown)
        if kind == "dir":
            self.add_dir(path)
            self.mirror_below(path, source)
        elif kind == "symlink":
            self.mirror_symlink(path, source)
        elif kind == "link":
            own = source and source.kind not in NO_LINK and self.chance(60)
            self.add_link(path, source.path if own else None)
        elif kind == "device":
            self.add_device(path)
        elif kind == "fifo":
            self.add(path, "fifo", drained=True, **self.looks(kind))
        elif kind == "socket":
            self.add(path, "socket", **self.looks(kind))
        else:
            self.mirror_file(path, source)

    def mirror_file(self, path, source):
        own = source.mtime if source else USUAL_MTIME
        older, newer = own - 9 * SECOND, own + 9 * SECOND
        self.add_file(path, mtime=self.rng.choice([own, own - 1, own + 1, older, newer]))
        if self.speller.has_backups and self.chance(50):
            old = path + self.rng.choice([b"~", b".~1~", b".~7~", b".~x~", b".bak"])
            if old not in self.tree:
                self.add_file(old)

    def mirror_symlink(self, path, source):
        if source and self.chance(25):
            parent = os.path.dirname(path) or b"."
            self.add_symlink(path, os.path.relpath(source.path, parent))
        else:
            self.add_symlink(path)

    def mirror_below(self, path, source):
        if not source:
            return
        for name, node in list(self.tree.items()):
            if os.path.dirname(name) == source.path:
                self.mirror(os.path.join(path, os.path.basename(name)), node, 50)
        if self.chance(15):
            extra = os.path.join(path, self.rng.choice(self.names))
            if extra not in self.tree:
                self.add_file(extra)

    def dirs(self, *paths):
        """Which of paths (or of all) are directories."""
        return [p for p in paths or self.tree
                if p in self.tree and self.tree[p].kind in ("dir", "other")]

    # ---------------------------------------------------------- command

    def operand(self, recursive):
        """The path of a source."""
        paths = [p for p in self.tree if self.chance(30) or b"/" not in p]
        if not recursive and self.chance(90):
            paths = [p for p in paths if p not in self.dirs()] or \
                [p for p in self.tree if p not in self.dirs()]
        return self.rng.choice(paths or list(self.tree))

    def decorate(self, path):
        """Another way to name it, or to miss it."""
        is_dir = bool(self.dirs(path))
        kind = self.pick(plain=75, slash=8 if is_dir else 1, slashes=is_dir, dot=4,
                         inner=5 * is_dir, up=3, absolute=3, missing=2)
        if kind == "up" and self.dirs():
            there = self.rng.choice(self.dirs())
            if there.count(b"/") == 0:
                return os.path.join(there, b"..", path)
        return {"slash": path + b"/", "slashes": path + b"//", "dot": b"./" + path,
                "inner": path + b"/.", "missing": path + b"-missing",
                "absolute": os.path.join(self.setting.top, path)}.get(kind, path)

    def operands(self, recursive, count):
        """The paths of some sources; one twice is an error, mostly."""
        paths = [self.operand(recursive) for _ in range(count)]
        return paths if self.chance(20) else list(dict.fromkeys(paths))

    def destination(self, sources):
        """(path, whether it is new); sources have no say in it, mostly."""
        kind = self.pick(own=86, inside=2, same=2, here=3, source_dir=7)
        if kind == "inside" and self.dirs(sources[0]):
            return os.path.join(sources[0], self.rng.choice(self.names)), True
        if kind == "same":
            return sources[0], False
        if kind == "here":
            return b".", False
        if kind == "source_dir" and self.dirs():
            return self.rng.choice(self.dirs()), False
        name = self.rng.choice([b"dst", b"dst", b"out"] + ODD_NAMES * self.chance(5))
        return name, name not in self.tree

    def fill_destination(self, path, sources, texts, into):
        """What is there before: into a directory, or by the very name."""
        node = self.tree.get(sources[0])
        if not into:
            self.mirror(path, node, 60)
            return
        kind = self.pick(dir=90, symlink=4, missing=3, any=3)
        if kind == "any":
            self.mirror(path, node, 100)
        elif kind == "dir":
            self.add_dir(path)
        elif kind == "symlink":
            self.add_dir(path + b"-real")
            self.add_symlink(path, os.path.basename(path) + b"-real")
        if kind in ("dir", "symlink"):
            real = path + (b"-real" if kind == "symlink" else b"")
            for source, text in zip(sources, texts):
                self.mirror_operand(real, source, text)

    def mirror_operand(self, top, source, text):
        name = os.path.basename(text.rstrip(b"/")) or b"."
        if self.speller.parents:
            name = os.path.normpath(text).lstrip(b"/")
            for i, c in enumerate(name):
                if c == b"/"[0] and name[:i] != b".." and self.chance(60):
                    if os.path.join(top, name[:i]) not in self.tree:
                        self.add_dir(os.path.join(top, name[:i]))
        if name == b".":
            self.mirror_below(top, self.tree.get(source))
        elif not name.startswith(b".."):
            self.mirror(os.path.join(top, name), self.tree.get(source))

    def case(self):
        self.make_source()
        options = self.speller.options()
        form = self.pick(into=45, name=5 if self.speller.parents else 36, odd=2,
                         t=10 * self.speller.may("-t"), T=8 * self.speller.may("-T"))
        into = form in ("into", "t")
        count = self.rng.choice([1, 1, 1, 2, 2, 3]) if into else 1
        sources = self.operands(self.speller.recursive, count)
        texts = [self.decorate(path) for path in sources]
        dst, is_new = self.destination(sources)
        if is_new:
            self.fill_destination(dst, sources, texts, into)
        if self.chance(10):
            dst += b"/"
        words = self.command(options, form, texts, dst)
        return Case(self.number, tuple(self.tree.values()), tuple(words), self.answers(),
                    self.environment(), self.rng.choice([0o022] * 4 + [0o077, 0, 0o027]))

    def command(self, options, form, texts, dst):
        operands = [Word("operand", (text,)) for text in texts]
        options = [Word("option", text) for text in options]
        target = Word("operand", (dst,))
        if form == "t":
            options.append(Word("target", self.speller.spell("-t", dst)))
            self.rng.shuffle(options)
        elif form == "T":
            options.append(Word("option", self.speller.spell("-T")))
        elif form == "odd":
            operands = self.odd_operands(operands, target)
        if form in ("into", "name", "T"):
            operands.append(target)
        if self.chance(5):
            self.rng.shuffle(operands)
        return self.arrange(self.cluster(options), operands)

    def odd_operands(self, operands, target):
        empty = Word("operand", (b"",))
        return self.rng.choice([[], operands, [*operands * 2, target], [target],
                                [empty, target], [*operands, target, target],
                                [*operands, empty]])

    def cluster(self, options):
        """-R -p as -Rp."""
        words = []
        for word in options:
            flag = len(word.text) == 1 and len(word.text[0]) == 2
            if flag and words and words[-1].role == "cluster" and self.chance(50):
                words[-1] = Word("cluster", (words[-1].text[0] + word.text[0][1:],))
            else:
                words.append(Word("cluster", word.text) if flag else word)
        return words

    def arrange(self, options, operands):
        """Options first, mostly; no operand is to be taken for one."""
        if self.chance(15):
            mixed = options + operands
            order = sorted(range(len(mixed)), key=lambda i: self.rng.random())
            rest = iter(operands)
            words = [mixed[i] if i < len(options) else next(rest) for i in order]
        elif self.chance(10) or (self.chance(50) and self.dashes(operands)):
            return [*options, Word("end", (b"--",)), *operands]
        else:
            words = options + operands
        return [Word("operand", (b"./" + w.text[0],)) if self.dashes([w]) else w
                for w in words]

    @staticmethod
    def dashes(words):
        return any(w.role == "operand" and w.text[0][:1] == b"-" and w.text[0] != b"-"
                   for w in words)

    def answers(self):
        if not self.speller.asks and not self.chance(2):
            return None
        if self.chance(40) and not self.speller.recursive:
            words = [b"y", b"n", b"", b"yes", b"Y", b"no", b"x", b" y"]
            lines = self.rng.choices(words, k=8)
            return b"".join(line + b"\n" for line in lines)
        return self.rng.choice([b"y\n" * 60, b"y\n" * 60, b"n\n" * 60, b""])

    def environment(self):
        env = {}
        if self.chance(3):
            env["POSIXLY_CORRECT"] = "1"
        if self.chance(25 if self.speller.has_backups else 1):
            env["SIMPLE_BACKUP_SUFFIX"] = self.rng.choice([".bak", "", "a/b", ".x~"])
        if self.chance(25 if self.speller.has_backups else 1):
            env["VERSION_CONTROL"] = self.rng.choice([*CONTROLS, "bogus", "num", "n"])
        return tuple(sorted(env.items()))
