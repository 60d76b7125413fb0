#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
progress.py - pcp with a progress bar of our own, as an example of reading --json

    progress.py [--pcp=PROGRAM] [--cancel-after=BYTES] ARGUMENT...

Runs pcp with the ARGUMENTs.  PROGRAM is which pcp; else the variable PCP says so.
Ctrl-C cancels; so does --cancel-after, once so much has been copied.  The exit status
is pcp's, 128 and its number after a signal.  The options -i and --json are not for here.
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Any, Iterator

Line = dict[str, Any]


def name(line: Line, field: str) -> str:
    """A name in a line, as it can be shown; where it is not UTF-8 it is in base64."""
    exact = line.get(field + "_b64")
    text = os.fsdecode(base64.b64decode(exact)) if exact else line[field] or ""
    return "".join(c if c.isprintable() else "?" for c in text)


def size(n: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n < 1024:
            return f"{n:.0f} {unit}"
        n /= 1024
    return f"{n:.1f} TiB"


class Bar:
    """The last line of the terminal; nothing where standard error is not one."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.text = ""

    def draw(self, text: str) -> None:
        self.text = text[:shutil.get_terminal_size().columns - 1]
        if self.terminal:
            print("\r\033[K" + self.text, end="", file=sys.stderr, flush=True)

    def above(self, text: str) -> None:
        print(("\r\033[K" if self.terminal else "") + text, file=sys.stderr)
        self.draw(self.text)


def bar_text(p: Line) -> str:
    # While totals are not final, they are lower bounds: no percentage.
    parts = []
    if p["totals_final"] and p["bytes_total"]:
        parts.append(f"{100 * p['bytes_done'] // p['bytes_total']:3}%")
    least = "" if p["totals_final"] else "at least "
    parts.append(f"{size(p['bytes_done'])} of {least}{size(p['bytes_total'])}")
    parts.append(f"{p['files_done']} of {p['files_total']} files")
    parts.append(f"{size(p['rate_bps'])}/s")
    if p["eta_s"] is not None:
        parts.append(f"ETA {int(p['eta_s'] / 60)}:{int(p['eta_s'] % 60):02}")
    if p["active"]:
        parts.append(name(p["active"][0], "src"))
    return "  ".join(parts)


class Run:
    def __init__(self, pcp: str, arguments: list[str]) -> None:
        # A pipe of its own for the stream: standard output stays as it is.  What pcp says
        # on standard error is in the stream as well, but for a mistake in its options.
        read_end, write_end = os.pipe()
        self.said = tempfile.TemporaryFile()
        # In a session of its own: else Ctrl-C at the terminal would reach pcp as well, and
        # the second signal ends it at once, which may leave a partial file.
        self.child = subprocess.Popen(
            [pcp, f"--json={write_end}", "--json-interval=0.2", "--progress=never", *arguments],
            pass_fds=[write_end], stderr=self.said, start_new_session=True)
        os.close(write_end)
        self.stream = os.fdopen(read_end, encoding="utf-8")
        self.cancelled = False

    def cancel(self, *_: object) -> None:
        """Once.  What follows is read as before: pcp tidies up, and sums up."""
        if not self.cancelled:
            self.cancelled = True
            self.child.send_signal(signal.SIGINT)

    def lines(self) -> Iterator[Line]:
        return map(json.loads, self.stream)

    def end(self) -> int:
        status = self.child.wait()
        return status if status >= 0 else 128 - status


def watch(run: Run, cancel_after: float) -> int:
    bar, told, summary = Bar(), False, None
    for line in run.lines():
        if line["type"] == "progress":
            bar.draw(bar_text(line))
            if line["bytes_done"] >= cancel_after and line["phase"] != "finalize":
                run.cancel()
        elif line["type"] == "error":
            # Of some mistakes in the options only standard error has the words.
            if line["op"] == "parse":
                continue
            told = True
            bar.above(f"{line['severity']}: {line['message']}")
        elif line["type"] == "summary":
            summary = line
    status = run.end()
    if not summary:
        bar.above(f"pcp ended without a summary, with status {status}")
    if status and not told:
        run.said.seek(0)
        bar.above(os.fsdecode(run.said.read()).rstrip("\n"))
    if summary:
        files = summary["files"]
        bar.draw("")
        bar.above(f"{summary['status']}: {files['copied'] + files['linked']} of {files['total']} "
                  f"files, {files['failed']} failed, {files['skipped']} skipped")
    return status


def main() -> int:
    arguments, pcp, cancel_after = sys.argv[1:], os.environ.get("PCP", "pcp"), float("inf")
    while arguments and arguments[0].startswith(("--pcp=", "--cancel-after=")):
        option, value = arguments.pop(0).split("=", 1)
        if option == "--pcp":
            pcp = value
        else:
            cancel_after = float(value)
    if not arguments or arguments == ["--help"]:
        sys.exit(__doc__)
    run = Run(pcp, arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, run.cancel)
    return watch(run, cancel_after)


if __name__ == "__main__":
    sys.exit(main())
