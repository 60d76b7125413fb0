#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# moments.py [OPTION]... PCP SRC DST: copies SRC to DST again and again, sends a signal at
# random moments, and looks at what is left: whole files or none, the terminal as it was,
# and a stream of JSON that ends with a summary.

import argparse
import filecmp
import json
import os
import random
import shutil
import signal
import sys
import threading

from screen import HIDE, FRAME, Failure, Run, replay
from screen_checks import check_gone, expect


def listen(fd, into):
    with os.fdopen(fd, "rb") as stream:
        into.append(stream.read())


def run_once(args, moment):
    """The run, how it ended, and its stream; with moment None nothing is sent."""
    r, w = os.pipe()
    stream = []
    reader = threading.Thread(target=listen, args=(r, stream))
    command = [args.pcp, "-R", "--sparse=never", "--reflink=never", "--json",
               "--json-files", "--json-interval=0.1", *args.options.split(), "--",
               args.src, args.dst]
    with Run(command, stdout=w, env={"TERM_PROGRAM": "ghostty"}) as run:
        os.close(w)
        reader.start()
        if moment is not None:
            run.wait(moment)
            try:
                run.send(args.signal)
            except ProcessLookupError:
                pass    # it has ended meanwhile
        run.finish()
    reader.join()
    return run, stream[0]


def files_below(top):
    return {os.path.relpath(os.path.join(at, name), top)
            for at, _, names in os.walk(top) for name in names}


def check_files(args):
    """How many files there are; each is whole."""
    dst = args.seen or args.dst
    left, source = files_below(dst), files_below(args.src)
    expect(left <= source, "names that the source has not:", left - source)
    partial = [n for n in left if not filecmp.cmp(os.path.join(args.src, n),
                                                  os.path.join(dst, n), shallow=False)]
    expect(not partial, "partial files:", partial)
    return len(left)


def check_stream(raw, status):
    expect(raw.endswith(b"\n"), "the stream breaks off:", raw[-200:])
    lines = [json.loads(line) for line in raw.splitlines()]
    kinds = [line["type"] for line in lines]
    expect(kinds[0] == "start" and kinds[-1] == "summary", "not in order:", kinds[:1], kinds[-1:])
    expect(kinds.count("summary") == kinds.count("start") == 1, "not once")
    end = lines[-1]
    expect(end["exit_code"] == (status if status >= 0 else 128 - status), "exit code", end, status)
    expect(end["status"] == ("interrupted" if status < 0 else "ok"), "status", end, status)
    copied = sum(line["type"] == "file" and line["kind"] == "file" and
                 line["action"] == "copied" for line in lines)
    expect(copied == end["files"]["copied"], copied, "files told of, but", end["files"])
    return copied


def check_terminal(run):
    _, terminal = replay(run)
    expect(run.left == run.found, "the terminal's settings have changed")
    expect(not terminal.cursor.hidden, "the cursor is hidden")
    check_gone(terminal.everything())
    raw = run.bytes()
    expect(raw.rfind(b"\x1b]9;4;0;") >= raw.rfind(b"\x1b]9;4;1;"), "the taskbar is not cleared")
    rest = HIDE.sub(b"", FRAME.sub(b"", raw))
    expect(b"\x1b" not in rest, "an escape sequence:", rest)


def check(args, moment):
    """Whether it was interrupted"""
    shutil.rmtree(args.dst, ignore_errors=True)
    run, stream = run_once(args, moment)
    expect(run.status in (0, -args.signal), "status", run.status)
    left = check_files(args)
    check_terminal(run)
    if run.status < 0 and not stream:
        # Before main() nobody can tell of it.
        expect(not os.path.exists(args.dst), "there is a copy, but no stream")
        return True
    copied = check_stream(stream, run.status)
    expect(copied == left, copied, "files were told of,", left, "are there")
    expect(run.status < 0 or left == len(files_below(args.src)), "not all is there")
    return run.status < 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--signal", type=lambda s: getattr(signal, "SIG" + s), required=True)
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--options", default="", metavar="WORDS", help="for pcp")
    parser.add_argument("--seen", metavar="DIR", help="where DST is, by a faster way")
    for name in ("pcp", "src", "dst"):
        parser.add_argument(name)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    moment, interrupted = None, 0
    try:
        run = run_once(args, None)[0]
        expect(run.status == 0, "status", run.status, "of a run that nobody interrupts")
        for _ in range(args.moments):
            moment = rng.uniform(0, run.ended * 1.1)
            interrupted += check(args, moment)
        expect(interrupted, "none was interrupted")
    except Failure as e:
        sys.exit(f"after {moment} s, seed {args.seed}: {e}")
    print(f"{interrupted} of {args.moments} interrupted, in up to {run.ended:.2f} s")


if __name__ == "__main__":
    main()
