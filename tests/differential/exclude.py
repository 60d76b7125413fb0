# SPDX-License-Identifier: GPL-3.0-or-later
"""
tar and pcp with the same random rules: what is in tar's archive is what pcp has copied.

Each tree serves for some sets of rules.  Names and patterns come from the same few letters, so
that they often match.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys

PARTS = ["a", "b", "A", "B", ".", "-", "ab", "ba", "b.a", "[", "]", "\\", "*", "?", " ", "\n",
         "\u00e4", "\u00c4"]
WILD = ["*", "?", "[ab]", "[!a]", "[^b]", "\\*", "\\a", "[[:upper:]]", "**", "\\", "["]
SWITCHES = ["anchored", "ignore-case", "wildcards", "wildcards-match-slash"]
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"
RULES_PER_TREE = 10


def name(rng):
    """A name that a directory may have in it."""
    while True:
        text = "".join(rng.choice(PARTS) for _ in range(rng.choice((1, 1, 2, 3))))
        if text not in (".", ".."):
            return text


def make_tree(rng, path, depth):
    """A directory with some files, links and directories below it."""
    os.mkdir(path)
    for _ in range(rng.randrange(6)):
        entry = os.path.join(path, name(rng))
        if os.path.lexists(entry):
            continue
        kind = rng.random()
        if rng.random() < 0.1:
            entry = os.path.join(path, "CACHEDIR.TAG")
            with open(entry, "w", encoding="utf-8") as file:
                file.write(rng.choice((SIGNATURE, SIGNATURE + "\n", SIGNATURE[:-1])))
            continue
        if depth < 4 and kind < 0.5:
            make_tree(rng, entry, depth + 1)
        elif kind < 0.9:
            with open(entry, "w", encoding="utf-8") as file:
                file.write(entry)
        else:
            # No tag has such a name: tar wants to open one, and pcp takes it as it is.
            os.symlink("a", entry + "@")


def names_below(path):
    """All entries of a tree, by their names from there on."""
    found = set()
    for top, dirs, files in os.walk(path):
        for entry in dirs + files:
            found.add(os.path.relpath(os.path.join(top, entry), path))
    return found


def pattern(rng, names):
    """One that matches something more often than not."""
    if names and rng.random() < 0.6:
        parts = rng.choice(names).split("/")
        begin = rng.randrange(len(parts))
        text = "/".join(parts[begin:rng.randrange(begin, len(parts)) + 1])
        letters = list(text)
        for _ in range(rng.randrange(3)):
            at = rng.randrange(len(letters))
            letters[at:at + rng.randrange(2)] = rng.choice(WILD)
        text = "".join(letters)
    else:
        text = "".join(rng.choice(PARTS + WILD + ["/"]) for _ in range(rng.randrange(1, 4)))
    return ("src/" + text) if rng.random() < 0.2 else text


def rules(rng, names):
    """Options that both programs have, and a file of patterns that they may name."""
    words = []
    # Not among patterns, which with tar cannot leave out a tag.
    if rng.random() < 0.2:
        tags = ["--exclude-caches"] + ["--exclude-tag=" + name(rng) for _ in range(3)]
        return rng.sample(tags, 2), []
    for _ in range(rng.randrange(1, 5)):
        for switch in SWITCHES:
            if rng.random() < 0.2:
                words.append(rng.choice(("--", "--no-")) + switch)
        words.append("--exclude=" + pattern(rng, names))
    lines = []
    if rng.random() < 0.3:
        lines = [pattern(rng, names) + rng.choice(("", "", " ")) for _ in range(3)]
        words.append("-Xrules")
    return words, lines


def run(words):
    """The status of a program, and what it said."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    return done.returncode, (done.stderr + done.stdout).decode(errors="replace")


def chosen(options, words, operands):
    """What each of the two programs has put into a directory of its own."""
    for place in ("tar", "pcp"):
        shutil.rmtree(place, ignore_errors=True)
        os.mkdir(place)
    status, said = run(["tar", "--no-unquote", "-cf", "archive", *words, *operands])
    if status:
        sys.exit(f"tar {words}: {said}")
    # An empty archive is no error for the one that reads it.
    run(["tar", "-xf", "archive", "-C", "tar"])
    status, said = run([options.pcp, "-R", "--parents", *options.pcp_options.split(), *words,
                        *operands, "pcp"])
    if status or said:
        return None, said
    return names_below("tar"), names_below("pcp")


def compare(options, rng, names, words, lines):
    """Print how the two differ.  Returns True if they do not."""
    with open("rules", "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
    operands = ["src"]
    inner = sorted(n for n in names if os.path.isdir(os.path.join("src", n)) and
                   not os.path.islink(os.path.join("src", n)))
    if inner and rng.random() < 0.3:
        operands = ["src/" + rng.choice(inner)]
    tar, pcp = chosen(options, words, operands)
    if tar == pcp:
        return True
    print(f"{operands} {words} {lines}")
    if tar is None:
        print("  pcp failed:", pcp)
    else:
        print("  only tar:", sorted(tar - pcp), "only pcp:", sorted(pcp - tar))
    return False


def main():
    """Exits with 1 if a case differs, with 2 if the rules left out hardly anything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pcp", required=True)
    parser.add_argument("--pcp-options", default="")
    parser.add_argument("--dir", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=200)
    options = parser.parse_args()

    os.chdir(options.dir)
    bad = telling = 0
    names = []
    for case in range(options.cases):
        rng = random.Random(options.seed + case)
        if case % RULES_PER_TREE == 0:
            shutil.rmtree("src", ignore_errors=True)
            make_tree(rng, "src", 0)
            names = sorted(names_below("src"))
        words, lines = rules(rng, names)
        bad += not compare(options, rng, names, words, lines)
        if bad >= 3:
            break
        telling += 0 < len(names_below("pcp")) < len(names) + 1
    print(f"{options.cases} cases; a part of the tree was chosen in {telling}")
    sys.exit(1 if bad else 2 if telling < options.cases // 5 else 0)


main()
