#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# jsonlines.py [--status=N] [--names=FIELD] STREAM SCHEMA [PATH...]: checks what pcp --json
# wrote to the file STREAM: each line by the JSON Schema in the file SCHEMA, and what
# holds between lines.  Prints what is wrong with it, and ends with 1 where there is
# anything; else prints the value of each PATH.  That STREAM is as the schema says is noted
# in the file STREAM.good, for the next time.
#
# --status=N: what pcp ended with, as a shell has it
# --names=FIELD: print that of each file instead (src or dst): its bytes, and a NUL
#
# A PATH is a line's type and the names of fields, with dots: summary.files.total is that
# of the last such line; with [] after the type, as error[].src, that of every one, one a
# line. #error is how many there are.

import base64
import collections
import hashlib
import json
import os
import sys

NEVER_BACK = ("elapsed_s", "bytes_done", "files_done", "dirs_done", "skipped", "errors",
              "warnings", "totals_final")
TOTALS = ("bytes_total", "files_total")
MOST = 2**63 - 1        # where sums stop
MOST_TOLD = 20


def no_duplicates(pairs):
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError(f"a field is there twice: {pairs}")
    return fields


def no_constant(text):
    raise ValueError(f"{text} is not JSON")


def shown(exact):
    """Bytes as pcp shows them: U+FFFD for each one that is not UTF-8."""
    text = ""
    while True:
        try:
            return text + exact.decode()
        except UnicodeDecodeError as e:
            text += exact[:e.start].decode() + "\ufffd"
            exact = exact[e.start + 1:]


def exact_name(line, field):
    """The bytes of a name; None: there is none."""
    if field + "_b64" in line:
        return base64.b64decode(line[field + "_b64"])
    return None if line[field] is None else line[field].encode()


def at(value, field):
    """A field of an object, or an element of a list; None where there is none."""
    if isinstance(value, list):
        return value[int(field)] if int(field) < len(value) else None
    return value.get(field) if isinstance(value, dict) else None


class Stream:
    def __init__(self, path):
        self.wrong = []
        self.lines = []
        with open(path, "rb") as f:
            data = f.read()
        self.data = data
        if data and not data.endswith(b"\n"):
            self.tell("the last line has no end")
        for number, text in enumerate(data.split(b"\n")[:-1], 1):
            try:
                line = json.loads(text.decode(), object_pairs_hook=no_duplicates,
                                  parse_constant=no_constant)
            except ValueError as e:
                self.tell(f"line {number}: {e}: {text[:200]!r}")
                continue
            self.lines.append((number, line))

    def tell(self, text):
        self.wrong.append(text)

    def expect(self, what, found, expected):
        if found != expected:
            self.tell(f"{what} is {found}, not {expected}")

    def of(self, kind):
        return [line for _, line in self.lines if line.get("type") == kind]

    def by_schema(self, path):
        # Takes longer than all the rest.
        import jsonschema
        with open(path, encoding="utf-8") as f:
            schema = json.load(f)
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        for number, line in self.lines:
            for e in validator.iter_errors(line):
                where = ".".join(map(str, e.absolute_path)) or "the line"
                self.tell(f"line {number}: {where}: {e.message}")
                if len(self.wrong) > MOST_TOLD:
                    return

    def by_schema_once(self, path, note):
        """The same, unless the file note says that these very lines were good."""
        digest = hashlib.sha256(self.data).hexdigest()
        if os.path.exists(note):
            with open(note, encoding="ascii") as f:
                if f.read() == digest:
                    return
        self.by_schema(path)
        if not self.wrong:
            with open(note, "w", encoding="ascii") as f:
                f.write(digest)

    # What follows is for lines that are as the schema says.

    def check(self, status):
        types = [line["type"] for _, line in self.lines]
        for kind, at in ("start", 0), ("summary", -1):
            if types.count(kind) != 1 or types[at] != kind:
                self.tell(f"{types.count(kind)} lines are {kind}; line {at} is "
                          f"{types[at] if types else 'missing'}")
                return
        self.summary = self.of("summary")[0]
        self.ended = self.summary["status"] != "interrupted"
        if status is not None:
            self.expect("exit_code", self.summary["exit_code"], status)
        self.check_names()
        self.check_progress()
        self.check_errors()
        self.check_sums()
        self.check_attempts()
        self.check_files()

    def check_names(self):
        for number, line in self.lines:
            for part in [line, *line.get("active", [])]:
                pairs = [(part[f], part[f + "_b64"]) for f in ("src", "dst", "dest")
                         if f + "_b64" in part]
                pairs += zip(part.get("sources", []), part.get("sources_b64", []))
                exact = [(text, base64.b64decode(b64)) for text, b64 in pairs]
                for text, name in exact:
                    if text != shown(name):
                        self.tell(f"line {number}: {name!r} is shown as {text!r}")
                if exact and all(text.encode() == name for text, name in exact):
                    self.tell(f"line {number}: base64 of what is UTF-8: {exact}")

    def check_progress(self):
        before = None
        for p in self.of("progress"):
            for field in NEVER_BACK + (TOTALS if before and before["totals_final"] else ()):
                if before and p[field] < before[field]:
                    self.tell(f"progress: {field} goes back from {before[field]} to {p[field]}")
            for what in "bytes", "files":
                if p[what + "_done"] > p[what + "_total"]:
                    self.tell(f"progress: more than all is done: {p}")
            if len(p["active"]) > p["copying"]:
                self.tell(f"progress: more are active than are copied: {p}")
            if p["copying"] + p["queued"] != p["pending"]:
                self.tell(f"progress: pending is not the sum: {p}")
            if before and before["phase"] == "finalize":
                self.tell("progress after the last")
            before = p
        if before:
            s = self.summary
            self.expect("the last phase", before["phase"], "finalize")
            self.expect("the last pending", before["pending"], 0)
            self.expect("the last files_done", before["files_done"],
                        s["files"]["copied"] + s["files"]["linked"])
            self.expect("the last dirs_done", before["dirs_done"],
                        s["dirs"]["created"] + s["dirs"]["merged"])
            if self.ended and not s["errors"]:
                for field, of in (("bytes_total", "bytes"), ("files_total", "files")):
                    self.expect(f"the last {field}", before[field], s[of]["total"])

    def check_errors(self):
        s, counts = self.summary, collections.Counter()
        for e in self.of("error"):
            counts[e["severity"]] += 1
            if e["severity"] == "error" and e["errno"]:
                counts[e["errno_name"]] += 1
            if (e["errno"] is None) != (e["errno_name"] is None):
                self.tell(f"error: {e['errno']} is {e['errno_name']}")
        self.expect("summary.errors", s["errors"], counts.pop("error", 0))
        self.expect("summary.warnings", s["warnings"], counts.pop("warning", 0))
        self.expect("summary.errors_by_errno", s["errors_by_errno"], dict(counts))

    def check_sums(self):
        s = self.summary
        for kind in "files", "dirs":
            self.expect(f"summary.{kind}.total", s[kind]["total"],
                        sum(n for what, n in s[kind].items() if what != "total"))
        b = s["bytes"]
        if b["written"] + b["cloned"] + b["holes"] > b["total"]:
            self.tell(f"summary: more bytes than there are: {b}")

    def check_attempts(self):
        s = self.summary
        self.expect("summary.retried", s["retried"], len(self.of("retry")))
        self.expect("summary.differed", s["differed"], len(self.of("verify")))
        rounds = [r["round"] for r in self.of("retry")]
        most = self.of("start")[0]["options"]["retry"]
        if rounds != sorted(rounds) or (rounds and rounds[-1] > most):
            self.tell(f"rounds out of order, or too many: {rounds}")
        first = {v["dst"] for v in self.of("verify") if v["attempt"] == 1}
        for v in self.of("verify"):
            if v["attempt"] == 2 and v["dst"] not in first:
                self.tell(f"a second attempt without a first: {v}")

    def check_files(self):
        files, s = self.of("file"), self.summary
        if not files:
            return
        ids = collections.Counter(f["id"] for f in files)
        for number in [i for i, n in ids.items() if n > 1][:MOST_TOLD]:
            self.tell(f"id {number} is that of {ids[number]} files")
        others = [a["id"] for p in self.of("progress") for a in p["active"]]
        others += [line["id"] for kind in ("error", "retry", "verify")
                   for line in self.of(kind) if line["id"]]
        missing = set(others) - ids.keys()
        if self.ended and missing:
            self.tell(f"ids of no file: {sorted(missing)[:MOST_TOLD]}")
        became = collections.Counter((f["kind"], f["action"]) for f in files)
        n = collections.Counter(f["kind"] for f in files)
        self.expect("links", s["links"], n["symlink"])
        self.expect("specials", s["specials"], n["special"])
        for kind, sums in ("file", s["files"]), ("directory", s["dirs"]):
            self.expect(f"total of {kind}", sums["total"], n[kind])
            for action in "linked", "skipped", "failed":
                self.expect(f"{action} of {kind}", sums.get(action, 0), became[kind, action])
        self.expect("bytes of files", sum(s["bytes"][x] for x in ("written", "cloned", "holes")),
                    min(MOST, sum(f["bytes"] or 0 for f in files if f["kind"] == "file" and
                                  f["action"] in ("copied", "cloned"))))

    def value(self, path):
        if path.startswith("#"):
            return [len(self.of(path[1:]))]
        kind, *fields = path.split(".")
        lines = self.of(kind.removesuffix("[]"))
        values = []
        for value in lines if kind.endswith("[]") else lines[-1:]:
            for field in fields:
                value = at(value, field)
            values.append(value)
        return values


def main():
    options = dict(a[2:].partition("=")[::2] for a in sys.argv[1:] if a.startswith("--"))
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(args) < 2 or options.keys() - {"status", "names"}:
        sys.exit("usage: jsonlines.py [--status=N] [--names=FIELD] STREAM SCHEMA [PATH...]")
    stream = Stream(args[0])
    stream.by_schema_once(args[1], args[0] + ".good")
    if not stream.wrong:
        stream.check(int(options["status"]) if "status" in options else None)
    if stream.wrong:
        print(*stream.wrong[:MOST_TOLD], sep="\n")
        sys.exit(1)
    if "names" in options:
        for f in stream.of("file"):
            sys.stdout.buffer.write((exact_name(f, options["names"]) or b"") + b"\0")
        return
    for path in args[2:]:
        for value in stream.value(path):
            print(value if isinstance(value, str) else json.dumps(value, sort_keys=True))


if __name__ == "__main__":
    main()
