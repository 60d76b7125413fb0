# SPDX-License-Identifier: GPL-3.0-or-later
#
# progress_cases.py CASE [ARGUMENT]...: one of the tests of progress.sh, in the directory
# that the environment calls SCRATCH; silent if all is well.  Each mounts a slow file
# system of its own, and so they can run side by side.

import filecmp
import os
import random
import re
import signal
import sys

from progress_place import BEFORE, STEADY, Place, check_all, checks, failures
from progress_place import in_turn, pcp, place
from screen import FRAME, HIDE, Failure, Run, replay
from screen_checks import expect


# ------------------------------------------------------------ when it is shown

def case_short():
    """Nothing is painted in less than half a second."""
    with place("short") as p:
        p.files(1)
        with pcp(p) as run:
            run.finish()
    expect(run.ended > 0.45 or not run.raw, "painted:", run.bytes())


def case_silent(which):
    """Nothing, but the messages, where it is not wanted"""
    how = {
        "dumb": {"env": {"TERM": "dumb"}}, "unset": {"env": {"TERM": None}},
        "background": {"foreground": False}, "pipe": {},
    }.get(which, {})
    options = [which] if which.startswith("-") else []
    r, w = os.pipe() if which == "pipe" else (None, None)
    with place("silent" + which, *STEADY) as p:
        p.files(20, 20)
        with pcp(p, *options, stderr=w, **how) as run:
            run.finish()
    expect(run.status == 0, "status", run.status)
    expect(not run.raw, "painted:", run.bytes())
    if r:
        os.close(w)
        expect(os.read(r, 1000) == b"", "something went into the pipe")


def case_line_pipe():
    """A line of text every five seconds"""
    r, w = os.pipe()
    with place("line_pipe", *STEADY) as p:
        p.files(80, 80, 80)
        with pcp(p, "--progress=line", stderr=w) as run:
            run.finish()
    os.close(w)
    text = os.read(r, 10000).decode()
    expect(re.fullmatch(r"(pcp: [1-9]\d?%, [^\x1b\r]* copying(, \d+ queued)?\n)+", text), "said",
           ascii(text))


def case_line():
    with place("line", *STEADY) as p:
        p.files(30, 30)
        with pcp(p, "--progress=line", before=BEFORE) as run:
            run.finish()
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    expect(all(len(f.text) == 1 for f in frames), "more than one line")
    checks.check_end(run, terminal, BEFORE.splitlines())


def case_always():
    r, w = os.pipe()
    with place("always", *STEADY) as p:
        p.files(20, 20)
        with pcp(p, "--progress=always", stderr=w) as run:
            run.finish()
    os.close(w)
    raw = os.read(r, 65536).replace(b"\n", b"\r\n")
    expect(FRAME.search(raw), "no frame in", raw)
    expect(HIDE.search(raw[-8:]), "it is not taken off:", raw[-60:])


# ------------------------------------------------------------- what it is like

def case_size(columns, rows, before, *options):
    """Of any size, wherever on the screen it begins, and with messages above it"""
    columns, rows = int(columns), int(rows)
    above = [f"before {n}" for n in range(int(before))]
    names = "one", "bad 1", "\u6f22\u5b57e\u0301" * 25, "bad 2", "bad 3", "three", "bad 4", "four"
    with place("size", *STEADY, "-e", "open:1+:EIO:*bad*") as p:
        for name in names:
            p.file(f"tree/{name}", 0 if "bad" in name else 12)
        with in_turn(p, names, *options, columns=columns, rows=rows,
                     before="".join(line + "\n" for line in above)) as run:
            run.finish()
        for name in names:
            from_to = p.path("slow", "tree", name), p.path("dst", name)
            above += ["'%s' -> '%s'" % from_to] if "-v" in options else []
            above += failures(p, [name]) if "bad" in name else []
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    checks.check_still(frames, terminal)
    checks.check_taskbar(run, False)
    expect(run.bytes().count(b"error\r\n", FRAME.search(run.bytes()).end()) > 1, "no late error")
    checks.check_end(run, terminal, [*above, "pcp: 4 failed (4 Input/output error); 4 copied"])


def case_look(locale, *env):
    """What is in a frame: characters, and colours"""
    env = {"LC_ALL": locale, **dict(e.split("=") for e in env)}
    with place("look" + "".join(env.values()), *STEADY, "-e", "open:1+:EIO:*bad*") as p:
        p.files(25, 25)
        p.file("tree/bad", 1)
        with pcp(p, env=env) as run:
            run.finish()
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    raw, text = run.bytes(), "".join("".join(f.text) for f in frames)
    if locale == "C":
        expect(raw.isascii(), "not ASCII:", raw)
        expect("[#" in text, "no bar:", text)
    else:
        expect("█" in text, "no bar:", text)
    if env.get("NO_COLOR"):
        expect("1 error" in text and not re.search(rb"\x1b\[\d*m", raw), "colour:", raw)
    else:
        expect(b"\x1b[31m1 error\x1b[m" in raw, "no colour:", raw)


def case_taskbar(program, sig):
    with place("taskbar" + program + sig, *STEADY) as p:
        p.files(30, 30)
        with pcp(p, env={"TERM_PROGRAM": program}) as run:
            if sig != "none":
                run.until_frames(3)
                run.send(getattr(signal, "SIG" + sig))
            run.finish()
    checks.check_taskbar(run, program in ("ghostty", "WezTerm"))
    check_all(run, *replay(run))


NASTY = [b"esc\x1b[31mred\x1b]0;title\x07", b"c1 \x9b31m and \xc2\x9b31m", b"del\x7f",
         b"new\nline", b"rlo \xe2\x80\xaeexe.txt \xe2\x81\xa6\xd8\x9c"]


def case_names(locale):
    """Never as they are: in errors, with -v, in the bar"""
    with place("names" + locale, *STEADY, "-e", "open:1+:EIO:*bad*") as p:
        for name in NASTY:
            p.file(b"tree/" + name, 10)
            p.file(b"tree/bad" + name, 0)
        with pcp(p, "-v", "-j8", env={"LC_ALL": locale}, columns=200, rows=50) as run:
            run.finish()
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    active = "\n".join("\n".join(f.text[2:]) for f in frames)
    for what in "\\033", "\\233", "\\177", "\\n", "\\342":
        expect(what in active, what, "is not in the bar:", ascii(active[-900:]))
    errors = run.bytes().count(b"Input/output error\r\n")
    expect(errors == len(NASTY), errors, "messages")


def case_one_write():
    """One write(2) for each frame, and one to take it off"""
    with place("strace", *STEADY) as p:
        p.files(30, 30)
        trace = p.path("trace")
        with Run(["strace", "-f", "-qq", "-e", "trace=write", "-e", "signal=none", "-s", "9999",
                  "-o", trace, "pcp", "-R", p.path("slow/tree"), p.path("dst")],
                 env={"ASAN_OPTIONS": "detect_leaks=0"}) as run:
            run.finish()
        with open(trace, encoding="utf-8") as f:
            writes = re.findall(r"write\(2, ", f.read())
    frames, _ = replay(run)
    expect(len(frames) > 2, "nothing was painted")
    expect(len(writes) == len(frames) + 1, len(writes), "writes for", len(frames), "frames")


# ------------------------------------------------------------- from outside

SIZES = (40, 10), (120, 40), (30, 6), (20, 3), (80, 24), (60, 12), (9, 2), (100, 30)


def case_resize():
    with place("resize", *STEADY, "-e", "open:1+:EIO:*bad*") as p:
        names = [name + str(n) for n in range(16) for name in ("good", "bad")]
        for name in names:
            p.file(f"tree/{name}", 0 if "bad" in name else 12)
        with in_turn(p, names, before=BEFORE) as run:
            for size in SIZES:
                run.until_frames(3)
                run.resize(*size)
            run.finish()
    for reflow in False, True:
        frames, terminal = replay(run, reflow)
        check_all(run, frames, terminal)
        # One that was made just before the change, and written after it, is not to be helped.
        if not any(f.fresh and f.wraps for f in frames):
            checks.check_gone(terminal.everything())


def case_suspended():
    """^Z: the screen, a low one, is as it was; then it is painted again."""
    with place("suspended", *STEADY) as p:
        p.files(*[20] * 6)
        with pcp(p, before=BEFORE, rows=6) as run:
            for n in 1, 2:
                run.until_frames(3)
                run.key("\x1a")
                run.until("it stops", lambda: run.stops == n)
                run.wait(0.3)
                stopped = run.bytes()
                run.resume()
                run.until_frames(2)
            run.key("\x1a")
            run.until("it stops", lambda: run.stops == 3)
            count = run.count()
            run.resume("bg")
            run.finish()
            expect(run.count() == count, "painted in the background")
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    checks.check_end(run, terminal, BEFORE.splitlines())
    run.raw, run.reads = bytearray(stopped), [(0, len(stopped))]
    _, terminal = replay(run)
    checks.check_end(run, terminal, BEFORE.splitlines())


def case_long_stop():
    """The time in which it was stopped by ^Z was not one of copying slowly."""
    with place("long_stop", *STEADY) as p:
        p.files(*[20] * 6)
        with pcp(p) as run:
            run.until_frames(10)
            run.key("\x1a")
            run.until("it stops", lambda: run.stops)
            count = run.count()
            run.wait(6)
            run.resume()
            run.finish()
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    expect(len(frames) > count, "not painted again")
    for f in frames[count:]:
        expect("stalled" not in f.text[0], "a stall:", checks.excerpt(f))
        expect(checks.rate(f) > checks.rate(frames[count - 1]) / 3, "rate:", checks.excerpt(f))


def case_asked():
    """A question stands while it is stopped, or asked how far it is."""
    p = Place("asked")
    p.file("one", 1)
    p.file("two", 1)
    with Run(["pcp", "-i", p.path("src/one"), p.path("src/two")], columns=160) as run:
        run.until("a question", lambda: b"? " in run.raw)
        # Until it waits for the answer: a signal before that is heard only after it.
        run.wait(0.5)
        run.key("\x1a")
        run.until("it stops", lambda: run.stops)
        run.resume()
        run.until("a question", lambda: run.raw.count(b"? ") > 1)
        run.wait(0.5)
        run.send(signal.SIGUSR1)
        run.until("a question", lambda: run.raw.count(b"? ") > 2)
        run.key("y\n")
        run.finish()
    expect(run.status == 0, "status", run.status, run.bytes())
    expect(filecmp.cmp(p.path("src/one"), p.path("src/two"), False), "not copied:", run.bytes())


def case_snapshot():
    """SIGUSR1: a line, which stands"""
    with place("snapshot", *STEADY) as p:
        p.files(20, 20, 20)
        with pcp(p, before=BEFORE, columns=160) as run:
            run.until_frames(3)
            run.send(signal.SIGUSR1)
            run.until_frames(2)
            run.finish()
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    checks.check_still(frames, terminal)
    lines = terminal.everything()
    # The last line may be that of a run which took more than three seconds.
    expect(len(lines) in (3, 4) and
           re.match(r"pcp: .* files, .* copying(, \d+ queued)?$", lines[2]) and
           all(re.match(r"pcp: .* in \d+:\d\d, ", line) for line in lines[3:]), "said", lines)


def case_stall(seconds="7"):
    """It says so, and no more when it goes on."""
    with place("stall", *STEADY) as p:
        p.files(*[20] * 5)
        with pcp(p) as run:
            run.until_frames(3)
            p.slowfs.send_signal(signal.SIGSTOP)
            run.wait(float(seconds))
            p.slowfs.send_signal(signal.SIGCONT)
            run.finish()
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    shown = [f.time for f in frames if "stalled" in f.text[0]]
    expect(shown, "no stall is shown")
    expect(not any("ETA" in f.text[0] for f in frames if f.time in shown), "stalled, with an ETA")
    expect(len([f for f in frames if f.time > shown[-1]]) > 3, "nothing after the stall")


def case_interrupted(sig, seed, count):
    """At any moment: the terminal is as it was, the last word stands, no bar remains."""
    rng = random.Random(int(seed))
    number = getattr(signal, "SIG" + sig)
    for n in range(int(count)):
        with place(f"interrupted{sig}{seed}-{n}", *STEADY) as p:
            p.files(20, 20, 20)
            with pcp(p, before=BEFORE, columns=160) as run:
                run.until("it begins", lambda: os.path.exists(p.path("dst", "copy")))
                run.wait(rng.uniform(0, 1))
                if sig == "INT" and n % 2:
                    run.key("\x03")
                else:
                    run.send(number)
                run.finish()
                expect(run.status == -number, "status", run.status)
                frames, terminal = replay(run)
                checks.check_place(frames)
                checks.check_terminal(run, terminal)
                lines = terminal.everything()
                # What the terminal echoes stays, if there was no bar.
                last = lines[-1] if frames else lines[-1].removeprefix("^C")
                expect(last.startswith("pcp: interrupted: "), "last word:", lines)
                expect(lines[:2] == BEFORE.splitlines() and len(lines) == 3, "screen:", lines)


# ------------------------------------------------------------- the last words

def case_summary(which):
    """What a run of more than three seconds says at its end, at a terminal alone"""
    options = [which] if which.startswith("-") else []
    faults = ["-e", "opendir:1+:EACCES:*/bad"] if which == "failed" else []
    r, w = os.pipe() if which == "pipe" else (None, None)
    with place("summary" + which, *STEADY, *faults) as p:
        p.files(*[1] * 10 if which == "short" else [40, 40, 50, 1])
        os.makedirs(p.path("src", "tree", "bad"))
        with pcp(p, *options, stderr=w) as run:
            run.finish()
    if r:
        os.close(w)
        expect(b"131 MiB" not in os.read(r, 1000), "something went into the pipe")
    _, terminal = replay(run)
    said = terminal.everything()
    if which in ("pipe", "short", "-q"):
        expect(not said, "said:", said)
        return
    if which == "failed":
        expect(said.pop() == "pcp: 1 failed (1 Permission denied); 4 copied", "said:", said)
    expect(said and re.fullmatch(r"pcp: 4 files, 2 directories, 131 MiB in 0:0[4-9], \d\d MiB/s",
                                 said.pop()), "said:", terminal.everything())
    expect("bad" in "".join(said) if which == "failed" else not said, "said besides:", said)


# What is in a frame, and said at the end, of a run with failures
LANGUAGES = {
    "de_DE.UTF-8": (
        r" von (mind\. )?\d+ MiB ", r" \d+ MiB/s ", r"noch 0:0\d", r" 2 Fehler ",
        r"\d von (mind\. )?6 Dateien ",
        r"pcp: 4 Dateien, 1 Verzeichnis, 131 MiB in 0:0\d, \d\d MiB/s",
        r"pcp: 2 fehlgeschlagen \(2 Eingabe-/Ausgabefehler\); 4 kopiert"),
    "fr_FR.UTF-8": (
        r" sur (au moins )?\d+ MiB ", r" \d+ MiB/s ", r"reste 0:0\d", r" 2 erreurs ",
        r"\d sur (au moins )?6 fichiers ",
        "pcp\u00a0: 4 fichiers, 1 répertoire, 131 MiB en 0:0\\d, \\d\\d MiB/s",
        r"pcp: 2 échecs \(2 Erreur d'entrée/sortie\); 4 copiés"),
}


def case_language(locale):
    """In other languages each line is narrower than the screen, too, and none is missing."""
    *shown, work, failed = LANGUAGES[locale]
    with place("language" + locale, *STEADY, "-e", "open:1+:EIO:*/b*d") as p:
        p.files(40, 40, 50, 1)
        for name in "bad", "bäd":
            p.file(f"tree/{name}", 1)
        with pcp(p, "-j2", env={"LC_ALL": locale}) as run:
            run.finish()
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    for frame in frames:
        expect(all(len(line.rstrip()) < 80 for line in frame.text), "too wide:", frame.text)
    text = "\n".join(line + " " for f in frames for line in f.text)
    for words in shown:
        expect(re.search(words, text), "not shown:", words, "in", text[-2000:])
    said = terminal.everything()
    expect(re.fullmatch(failed, said.pop()), "the last line:", terminal.everything())
    expect(re.fullmatch(work, said.pop()), "the line before:", terminal.everything())


# ------------------------------------------------------------- the numbers

def case_totals():
    """What rises does not fall, and the time to go is right."""
    with place("totals", *STEADY) as p:
        p.files(60, 20, 100, 5, 75, 40)
        with pcp(p) as run:
            run.finish()
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    checks.check_numbers(frames)
    checks.check_eta(frames, run.ended)


def case_lost():
    """What a copy that fails had done is not there any more, but it was work: that another
    has to catch up with it is no stall."""
    with place("lost", "-x", "-s", "1", "-m", "50000", "-e", "read:480+:EIO:*bad*") as p:
        names = "bad", "good"
        for name in names:
            p.file(f"tree/{name}", 125 if name == "bad" else 130)
        with in_turn(p, names) as run:
            run.finish()
    expect(run.bytes().count(b"error reading") == 1, "no error:", run.bytes()[-300:])
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    checks.check_numbers(frames, failed=True)
    for f in frames:
        expect("stalled" not in f.text[0], "a stall:", checks.excerpt(f))


def case_session(gib, speed):
    """A longer one, with sizes of all kinds, in figures (tools/session.sh)"""
    rng, left = random.Random(1), int(float(gib) * 1024)
    sizes = []
    while left > 0:
        sizes.append(min(left, int(rng.choice((8, 40, 300, 1200)) * rng.uniform(0.5, 1.5))))
        left -= sizes[-1]
    with place("session", "-x", "-s", "1", "-m", str(1000000 // int(speed))) as p:
        p.files(*sizes)
        with pcp(p) as run:
            run.finish(86400)
    frames, terminal = replay(run)
    check_all(run, frames, terminal)
    checks.check_numbers(frames)
    worst = checks.check_eta(frames, run.ended)
    first = next(f.time for f in frames if checks.percent(f) is not None)
    print(f"{len(sizes)} files, {gib} GiB in {run.ended:.1f} s; {len(frames)} frames, "
          f"{len(frames) / (run.ended - 0.5):.1f} a second; a percentage after {first:.2f} s; "
          f"the last one {checks.percent(frames[-1])}%; in the middle half the time to go "
          f"was off by {100 * worst:.0f}% at most")


def main():
    name, *arguments = sys.argv[1:]
    try:
        globals()["case_" + name](*arguments)
    except Failure as e:
        sys.exit(f"{' '.join(sys.argv[1:])}: {e}")


if __name__ == "__main__":
    main()
