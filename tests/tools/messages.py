#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# messages.py sources PO...     the texts in src/ that people read, and that are in no PO
# messages.py minus PO PO...    the texts of the first that are in none of the others
# messages.py both PO PO        the texts that are in both
#
# Prints each in a line of its own, as it stands in C.
#
# A text of src/ is a string in the place of a format, in a call of the functions that po/update
# names. xgettext(1) is no parser of C: it misses a text after a comma in braces, and the second
# of those between which a condition chooses, unless N_() marks them.

import glob
import re
import sys

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*'" + r'|/\*.*?\*/|\w+|\S', re.S)


def functions():
    """Those of po/update: name -> [(places of texts among the arguments, arguments or 0)]"""
    with open("po/update", encoding="utf-8") as script:
        words = script.read().split("functions='")[1].split("'")[0].split()
    found = {}
    for word in words:
        name, what = word.split(":")
        total = re.search(r"(\d+)t$", what)
        places = [int(n) for n in re.sub(r",\d+t$", "", what).split(",")]
        found.setdefault(name, []).append((places, int(total[1]) if total else 0))
    return found


def arguments(tokens):
    """Those of the call that begins with the "(" in front, each a list of tokens."""
    depth, args = 0, [[]]
    for token in tokens:
        if token in "([{":
            depth += 1
            if depth == 1:
                continue
        if token in ")]}":
            depth -= 1
            if depth == 0:
                break
        if token == "," and depth == 1:
            args.append([])
        else:
            args[-1].append(token)
    return args


def strings(arg):
    """The string literals in an argument; adjacent ones are one."""
    text = None
    for token in [*arg, ""]:
        if token.startswith('"'):
            text = (text or "") + token[1:-1]
        elif text is not None:
            yield text
            text = None


def texts_of(path):
    """(path, text) for each text in a source file"""
    with open(path, encoding="utf-8") as source:
        tokens = [t for t in TOKEN.findall(source.read()) if not t.startswith("/*")]
    for i, name in enumerate(tokens[:-1]):
        if name not in CALLS or tokens[i + 1] != "(":
            continue
        args = arguments(tokens[i + 1:])
        for places, total in CALLS[name]:
            for n in places if total in (0, len(args)) else ():
                for text in strings(args[n - 1]) if n <= len(args) else ():
                    yield path, text


def msgids(path):
    """The texts of a PO, singular and plural"""
    found, text = set(), None
    with open(path, encoding="utf-8") as po:
        for line in [*po, "msgid"]:
            key = re.match(r"(msg[a-z_]*(?:\[\d+\])?)\s*", line)
            if key:
                found.add(text)
                text = "" if key[1] in ("msgid", "msgid_plural") else None
                line = line[key.end():]
            if text is not None and line.startswith('"'):
                text += line.rstrip()[1:-1]
    return found - {None, ""}


mode, *files = sys.argv[1:]
known = [msgids(path) for path in files]
if mode == "sources":
    CALLS = functions()
    wanted = set().union(*known)
    for place in sorted(glob.glob("src/**/*.c", recursive=True)):
        for where, missing in texts_of(place):
            if missing and missing not in wanted:
                print(f'{where}: "{missing}"')
elif mode == "minus":
    print(*sorted(known[0].difference(*known[1:])), sep="\n", end="")
else:
    print(*sorted(known[0] & known[1]), sep="\n", end="")
