# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is to be true of the frames of a progress bar (screen.py): each of these raises
# Failure where it is not.

import re

from screen import FRAME, HIDE, Failure, Terminal

DONE = re.compile(rb"(pcp: \d[^\r]* in \d+:\d\d, [^\r]*/s)\r$", re.M)
PERCENT = re.compile(r"^ *(\d+)%")
BYTES = re.compile(r"([\d.]+) ([KMGT]?i?B)(?: of (at least )?([\d.]+) ([KMGT]?i?B))?(?!/s)")
FILES = re.compile(r"([\d ]*\d)(?: of (at least )?([\d ]*\d))? files")
ETA = re.compile(r"ETA (?:(\d+)d )?(?:(\d+)h)?(?: ?(\d+)m)?(?:(\d+):(\d\d))?")
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
# What only a bar has in it
REMAINS = re.compile(r"[█░▸▏▎▍▌▋▊▉]|\[[#-]+\]|\d%|ETA|copying|queued|B/s\b")


def expect(truth, *words):
    if not truth:
        raise Failure(" ".join(map(str, words)))


def excerpt(frame):
    return f"at {frame.time:.2f} s, {frame.columns}x{frame.rows}:\n" + "\n".join(frame.text)


# ------------------------------------------------------------ where it is

def check_place(frames):
    """No wider and no taller than the terminal, and the cursor comes back to where the frame
    begins.  The first after a change of size may have been made before that."""
    for f in frames:
        if f.fresh:
            continue
        expect(not f.wraps, "wider than the terminal", excerpt(f))
        expect(f.cursor == (0, f.began), "the cursor is at", f.cursor, "not", (0, f.began),
               excerpt(f))
        expect(f.began >= 0, "taller than the terminal", excerpt(f))
        expect(all(f.text[1:]), "an empty line", excerpt(f))
        expect(not f.hidden, "the cursor is hidden", excerpt(f))


def check_still(frames, terminal):
    """What is above the bar is what remains above it; of a size that does not change."""
    end = terminal.everything()
    for f in frames:
        expect(f.above == end[:len(f.above)], "this scrolled:", f.above, "is not in", end,
               excerpt(f))


def check_number(frames, run):
    seconds = run.ended - 0.5
    expect(len(frames) <= 10 * seconds + 2, len(frames), "frames in", seconds, "seconds")
    expect(not frames or frames[0].time > 0.45, "painted after", frames and frames[0].time)


def check_plain(run, frames):
    """Besides frames, and what takes them off, there is no control character."""
    rest = HIDE.sub(b"", FRAME.sub(b"", run.bytes())).replace(b"\r\n", b"\n")
    found = re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", rest)
    expect(not found, "a control character:", found and rest[max(0, found.start() - 60):][:120])
    check_bidi(run.bytes())
    return frames


def check_bidi(raw):
    text = raw.decode("utf-8", "replace")
    found = re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]", text)
    expect(not found, "raw on the terminal:", ascii(found and text[found.start() - 20:][:60]))


def check_end(run, terminal, lines):
    """The screen shows these lines, and nothing else but, in front of the line with the
    failures, what a run of more than three seconds has done; the next word goes below them."""
    done = DONE.search(run.bytes())
    if done:
        failed = bool(lines) and " failed (" in lines[-1]
        lines = [*lines]
        lines.insert(len(lines) - failed, done.group(1).decode())
    other = Terminal(terminal.columns, terminal.lines)
    other.stream.feed("".join(line + "\r\n" for line in lines).encode())
    want, have = other.everything(), terminal.everything()
    expect(have == want, "in the end the screen shows", "\n".join(have), "\nand not",
           "\n".join(want))
    at = [(t.cursor.x, len(t.gone) + t.cursor.y) for t in (terminal, other)]
    expect(at[0] == at[1], "the cursor is at", at[0], "not", at[1])


def check_gone(lines):
    for line in lines:
        expect(not REMAINS.search(line) or line.startswith("pcp: "),
               "remains of the bar:", "\n".join(lines))


def check_terminal(run, terminal):
    """As it was before"""
    expect(run.left == run.found, "the terminal's modes have changed")
    expect(not terminal.cursor.hidden, "the cursor is hidden")
    expect(terminal.cursor.attrs.fg == "default", "the colour remains")


# ----------------------------------------------------------- what it says

def percent(frame):
    m = PERCENT.match(frame.text[0])
    return int(m.group(1)) if m else None


def amount(frame):
    """Bytes done, total (None: not said), and whether that is final"""
    m = BYTES.search(frame.text[0])
    if not m:
        return None
    total = float(m.group(4)) * UNITS[m.group(5)] if m.group(4) else None
    return float(m.group(1)) * UNITS[m.group(2)], total, not m.group(3)


def files(frame):
    m = FILES.search("\n".join(frame.text[:2]))
    if not m:
        return None
    done, total = (int(n.replace(" ", "")) if n else None for n in m.group(1, 3))
    return done, total, not m.group(2)


def eta(frame):
    """Seconds to go, or None; and how much of that is but the last digit"""
    m = ETA.search("\n".join(frame.text[:1]))
    if not m or not any(m.groups()):
        return None, 0
    d, h, m1, m2, s = (int(n or 0) for n in m.groups())
    return d * 86400 + h * 3600 + (m1 + m2) * 60 + s, 1 if m.group(5) else 60 if h else 3600


def rate(frame):
    m = re.search(r"([\d.]+) (\w+)/s", frame.text[0])
    return float(m.group(1)) * UNITS[m.group(2)] if m else None


def check_rises(what, frames, of):
    last = None
    for f in frames:
        value = of(f)
        expect(value is None or last is None or value >= last, what, "went back from", last,
               "to", value, excerpt(f))
        last = value if value is not None else last


def check_numbers(frames, failed=False):
    """Nothing goes back; there is a percentage only of a total that is final, and of what
    did not fail."""
    check_rises("the percentage", frames, percent)
    for what, of in ("bytes", amount), ("files", files):
        for n, which in enumerate(("done", "total")):
            check_rises(f"{what} {which}", frames, lambda f: (of(f) or (None, None))[n])
    known = None
    for f in frames:
        p, a = percent(f), amount(f)
        expect(p is None or p < 100, "100% before the end", excerpt(f))
        expect(known is None or p is not None, "no percentage any more", excerpt(f))
        known = p if p is not None else known
        expect(not a or a[1] is None or a[2] == (p is not None), "a lower bound", excerpt(f))
        expect(p is not None or eta(f)[0] is None, "a time without a total", excerpt(f))
        if known is not None and a and a[1] and not failed:
            expect(abs(100 * a[0] / a[1] - p) <= 2, "percentage and bytes differ", excerpt(f))
    expect(known is not None, "there is no percentage in", len(frames), "frames")


def check_eta(frames, end, slack=1.0):
    """In the middle of a steady run, not off by more than half; the worst of them"""
    worst, seen = 0, 0
    for f in frames:
        if not end / 4 < f.time < end * 3 / 4:
            continue
        said, unit = eta(f)
        left = end - f.time
        expect(said is not None, "no time to go", excerpt(f))
        error = abs(said - left)
        expect(error <= left / 2 + slack + unit - 1, "said", said, "seconds, it took", left,
               excerpt(f))
        worst, seen = max(worst, max(0, error - unit) / left), seen + 1
    expect(seen, "no frame in the middle")
    return worst


# ----------------------------------------------------------- taskbar (OSC 9;4)

def check_taskbar(run, wanted):
    codes = re.findall(rb"\x1b\]9;4;(\d);\d*\x1b\\", run.bytes())
    if not wanted:
        expect(b"\x1b]" not in run.bytes(), "OSC, where the terminal is not known to have it")
        return
    expect(codes, "no OSC 9;4")
    expect(codes[-1] == b"0", "the taskbar keeps the state", codes[-1])
    expect(set(codes) & {b"1", b"3"}, "the taskbar shows", codes)
