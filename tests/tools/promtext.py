#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# promtext.py FILE [NAME[:LABEL=VALUE...]...]: checks that FILE is what Prometheus calls its text
# format, 0.0.4, and what `promtool check metrics` asks of names.  Prints what is wrong, and ends
# with 1 where there is anything; else prints the value of each sample NAME, which has these
# labels among others, one a line; or "none".

import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
HEAD = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? "
                    r"(?P<number>-?[0-9.]+(?:e[+-]?[0-9]+)?)")
ABBREVIATED = {"s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "kib", "mib"}


def plain(value):
    """The value of a label without its escapes."""
    return re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), value)


def name_faults(name, kind):
    if name.endswith("_total") != (kind == "counter"):
        yield f"{name}: only counters end in _total"
    if re.search("[A-Z]", name):
        yield f"{name}: capital letters"
    words = name.split("_")
    for word in words:
        if word in ABBREVIATED:
            yield f"{name}: an abbreviated unit"
        if word in ("gauge", "counter", "milliseconds", "kilobytes", "hours", "minutes"):
            yield f"{name}: {word}"


def parse(text):
    """Returns the samples, as (name, {label: value}, number), and what is wrong."""
    samples, faults, types, helps, seen, current = [], [], {}, set(), set(), None
    if not text.endswith("\n"):
        faults.append("the last line has no end")
    for line in text.split("\n")[:-1]:
        head, sample = HEAD.fullmatch(line), SAMPLE.fullmatch(line)
        if head and head[1] == "HELP":
            if head[2] in helps:
                faults.append(f"a second HELP: {line}")
            helps.add(head[2])
        elif head:
            current = head[2]
            if current in types or current not in helps:
                faults.append(f"out of order: {line}")
            types[current] = head[3]
            if head[3] not in ("counter", "gauge"):
                faults.append(f"no such type: {line}")
            faults += name_faults(current, head[3])
        elif not sample:
            faults.append(f"neither a comment nor a sample: {line}")
        else:
            labels = {m[1]: plain(m[2]) for m in re.finditer(LABEL, sample[2] or "")}
            key = (sample[1], tuple(sorted(labels.items())))
            if sample[1] != current:
                faults.append(f"not below its TYPE: {line}")
            if key in seen:
                faults.append(f"twice: {line}")
            seen.add(key)
            if types.get(sample[1]) == "counter" and float(sample["number"]) < 0:
                faults.append(f"a negative counter: {line}")
            samples.append((sample[1], labels, sample["number"]))
    faults += [f"{name}: no sample" for name in types if name not in {s[0] for s in samples}]
    return samples, faults


def find(samples, wanted):
    name, *labels = wanted.split(":")
    labels = dict(label.split("=", 1) for label in labels)
    found = [number for n, have, number in samples
             if n == name and labels.items() <= have.items()]
    return found or ["none"]


def main():
    with open(sys.argv[1], "rb") as file:
        text = file.read()
    samples, faults = parse(text.decode())
    for fault in faults:
        print(fault)
    if faults:
        sys.exit(1)
    for wanted in sys.argv[2:]:
        print("\n".join(find(samples, wanted)))


main()
