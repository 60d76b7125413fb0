# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of random.py: makes a case that fails smaller, for as long as it still fails.

import os
import time
from dataclasses import replace

from random_cases import PLAIN_NAMES, Word
from random_options import LONG_NAMES, OPTIONS
from random_tree import USUAL_MTIME

USUAL = {"mode": None, "owner": None, "mtime": USUAL_MTIME, "xattrs": (), "acl": "",
         "default_acl": ""}


def without(items, i, count=1):
    return items[:i] + items[i + count:]


def put(items, i, item):
    return (*items[:i], item, *items[i + 1:])


def fewer_words(case):
    for i, word in enumerate(case.words):
        yield replace(case, words=without(case.words, i))
        if word.role == "cluster":
            for k in range(1, len(word.text[0])):
                text = without(word.text[0], k)
                if len(text) > 1:
                    shorter = Word("cluster", (text,))
                    yield replace(case, words=put(case.words, i, shorter))


def plain_option(text):
    """The same option, written as any other would write it."""
    name = text[0].decode(errors="replace")
    full = ["--" + n for n in LONG_NAMES if name[2:] and ("--" + n).startswith(name)]
    if len(full) == 1 and name != full[0]:
        return (full[0].encode(), *text[1:])
    for option in OPTIONS.values():
        if name == "--" + option.long and not option.values and option.short:
            return (f"-{option.short}".encode(),)
    return (b"-R",) if text in ((b"-a",), (b"-r",)) else text


def plainer_words(case):
    for i, word in enumerate(case.words):
        if word.role in ("option", "cluster"):
            text = plain_option(word.text)
        else:
            text = (*word.text[:-1], os.path.normpath(word.text[-1]))
        is_operand = word.role in ("operand", "target")
        if text != word.text and not (is_operand and text[-1].startswith(b"-")):
            yield replace(case, words=put(case.words, i, Word(word.role, text)))


def renamed(path, old, new):
    return b"/".join(new if part == old else part for part in path.split(b"/"))


def plainer_names(case):
    used = {part for node in case.nodes for part in node.path.split(b"/")}
    free = [name for name in PLAIN_NAMES if name not in used]
    for old in sorted(used - set(PLAIN_NAMES) - {b"other", b"dst", b"out"}):
        for new in free[:1]:
            nodes = tuple(replace(n, path=renamed(n.path, old, new),
                                  target=renamed(n.target, old, new)) for n in case.nodes)
            words = tuple(Word(w.role, tuple(renamed(t, old, new) for t in w.text))
                          for w in case.words)
            yield replace(case, nodes=nodes, words=words)


def plainer_surroundings(case):
    for i in range(len(case.env)):
        yield replace(case, env=without(case.env, i))
    if case.umask != 0o022:
        yield replace(case, umask=0o022)
    if case.answers is not None:
        yield replace(case, answers=None)
        lines = case.answers.splitlines(keepends=True)
        for some in (lines[:len(lines) // 2], lines[:-1]):
            if len(some) < len(lines):
                yield replace(case, answers=b"".join(some))


def smaller_tree(case):
    """Without runs of nodes, long ones first; what hangs on them cannot be made."""
    count = len(case.nodes)
    size = count
    while size:
        for i in range(0, count, size):
            yield replace(case, nodes=without(case.nodes, i, size))
        size //= 2


def plainer_nodes(case):
    for i, node in enumerate(case.nodes):
        changes = [{name: usual} for name, usual in USUAL.items()
                   if getattr(node, name) != usual]
        if node.size:
            changes += [{"size": 0, "parts": ()}, {"size": 1, "parts": (("data", 0, 1),)}]
            changes += [{"parts": without(node.parts, k)} for k in range(len(node.parts))]
        if node.kind == "other":
            changes.append({"kind": "dir"})
        for change in changes:
            plainer = replace(node, **change)
            if plainer != node:
                yield replace(case, nodes=put(case.nodes, i, plainer))


def smaller(case):
    for simpler in (fewer_words, smaller_tree, plainer_words, plainer_surroundings,
                    plainer_nodes, plainer_names):
        yield from simpler(case)


def shrink(case, fails, seconds):
    """The smallest case found in that time for which fails() is true."""
    end = time.monotonic() + seconds
    found = True
    while found:
        found = False
        for candidate in smaller(case):
            if time.monotonic() > end:
                return case
            if fails(candidate):
                case, found = candidate, True
                break
    return case
