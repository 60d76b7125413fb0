#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
Print the texts in src/ that are shown to people, a line for each as in C: what stands in the place
of a format in a call of the functions that po/update names.

xgettext(1) is not a parser of C: it misses a text after a comma in braces, and the second of
those that a condition chooses from, unless N_() marks them. This finds them all.

  messages.py POT-OR-LIST...    print those that are in none of these files
"""
import re
import sys

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/|\w+|\S', re.S)


def functions():
    """The functions of po/update: name -> list of (index of the format, number of arguments)."""
    text = open("po/update", encoding="utf-8").read()
    found = {}
    for name, what in re.findall(r"\b([a-zA-Z_]+):([0-9,t]+)", text.split("functions='")[1].split("'")[0]):
        total = re.search(r"(\d+)t", what)
        places = [int(n) for n in re.sub(r",?\d+t", "", what).split(",")]
        found.setdefault(name, []).append((places, int(total.group(1)) if total else 0))
    return found


def arguments(tokens, at):
    """The arguments of the call whose "(" is at that index, each a list of tokens."""
    depth, args = 0, [[]]
    for token in tokens[at:]:
        if token in "([{":
            depth += 1
        if token in ")]}":
            depth -= 1
            if not depth:
                return args
        if token == "," and depth == 1:
            args.append([])
        elif depth > 1 or token not in "(":
            args[-1].append(token)
        elif depth == 1 and token == "(" and args != [[]]:
            args[-1].append(token)
    return args


def texts(arg):
    """The string literals in an argument; adjacent ones are one."""
    last = None
    for token in arg + [""]:
        if token.startswith('"'):
            last = (last or "") + token[1:-1]
            continue
        if last is not None:
            yield last
        last = None


def known(path):
    """The texts of a .pot or .po."""
    found, key = set(), None
    entry = {}
    for line in open(path, encoding="utf-8").read().split("\n") + ["msgid "]:
        match = re.match(r'(msgid_plural|msgid|msgstr\S*) ?(.*)', line)
        if match:
            if match.group(1) == "msgid":
                found.update(entry.values())
                entry = {}
            key = match.group(1) if match.group(1).startswith("msgid") else None
            line = match.group(2)
        if key and line.startswith('"'):
            entry[key] = entry.get(key, "") + line[1:-1]
    return found


def main():
    places = functions()
    have = set().union(*map(known, sys.argv[1:]))
    for path in sorted(sys.stdin.read().split()):
        tokens = [t for t in TOKEN.findall(open(path, encoding="utf-8").read())
                  if not t.startswith("/*")]
        for i, name in enumerate(tokens[:-1]):
            if name not in places or tokens[i + 1] != "(":
                continue
            args = arguments(tokens, i + 1)
            for indices, total in places[name]:
                if total and total != len(args):
                    continue
                for n in indices:
                    for text in texts(args[n - 1]) if n <= len(args) else ():
                        if text and text not in have:
                            print(f'{path}: "{text}"')


main()
