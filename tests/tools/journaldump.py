#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# journaldump.py DIR: prints the records of a journal, one a line, as doc/journal.md has them.
#
# Also a module: records() yields those of one segment.  Hashes are not looked at: what is read here
# was written by a process that has ended, and the machine has not.

import os
import sys

HEAD = 88
KINDS = {"R": "n", "T": "n", "O": "ni", "B": "dpn", "E": "dtwn", "P": "dnx", "F": "dtne",
         "C": "dpns", "D": "tn",
         "M": "dp"}
FLAGGED = "ROBEPF"
HAS_STAT, HAS_INO, HAS_HASH, HAS_DST, IS_MADE = 1, 2, 4, 8, 16
WHAT = {1: "copied", 2: "linked", 3: "skipped"}
SUMS = ("seen", "copied", "linked", "skipped", "excluded", "failed", "kept", "bytes",
        "digest_low", "digest_high")


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        n = shift = 0
        while True:
            byte = self.byte()
            n |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return n

    def string(self):
        end = self.data.index(0, self.at)
        text = self.data[self.at:end]
        self.at = end + 1
        return text.decode(errors="backslashreplace")

    def take(self, length):
        self.at += length
        return self.data[self.at - length:self.at]


def flagged(r, record, flags):
    if flags & HAS_DST:
        record["dst"] = r.string()
    if flags & HAS_STAT:
        record["size"] = r.number()
        zigzag = r.number()
        record["sec"] = zigzag >> 1 ^ -(zigzag & 1)
        record["nsec"] = r.number()
    if flags & HAS_INO:
        record["dev"], record["ino"], record["links"] = r.number(), r.number(), r.number()
    if flags & HAS_HASH:
        record["hash"] = r.take(r.number()).hex()
    record["made"] = bool(flags & IS_MADE)


def decode(data):
    r = Reader(data)
    kind = chr(r.byte())
    record = {"kind": kind}
    flags = r.byte() if kind in FLAGGED else 0
    for field in KINDS[kind]:
        if field == "d":
            record["dir"] = r.number()
        elif field == "p":
            record["parent"] = r.number()
        elif field == "t":
            record["type"] = chr(r.byte())
        elif field == "w":
            record["what"] = WHAT[r.byte()]
        elif field == "n":
            record["name"] = r.string()
    flagged(r, record, flags)
    if "x" in KINDS[kind]:
        record["prefix"] = r.number()
    if "e" in KINDS[kind]:
        record["errno"] = r.number()
    if "i" in KINDS[kind]:
        record["src"] = [r.number() for _ in range(4)]
        record["dst_id"] = [r.number() for _ in range(4)]
    if "s" in KINDS[kind]:
        record["sums"] = {name: r.number() for name in SUMS}
    return record


def records(path):
    with open(path, "rb") as f:
        data = f.read()
    at = HEAD
    while at + 6 <= len(data):
        length = data[at] | data[at + 1] << 8
        if not length:
            break
        yield decode(data[at + 6:at + 6 + length])
        at += 6 + length


def segments(directory):
    return sorted(name for name in os.listdir(directory) if name.endswith(".seg"))


def main():
    for name in segments(sys.argv[1]):
        print(name)
        for record in records(os.path.join(sys.argv[1], name)):
            print(*(f"{key}={value}" for key, value in record.items()))


if __name__ == "__main__":
    main()
