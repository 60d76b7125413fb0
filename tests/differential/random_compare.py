# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of random.py: what one run came to, and in what two runs differ.

import os
from collections import Counter
from typing import NamedTuple

from treecmp import differences

TWIN = "2/3/4/5/twin"   # in what is compared: symlinks may lead some directories up


class Result(NamedTuple):
    status: object
    out: list
    err: list
    tree: dict


class Difference(str):
    """A line about one, and what it is of: kind is status, out, err or tree; who, cp or
    pcp, has it alone, or None; text is the output's; path and what are the tree's."""

    def __new__(cls, line, kind, who=None, text=b"", path=None, what=None):
        self = super().__new__(cls, line)
        self.kind, self.who, self.text = kind, who, text
        self.path, self.what = path, what
        return self


def compare(cp, pcp):
    """A Difference for each of two results."""
    lines = []
    if cp.status != pcp.status:
        lines.append(Difference(f"status: {cp.status} of cp, {pcp.status} of pcp", "status"))
    for what in ("out", "err"):
        a, b = Counter(getattr(cp, what)), Counter(getattr(pcp, what))
        for who, rest in (("cp", a - b), ("pcp", b - a)):
            lines += [Difference(f"std{what} of {who} alone: {ascii(os.fsdecode(text))}",
                                 what, who, text)
                      for text in sorted(rest.elements())]
    for name in sorted(cp.tree.keys() | pcp.tree.keys()):
        one = [{name: tree[name]} if name in tree else {} for tree in (cp.tree, pcp.tree)]
        for line in differences(*one, "cp", "pcp"):
            after = line[len(ascii(os.fsdecode(name) or ".")):]
            line = line.replace(f"'{TWIN}'", "'.'", 1).replace(f"'{TWIN}/", "'")
            alone = line.endswith(" alone")
            who = line.rsplit(" ", 2)[1] if alone else None
            what = None if alone else after.split(": ")[1]
            lines.append(Difference(line, "tree", who, b"", name, what))
    return lines


def unexplained(case, cp, pcp, table, counts):
    lines, used = [], set()
    for line in compare(cp, pcp):
        known = [k.name for k in table if k.explains(case, cp, pcp, line)]
        used.update(known[:1])
        if not known:
            lines.append(line)
    if not lines:
        counts.update(used)
    return lines


# With -j1 --window=1 alone there is an order in which files are copied.
ORDERED = ["-j1", "--window=1"]


def depends_on_order(case, line):
    """May this come of the order? It is then asked for in order, too."""
    return any(node.kind in ("link", "symlink") for node in case.nodes)
