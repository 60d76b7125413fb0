# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of random.py: what one run came to, in what two runs differ, and which of these
# differences are known.

import os
import re
from collections import Counter
from typing import NamedTuple

from treecmp import differences

TWIN = "2/3/4/5/twin"   # in what is compared: symlinks may lead some directories up


class Result(NamedTuple):
    status: object
    out: list
    err: list
    tree: dict


def compare(cp, pcp):
    """A line for each difference of two results."""
    lines = []
    if cp.status != pcp.status:
        lines.append(f"status: {cp.status} of cp, {pcp.status} of pcp")
    for what in ("out", "err"):
        a, b = Counter(getattr(cp, what)), Counter(getattr(pcp, what))
        for who, rest in (("cp", a - b), ("pcp", b - a)):
            lines += [f"std{what} of {who} alone: {ascii(os.fsdecode(text))}"
                      for text in sorted(rest.elements())]
    for line in differences(cp.tree, pcp.tree, "cp", "pcp"):
        line = line.replace(f"'{TWIN}'", "'.'", 1).replace(f"'{TWIN}/", "'")
        lines.append(line)
    return lines


def unexplained(case, cp, pcp, table, counts):
    lines, used = [], set()
    for line in compare(cp, pcp):
        known = [k.name for k in table if k.explains(case, cp, pcp, line)]
        used.update(known[:1])
        if not known:
            lines.append(line)
    if not lines:
        counts.update(used)
    return lines


# ------------------------------------------------------- known differences

class Known(NamedTuple):
    """A difference that doc/differences-from-cp.md explains."""
    name: str
    explains: object        # of (case, cp's result, pcp's, a line): true if it does
    why: str


def said(result, text):
    return any(text in line for line in result.err)


def copied_into_itself(case, cp, pcp, line):
    """Where cp stops depends on the order, and so what is said and left of it all."""
    return any(said(result, text) for result in (cp, pcp)
               for text in (b", into itself, ", b"cyclic symbolic link"))


def left_behind(case, cp, pcp, line):
    operands = [w for w in case.words if not w.text[0].startswith(b"-")]
    if said(cp, b"failed to clone") and len(operands) > 2:
        return True     # what it leaves may be in the way of the next operand
    found = re.match(r"""['"](.*)['"] \(file\) is in cp alone$""", line)
    if not found or not cp.status or not pcp.status:
        return False
    name = os.path.basename(found[1])
    return "\\" in name or said(cp, name.encode())


def endless(case, cp, pcp, line):
    return any(len(s) > 3000 and s.endswith(b"File name too long") for s in cp.err)


def named_too_early(case, cp, pcp, line):
    plain = line.replace("\\'", "'")
    found = re.match(r"stdout of pcp alone: .*'(.*)' -> ", plain)
    return bool(found) and said(pcp, f"cannot stat '{found[1]}'".encode())


def of_parents(case, cp, pcp, line):
    """What cp 9 makes of directories that lead to an operand which then fails; and it
    takes the next operand's destination for new if directories were made for the last."""
    return any(re.match(rb"--pa", w.text[0]) for w in case.words) and \
        (bool(cp.status) or bool(re.search(r": mode: '.700' in cp|: xattrs: ", line)))


def links_of_kept(case, cp, pcp, line):
    """Names of one inode, which cp -u links although it was not asked to: those that the
    source has, or that an operand and what is in another are."""
    sources = [w for w in case.words if not w.text[0].startswith(b"-")]
    return any(re.match(rb"-[^-]*u|--up", w.text[0]) for w in case.words) and \
        (len(sources) > 2 or any(n.kind == "link" for n in case.nodes))


KNOWN = [
    Known("into itself", copied_into_itself,
          "cp stops reading a directory in which it met its copy; what was in that "
          "before, or is by now, both may copy"),
    Known("partial file", left_behind, "cp leaves a file whose copy failed"),
    Known("endless", endless, "cp copies its copies until names are too long"),
    Known("named", named_too_early,
          "-v names a file that is then found to be out of reach"),
    Known("fed", lambda case, cp, pcp, line: bool(re.search(": mtime: .*'now'", line)) and
          any(n.kind == "fifo" and not n.drained for n in case.nodes),
          "who feeds a FIFO changes its time, before or after pcp looks at it"),
    Known("words", lambda case, cp, pcp, line: "mutually exclusive" in line,
          "pcp says this as newer releases of cp do"),
    Known("zeros", lambda case, cp, pcp, line: ": holes: " in line,
          "cp makes holes of zeros in a file that has holes; pcp copies them"),
    Known("own backup", lambda case, cp, pcp, line: said(pcp, b" are the same file") and
          line.startswith("stderr of ") and line.rstrip("\"'").endswith(
              ("for reading: No such file or directory", " are the same file")),
          "cp backs up a file that is its own destination, and does not find it then"),
    Known("tried", lambda case, cp, pcp, line: bool(
              re.search(rb"cannot create (symbolic|hard) link '[^']*/'", b"\n".join(cp.err))) and
          bool(re.search(r": mtime: 'now' in cp|cannot create hard link '[^']*/'", line)),
          "cp makes a link under another name, and then cannot rename it to 'name/'"),
    Known("symlink's xattrs", lambda case, cp, pcp, line: ": xattrs: " in line and
          "security.capability" in line and
          any(re.match(rb"-[^-]*s|--sy", w.text[0]) for w in case.words),
          "with -s cp gives the symlink the capabilities of the file, which nothing reads"),
    Known("special bits", lambda case, cp, pcp, line: bool(
              re.search(r"""['"]: mode: '[1-7](...)' in cp, '0\1' in pcp|"""
                        r"""['"]: mode: '0000' in cp, '2000' in pcp""", line)),
          "cp leaves set-ID and sticky bits that the copy was not to have"),
    Known("parents", of_parents,
          "with --parents cp may leave directories unfinished, or be confused by them"),
    Known("-u and links", links_of_kept,
          "cp -u makes hard links of names whose destinations are new enough"),
    Known("xattrs", lambda case, cp, pcp, line: ": xattrs: {} in cp" in line or
          said(cp, b"tting attribute"),
          "cp names each attribute that fails, and then leaves the rest; pcp names the "
          "file, and sets what an owner without the right to write can have"),
    Known("group of a symlink", lambda case, cp, pcp, line: ": owner: " in line and
          any(n.kind == "symlink" for n in case.nodes),
          "without privilege cp does not try to set it alone"),
    Known("silent", lambda case, cp, pcp, line: cp.status == pcp.status and
          bool(re.match("stderr of pcp alone: .*(preserving permissions|setting attributes) "
                        "for", line)),
          "cp has not a word for where another's directory cannot be changed"),
    Known("pulled away", lambda case, cp, pcp, line: any(
              s.endswith(b": No such file or directory") and b"cannot create symbolic link" in s
              for s in pcp.err) and any(n.kind == "symlink" for n in case.nodes),
          "the destination directory was named by way of the symlink that is replaced"),
    Known("out of reach", lambda case, cp, pcp, line:
          said(cp, b"preserving permissions for"),
          "pcp has the directories open, and needs no way to them"),
    Known("changed", lambda case, cp, pcp, line: "changed while it was copied" in line,
          "pcp warns of a file that changes meanwhile"),
]


def misplaced(case, cp, pcp, line):
    if not any(re.match(rb"-[^-]*[bS]|--(b|su)", w.text[0]) for w in case.words):
        return False
    return said(cp, b"cannot un-backup") or said(cp, b"File exists") or \
        said(cp, b"through dangling symlink") or bool(
            re.match(r"""['"].*(~|\.bak|\.x)['"][ :]|"""
                     r"""['"].*['"]: (mtime|links|same as|size|content):""", line))


# To be added for a cp 9.1 alone.
MISPLACED_BACKUPS = Known("backups", misplaced,
                          "this cp may put the simple backup of dir/file in '.', not dir")


def declined(case, cp, pcp, line):
    return line == "status: 0 of cp, 1 of pcp" and any(s.endswith(b"? ") for s in cp.err)


# To be added for a cp older than 9.2.
DECLINED = Known("declined", declined,
                 "to this cp it is no failure if, with -i, a file is not overwritten")


# With -j1 --window=1 alone there is an order in which files are copied.
ORDERED = ["-j1", "--window=1"]


def depends_on_order(case, line):
    """May this come of the order? It is then asked for in order, too."""
    return any(node.kind in ("link", "symlink") for node in case.nodes)
