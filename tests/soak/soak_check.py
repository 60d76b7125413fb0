# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of soak.py: what must hold after a run, whatever it was disturbed by. Each function
# returns lines, which say what does not.
#
# before is the picture of the tree from before the run; reference is the Run of the same
# command in the same tree with nothing to disturb it; got is the Run that was disturbed.

import os
import re
from typing import NamedTuple

from random_compare import TWIN
from soak_disturb import Disturbance, deaths
from treecmp import differences

TEMPORARY = b".copyfile-"
STATUSES = (0, 1, 3)
BACKUP = re.compile(rb"-[a-zA-Z]*[bS]|--(ba|su)")
HANGS = "does not end"
# The dynamic loader needs memory as well.
NOT_STARTED = 127
UNLOADED = re.compile(b"error while loading shared libraries|cannot allocate TLS data structures")
NOTHING = Disturbance()
SHARED = ("links", "same as")   # what a file has in common with its other names


class Run(NamedTuple):
    status: object          # as Popen.returncode has it, or HANGS
    err: bytes
    tree: dict              # treecmp.snapshot()
    seconds: float
    reports: str            # of sanitizers, and of failed assertions


def base(path):
    return path.rsplit(b"/", 1)[-1]


def is_temporary(path):
    return base(path).startswith(TEMPORARY)


def plain(tree, leave_out=(), of_dirs=()):
    """The tree without some of what is seen of each name."""
    return {path: {k: v for k, v in seen.items() if k not in leave_out and
                   not (seen["type"] == "directory" and k in of_dirs)}
            for path, seen in tree.items()}


# ------------------------------------------------------------------ the end

def check_end(d, got):
    """How it ended: not by accident, not in silence."""
    if got.status == HANGS:
        return [HANGS]
    if got.status == NOT_STARTED and UNLOADED.search(got.err):
        return []
    reports = got.reports.splitlines()
    # One that is killed while leaks are looked for says so.
    if got.status == -9:
        reports = [line for line in reports if "ERROR" in line or "WARNING" in line]
    lines = [f"a report: {line}" for line in reports[:40]]
    if got.status < 0 and -got.status not in deaths(d):
        lines.append(f"died by signal {-got.status}")
    if got.status > 0 and got.status not in STATUSES:
        lines.append(f"status {got.status}")
    if got.status > 0 and not got.err.strip() and d.kind != "closed":
        lines.append(f"status {got.status} without a message")
    return lines


# ---------------------------------------------------------------- the tree

def ignored_after_success(d):
    """What may differ although nothing has failed"""
    attributes = {"setxattr", "getxattr", "listxattr", "chmod", "chown", "utimens"}
    operations = {fault.split(":")[0] for fault in d.faults}
    # An attribute that a file system refuses may be lost without an error.
    return ("xattrs", "mode", "owner", "mtime") if operations & attributes else ()


def check_success(d, reference, got):
    """Status 0: what was asked for is there, all of it."""
    if reference.status != 0:
        return [f"status 0, but {reference.status} if undisturbed"]
    out = ignored_after_success(d) + ("holes",)
    return differences(plain(reference.tree, out), plain(got.tree, out), "the whole copy",
                       "this one")


def check_untouched(before, reference, got):
    """What an undisturbed run leaves as it was is as it was."""
    same = [path for path in before if reference.tree.get(path) == before[path]]
    old, new = plain(before, SHARED, ("mtime",)), plain(got.tree, SHARED, ("mtime",))
    return differences({p: old[p] for p in same}, {p: new[p] for p in same if p in new},
                       "the tree before", "it after the run")


def makes_backups(case):
    return any(w.role in ("option", "cluster") and BACKUP.match(w.text[0]) for w in case.words)


def check_new(case, before, d, reference, got):
    """There is no name that a whole run does not make, and no part of a file."""
    killed = d.signal == "SIGKILL" and got.status == -9
    # Where a directory cannot be read, or the run was stopped, a backup has another number.
    backups = makes_backups(case)
    lines = []
    for path in got.tree.keys() - before.keys():
        whole, seen = reference.tree.get(path), got.tree[path]
        if killed:
            continue
        if whole is None and backups and not is_temporary(path):
            continue
        if whole is None:
            lines.append(f"{path!r} was left behind")
        elif seen["type"] == whole["type"] == "file" and \
                seen.get("content") != whole.get("content"):
            lines.append(f"{path!r} is a part of a file")
    return lines


def check_atomic(before, reference, got):
    """--atomic: a regular file is the old one or the new one."""
    lines = []
    for path, whole in reference.tree.items():
        seen, old = got.tree.get(path), before.get(path)
        if whole["type"] != "file" or (old and old["type"] != "file"):
            continue
        files = [{k: v for k, v in f.items() if k not in (*SHARED, "holes")}
                 for f in (whole, old) if f]
        shown = seen and {k: v for k, v in seen.items() if k not in (*SHARED, "holes")}
        if shown not in files and (shown or old):
            lines.append(f"{path!r} is neither old nor new")
    return lines


def is_into_itself(case, before, reference):
    """Does the command write to its own source? Then it matters what comes first."""
    twin = TWIN.encode()
    sources = [os.path.normpath(twin + b"/" + w.text[0].rsplit(twin, 1)[-1])
               for w in case.words if w.role == "operand"]
    if not any(w.role == "target" for w in case.words):
        del sources[-1:]
    return any(reference.tree.get(path) != seen for path, seen in before.items()
               if any(path == top or path.startswith(top + b"/") for top in sources))


def is_cut_short(s, reference):
    """Was the reference stopped, so that it made only what came first?"""
    return reference.status != 0 and any(word.startswith("--max-errors") for word in s.own)


def check_tree(s, before, reference, got):
    if is_into_itself(s.case, before, reference) or is_cut_short(s, reference):
        return []
    if got.status == 0:
        return check_success(s.disturbance, reference, got)
    lines = check_new(s.case, before, s.disturbance, reference, got)
    # A file that has become its backup keeps that name if it cannot be renamed back.
    renames = any(fault.startswith("rename:") for fault in s.disturbance.faults)
    if not (renames and makes_backups(s.case)):
        lines += check_untouched(before, reference, got)
    if "--atomic" in s.own and not ignored_after_success(s.disturbance):
        lines += check_atomic(before, reference, got)
    return lines


def check(s, before, reference, got):
    """s is a Soaked of soak.py."""
    d = s.disturbance
    lines = check_end(d, got)
    # What becomes of a source that changes is open, but for that.
    if d.kind == "source":
        names = got.tree.keys() - before.keys() if got.status != -9 else ()
        return lines + [f"{path!r} was left behind" for path in names if is_temporary(path)]
    if lines and got.status == HANGS:
        return lines
    return lines + check_tree(s, before, reference, got)


# -------------------------------------------------------------- once more

# What these leave alone, or keep, depends on what a first run has made.
STICKY = re.compile(r"-[a-zA-Z]*[nuiblsS]|--(update|no-c|int|ba|li|sy|su|j)")


def may_repeat(case, reference):
    """Does a second run make the same of the tree?"""
    words = [w.text[0].decode(errors="replace") for w in case.words
             if w.role in ("option", "cluster", "target")]
    return reference.status == 0 and not any(STICKY.match(word) for word in words)


def check_repeated(whole, again):
    """whole is a Run in a tree of a whole run, again one in that of a disturbed one."""
    lines = check_end(NOTHING, again)
    if again.status != 0:
        lines.append(f"the next run ends with {again.status}: {again.err[:300]!r}")
    of_dirs = ("mtime", "mode")
    return lines + differences(plain(whole.tree, ("holes",), of_dirs),
                               plain(again.tree, ("holes",), of_dirs),
                               "the whole copy", "that after the next run")
