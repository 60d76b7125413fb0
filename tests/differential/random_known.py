# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of random.py: the differences that doc/differences-from-cp.md explains. Each is
# told by the very line in which it shows, by the options that it takes, and by what the
# line is about; no entry may let through what the page does not speak of.

import os
import re
from typing import NamedTuple

from random_compare import TWIN
from random_options import LONG_NAMES, OPTIONS

WITH_VALUES = "".join(o.short for o in OPTIONS.values() if o.short and o.values)
# A word as a shell has it, and its pieces
WORD = re.compile(rb"""(?:'[^']*'|"[^"]*"|\$'(?:[^'\\]|\\.)*'|\\')+""")
PIECE = re.compile(rb"""'([^']*)'|"([^"]*)"|\$'((?:[^'\\]|\\.)*)'|\\(')""")


class Known(NamedTuple):
    """A difference that doc/differences-from-cp.md explains."""
    name: str
    explains: object        # of (case, cp's result, pcp's, a Difference): true if it does
    why: str


# ------------------------------------------------------------------ the case

def options(case):
    """The names of its options, and of those with a value name=value."""
    posix = "POSIXLY_CORRECT" in dict(case.env)
    for word in case.words:
        text = word.text[0].decode(errors="surrogateescape")
        if word.role == "operand" and posix:
            return              # what follows are operands
        if word.role in ("operand", "end"):
            continue
        if text.startswith("--"):
            name, _, value = text[2:].partition("=")
            whole = [n for n in LONG_NAMES if n == name] or \
                [n for n in LONG_NAMES if n.startswith(name)]
            value = value or b"".join(word.text[1:]).decode(errors="surrogateescape")
            yield from (f"--{n}" for n in whole[:1])
            yield from (f"--{n}={v}" for n in whole[:1] for v in value.split(",") if value)
            continue
        for letter in text[1:]:
            yield "-" + letter
            if letter in WITH_VALUES:
                break


def has(case, *names):
    return not set(names).isdisjoint(options(case))


def follows_all(case):
    """Are all symlinks followed? By -L, if it is the last of its kind, or by -l alone."""
    says = {"-L": True, "--dereference": True} | dict.fromkeys(
        ("-H", "-P", "-d", "-a", "--no-dereference", "--archive"), False)
    said = [says[name] for name in options(case) if name in says]
    return said[-1] if said else has(case, "-l", "--link")


def backs_up(case):
    return has(case, "-b", "--backup", "-S", "--suffix")


def updates(case):
    return has(case, "-u", "--update", "--update=older")


def sets_mode(case):
    """Is the mode copied, or set to what is usual?"""
    return has(case, "-a", "--archive", "-p", "--preserve", "--no-preserve=mode",
               "--no-preserve=all")


def operands(case):
    return [w.text[0] for w in case.words if w.role == "operand"]


def sources(case):
    named = any(w.role == "target" for w in case.words)
    return operands(case) if named else operands(case)[:-1]


# ------------------------------------------------------------------ the line

def said(result, *texts):
    return any(text in line for line in result.err for text in texts)


def names_in(line):
    """What is quoted in it."""
    def plain(piece):
        if piece[3] is None:
            return piece[1] or piece[2] or piece[4] or b""
        return piece[3].decode("unicode_escape").encode("latin1")
    return [b"".join(map(plain, PIECE.finditer(word))) for word in WORD.findall(line)]


def kind_of(path, *results):
    return {r.tree[path]["type"] for r in results if path in r.tree}


def at_start(case, path):
    """The kind of what was there before the run, or None."""
    return next((n.kind for n in case.nodes
                 if os.path.join(TWIN.encode(), n.path) == path), None)


def parts(path):
    return [p for p in path.split(b"/") if p not in (b"", b".", b"..")]


def leads_to(name, path):
    """Is the path in the tree what a message calls name? By its end: symlinks, and "..",
    may lead there in other ways."""
    return bool(parts(name)) and parts(path)[-1:] == parts(name)[-1:]


def by_way_of(case, names):
    """The names, and where those of them that are symlinks before the run lead."""
    found, more = set(), set(names)
    while more:
        found |= more
        more = {n.target for n in case.nodes if n.kind == "symlink" and
                any(leads_to(name, n.path) for name in more)} - found
    return found


def below(name, path):
    """Is it that, or in it?"""
    return bool(parts(name)) and parts(name)[-1] in parts(path)


def about(line, *names):
    """Is it about what has one of these names, or is below?"""
    if line.kind == "tree":
        return any(below(name, line.path) for name in names)
    return any(said_of == name or said_of.startswith(name.rstrip(b"/") + b"/")
               for said_of in names_in(line.text) for name in names) or \
        any(name.rstrip(b"/") + b"/" in line.text for name in names)


# ------------------------------------------------------- what the page explains

def into_itself(case, cp, pcp, line):
    """Both say so. What cp leaves out is what came after in the directory."""
    copies = {names_in(text)[-1] for result in (cp, pcp) for text in result.err
              if b", into itself, " in text}
    copies = by_way_of(case, copies)
    if not copies or line.kind == "status":
        return False
    if line.kind == "err" and b", into itself, " in line.text:
        return bool(cp.status and pcp.status)
    if line.what in ("links", "same as"):
        return has(case, "-l", "--link", "-a", "--archive", "-d", "--preserve") or \
            any(n.kind == "link" for n in case.nodes)
    if line.kind == "err" and line.who == "pcp":
        # pcp goes on, and meets what cp has not come to
        return about(line, *copies, *sources(case)) or \
            b"specified more than once" in line.text and len(sources(case)) > 1
    return about(line, *copies)


def endless(case, cp, pcp, line):
    """Where symlinks are followed, cp goes on until the names are too long. pcp leaves out
    the copy in the copy, and says so."""
    if not follows_all(case) or \
            not any(len(s) > 3000 and s.endswith(b"File name too long") for s in cp.err):
        return False
    if line.who == "pcp" and b"will not create hard link" in line.text:
        copy, made = names_in(line.text)
        return copy.startswith(made + b"/")
    return line.who == "cp" or line.what in ("mtime", "links", "same as")


FAILED_COPY = (b"error reading", b"error writing", b"error copying", b"failed to clone",
               b"failed to extend", b"failed to close")


def left_behind(case, cp, pcp, line):
    """The partial file, and what cp makes of it with the next operand."""
    left = {name for text in cp.err if any(f in text for f in FAILED_COPY)
            for name in names_in(text)}
    if line.kind == "tree" and line.who == "cp":
        if "POSIXLY_CORRECT" in dict(case.env):     # dangling symlinks are written through
            left = by_way_of(case, left)
        return kind_of(line.path, cp) == {"file"} and \
            any(leads_to(name, line.path) for name in left)
    if len(sources(case)) < 2:
        return False
    kept = {names_in(s)[0] for s in cp.err if b"cannot overwrite non-directory" in s} & left
    if kept and (line.kind == "status" or about(line, *kept)):
        return True
    if line.kind == "out" and backs_up(case):
        backup = line.text.endswith((b" (unbackup)", b"')")) and b"backup" in line.text
        return names_in(line.text)[1] in left and backup == (line.who == "cp")
    return line.kind == "err" and \
        any(text in line.text for text in (b"just-created", b"failed to clone")) and \
        any(name in left for name in names_in(line.text))


def own_backup(case, cp, pcp, line):
    same = {names_in(s)[1] for s in pcp.err if s.endswith(b" are the same file")}
    if backs_up(case) and line.who == "cp" and line.text.endswith(b"'? "):
        return names_in(line.text)[0] in same       # cp asks before
    return backs_up(case) and said(pcp, b" are the same file") and line.kind == "err" and \
        (line.text.endswith(b": No such file or directory") and
         any(text in line.text for text in (b"for reading", b"cannot read symbolic link"))
         if line.who == "cp"
         else line.text.endswith(b" are the same file"))


def own_directory(case, cp, pcp, line):
    """With --remove-destination: cp goes in, and may have nothing to say there."""
    own = {names_in(s)[0] for s in pcp.err if s.endswith(b" are the same file")}
    links = any(n.kind == "symlink" for n in case.nodes)
    if not own or not (has(case, "--remove-destination") or links and line.who != "cp"):
        return False
    return line.kind == "status" and not cp.err or \
        line.kind == "err" and line.text.endswith(b" are the same file") and about(line, *own)


def special_bits(case, cp, pcp, line):
    if line.what != "mode" or not all("mode" in r.tree[line.path] for r in (cp, pcp)):
        return False
    old, new = (int(r.tree[line.path]["mode"], 8) for r in (cp, pcp))
    if kind_of(line.path, cp) == {"directory"}:
        # where the source cannot be read; or it was there, or inherited them
        return old == 0 and new == 0o2000 or \
            has(case, "-a", "--archive", "-p", "--preserve") and \
            old != new and old & 0o777 == new & 0o777 and not new & ~old
    return sets_mode(case) and old & 0o7000 != 0 and new == old & 0o777


def leads_to_operand(case, path):
    """Is it a directory that --parents makes on the way to one?"""
    return any(parts(path)[-n:] == parts(operand)[:n]
               for operand in operands(case) for n in range(1, len(parts(operand))))


def of_parents(case, cp, pcp, line):
    """The attributes of directories on the way to an operand; the bug of the second one."""
    if not has(case, "--parents"):
        return False
    if line.what in ("mode", "owner", "mtime", "xattrs"):
        return kind_of(line.path, cp) == {"directory"} and \
            leads_to_operand(case, line.path) and (bool(cp.status) or line.what == "xattrs")
    if line.kind != "err" or line.who != "pcp" or not cp.status or \
            b": preserving " not in line.text:
        return False
    name = names_in(line.text)[0]
    # "./x" leads by way of TARGET/.
    by_dot = name.endswith(b"/.") and any(o.startswith(b"./") for o in operands(case))
    return by_dot or leads_to_operand(case, name)


def taken_for_new(case, cp, pcp, line):
    """An operand after one for which directories were made: cp does not look."""
    if not has(case, "--parents") or len(sources(case)) < 2:
        return False
    tried = {names_in(s)[0] for s in cp.err if b"cannot create " in s or
             b"not writing through dangling symlink" in s}
    if line.who == "pcp" and line.kind == "err" and tried:
        # cp has not come so far
        return b"specified more than once" in line.text or about(line, *tried) or \
            about(line, *(s for s in sources(case) for t in tried
                          if parts(t)[-len(parts(s)):] == parts(s)))
    return bool(tried) and (line.kind == "status" or line.what == "links" or
                            about(line, *tried))


def links_of_kept(case, cp, pcp, line):
    failed = [names_in(s)[0] for s in cp.err if b"cannot create hard link" in s]
    if updates(case) and failed:
        # ... in the place of a directory, say; it had another name until then
        if line.what == "mtime" and "'now' in cp" in line and \
                any(leads_to(os.path.dirname(name), line.path) for name in failed):
            return True
        return line.kind == "status" or line.who == "cp" and b"create hard link" in line.text
    if updates(case) and line.who == "cp" and re.match(rb"removed '", line.text):
        # ... by the link that takes its place
        return at_start(case, os.path.join(TWIN.encode(), names_in(line.text)[0])) is not None
    if not updates(case) or line.kind != "tree" or line.path not in cp.tree:
        return False
    if line.what == "mtime" and kind_of(line.path, cp) == {"directory"}:
        # a link that takes its own name's place leaves no other trace
        return any(os.path.dirname(path) == line.path and
                   (seen.get("links", 1) > 1 or at_start(case, path) and
                    len(sources(case)) > 1 and "'now' in cp" in line)
                   for path, seen in cp.tree.items())
    return cp.tree[line.path].get("links", 1) > 1 or line.what in ("links", "same as")


def more_xattrs(case, cp, pcp, line):
    """pcp copies those as well that cp could not, and says otherwise which it could not."""
    if line.kind == "err":
        return b"setting attribute" in line.text and said(cp, b"setting attribute")
    if line.what == "mode":
        # cp's message may name the source alone.
        return said(cp, b"setting attribute") and kind_of(line.path, cp) == {"directory"}
    if line.what != "xattrs":
        return False
    old, new = (r.tree[line.path]["xattrs"] for r in (cp, pcp))
    return isinstance(old, dict) and isinstance(new, dict) and old.items() <= new.items()


def symlink_xattrs(case, cp, pcp, line):
    if line.kind == "status" and has(case, "-s", "--symbolic-link"):
        return (cp.status, pcp.status) == (1, 0) and bool(cp.err) and \
            all(b"setting attribute" in text for text in cp.err)
    return line.what == "xattrs" and kind_of(line.path, cp, pcp) == {"symlink"} and \
        has(case, "-s", "--symbolic-link") and not pcp.tree[line.path]["xattrs"]


def tried_link(case, cp, pcp, line):
    """cp makes a link under another name, and then cannot rename it to 'name/'."""
    tried = re.findall(rb"cannot create (?:symbolic|hard) link '[^']*/'", b"\n".join(cp.err))
    return bool(tried) and \
        (line.what == "mtime" and line.endswith("'now' in cp, " + line.rsplit(" in cp, ")[-1]) or
         line.kind == "err" and b"cannot create hard link" in line.text)


def replaced_way(case, cp, pcp, line):
    """The destination directory was named by way of a symlink that is replaced."""
    gone = b": No such file or directory"
    if not any(n.kind == "symlink" for n in case.nodes):
        return False
    if line.who == "cp" and line.kind == "err" and line.text.endswith(gone) and \
            any(text in line.text for text in (b"cannot create", b"cannot un-backup")):
        return True
    lost = {names_in(s)[0] for s in cp.err if s.endswith(gone) and
            (b"cannot un-backup" in s or b"cannot create" in s)}
    return bool(lost) and (line.kind == "status" or line.kind == "tree" and
                           any(leads_to(name, line.path) for name in lost))


def group_of_symlink(case, cp, pcp, line):
    return line.what == "owner" and kind_of(line.path, cp, pcp) == {"symlink"} and \
        cp.tree[line.path]["owner"][0] == pcp.tree[line.path]["owner"][0]


def fed(case, cp, pcp, line):
    """The FIFO itself, or what it was copied into."""
    return line.what == "mtime" and "'now'" in line and \
        kind_of(line.path, cp, pcp) <= {"fifo", "file"} and \
        any(n.kind == "fifo" and not n.drained for n in case.nodes)


def replaced_specials(case, pcp):
    """FIFOs and devices that have given way to a file"""
    return [path for path in pcp.tree if kind_of(path, pcp) == {"file"} and
            at_start(case, path) in ("fifo", "device")]


def special_in_the_way(case, cp, pcp, line):
    """A FIFO or a device in the destination directory: cp writes to it."""
    names = {names_in(s)[0] for s in pcp.err if b"not writing to special file" in s}
    if line.kind == "err" and line.who == "cp":
        return bool(names) and (about(line, *names) or
                                line.text.endswith(b": No such device or address"))
    if line.kind == "err":
        return b"not writing to special file" in line.text
    replaced = replaced_specials(case, pcp) if has(case, "-f", "--force") else []
    if line.path in replaced or replaced and line.text.startswith(b"through a FIFO: "):
        return True
    if line.what == "mtime" and "'now' in pcp" in line and \
            any(os.path.dirname(path) == line.path for path in replaced):
        return True
    if line.kind == "tree":
        kinds = kind_of(line.path, cp, pcp)
        return kinds in ({"fifo"}, {"character device"}) and about(line, *names)
    return bool(names) and (line.kind == "status" or line.kind == "out")


def named_too_early(case, cp, pcp, line):
    if line.kind != "out" or line.who != "pcp":
        return False
    found = re.match(rb"'(.*)' -> ", line.text)
    return bool(found) and said(pcp, b"cannot stat '%s'" % found[1])


def silent(case, cp, pcp, line):
    return cp.status == pcp.status and line.kind == "err" and line.who == "pcp" and \
        (b"preserving permissions for" in line.text or b"setting attributes for" in line.text)


def out_of_reach(case, cp, pcp, line):
    """cp goes there by name, and is not let through."""
    ways = {names_in(text)[0] for text in cp.err if b"preserving permissions for" in text}
    if line.kind == "err":
        return line.who == "cp" and b"preserving permissions for" in line.text
    return line.kind == "tree" and any(leads_to(name, line.path) for name in ways)


def source_changes(case, cp, pcp, line):
    """With -T d . what is copied from d/d changes d, which is read before that with cp."""
    if line.what not in ("owner", "mode", "mtime", "xattrs"):
        return False
    tops = [os.path.join(TWIN.encode(), *parts(s)) for s in sources(case) if parts(s)]
    return any(at_start(case, os.path.join(top, os.path.basename(top))) == "dir" and
               line.path == os.path.dirname(top) for top in tops)


def links_to_source(case, cp, pcp, line):
    """-s, where symlinks are followed and links kept: cp links the second name to what the
    symlink that it has made for the first one leads to, which is the source."""
    if not (has(case, "-s") or has(case, "--symbolic-link")) or line.kind != "tree":
        return False
    return line.what in ("links", "same as") or kind_of(line.path, pcp) == {"symlink"}


def links_of_lesser(case, cp, pcp, line):
    """Names of an inode whose copy has lost an attribute: cp copies each of them anew."""
    lost = any(text in line_ for line_ in cp.err for text in
               (b": preserving ", b"failed to preserve ownership", b"setting attributes"))
    if not lost or line.kind != "tree":
        return False
    if line.what == "mtime" and kind_of(line.path, cp, pcp) == {"directory"}:
        return True             # the link had another name for a moment
    return kind_of(line.path, cp, pcp) == {"file"} and \
        any(r.tree[line.path]["links"] > 1 for r in (cp, pcp) if line.path in r.tree)


def without_the_acl(case, cp, pcp, line):
    """--preserve=xattr of a file that its owner may not write, where an ACL is inherited."""
    return line.kind == "tree" and line.what in ("mode", "xattrs") and \
        line.path in pcp.tree and any(b"xattr" in text for text in case.arguments()) and \
        "system.posix_acl_access" in str(pcp.tree[line.path]["xattrs"]) and \
        not int(str(pcp.tree[line.path]["mode"]), 8) & 0o200


def right_already(case, cp, pcp, line):
    """A mode that could not be set, and is what it was to be."""
    return line.kind == "status" and (cp.status, pcp.status) == (1, 0) and bool(cp.err) and \
        all(b"preserving permissions for" in text for text in cp.err)


KNOWN = [
    Known("into itself", into_itself,
          "cp stops reading a directory in which it met its copy; what was in that "
          "before, or is by now, both may copy"),
    Known("partial file", left_behind, "cp leaves a file whose copy failed"),
    Known("endless", endless, "cp copies its copies until names are too long"),
    Known("named", named_too_early,
          "-v names a file that is then found to be out of reach"),
    Known("fed", fed, "who feeds a FIFO changes its time, before or after pcp looks at it"),
    Known("own backup", own_backup,
          "cp backs up a file that is its own destination, and does not find it then"),
    Known("own directory", own_directory,
          "with --remove-destination cp goes into a directory that is its own destination"),
    Known("tried", tried_link,
          "cp makes a link under another name, and then cannot rename it to 'name/'"),
    Known("symlink's xattrs", symlink_xattrs,
          "with -as cp gives the symlink the capabilities of the file, which nothing reads"),
    Known("special bits", special_bits,
          "cp leaves set-ID and sticky bits that the copy was not to have"),
    Known("parents", of_parents,
          "with --parents cp may leave directories unfinished"),
    Known("taken for new", taken_for_new,
          "with --parents cp does not look what is there for the operand after"),
    Known("-u and links", links_of_kept,
          "cp -u makes hard links of names whose destinations are new enough"),
    Known("xattrs", more_xattrs,
          "cp names each attribute that fails, and then leaves the rest; pcp names the "
          "file, and sets what an owner without the right to write can have"),
    Known("group of a symlink", group_of_symlink,
          "without privilege cp does not try to set it alone"),
    Known("special in the way", special_in_the_way,
          "cp writes to a FIFO or a device that has the name of the copy"),
    Known("silent", silent,
          "cp has not a word for where another's directory cannot be changed"),
    Known("pulled away", replaced_way,
          "cp looks up the destination directory by way of the symlink that it has replaced"),
    Known("out of reach", out_of_reach,
          "pcp has the directories open, and needs no way to them"),
    Known("source changes", source_changes,
          "cp has read a directory's attributes before it copies what is in that"),
    Known("links to the source", links_to_source,
          "with -s and kept links cp makes a further name one of the source"),
    Known("lesser links", links_of_lesser,
          "cp copies each name anew of a file that has lost an attribute"),
    Known("rights of a mode", without_the_acl,
          "with --preserve=xattr cp gives rights that an inherited ACL does not"),
    Known("right already", right_already,
          "a mode that cannot be set is no failure if it is right"),
    Known("changed", lambda case, cp, pcp, line:
          line.who == "pcp" and b"changed while it was copied" in line.text,
          "pcp warns of a file that changes meanwhile"),
]


# ---------------------------------------------------- of older releases of cp

def misplaced(case, cp, pcp, line):
    if not backs_up(case):
        return False
    # It looked for what to rename in '.', found nothing, and went on to the source.
    if line.who == "pcp" and re.search(rb"cannot backup '[^']*/[^']*': Permission", line.text):
        return True
    if line.who == "cp" and said(pcp, b"cannot backup") and \
            re.search(rb"cannot (open|create) .*: Permission denied", line.text):
        return True
    return said(cp, b"cannot un-backup", b"cannot backup", b"File exists") or \
        said(cp, b"through dangling symlink") or bool(
            re.match(r"""['"].*(~|\.bak|\.x)['"][ :]|"""
                     r"""['"].*['"]: (mtime|links|same as|size|content):""", line))


MISPLACED_BACKUPS = Known("backups", misplaced,
                          "this cp may put the simple backup of dir/file in '.', not dir")

DECLINED = Known("declined", lambda case, cp, pcp, line:
                 line == "status: 0 of cp, 1 of pcp" and any(s.endswith(b"? ") for s in cp.err),
                 "to this cp it is no failure if, with -i, a file is not overwritten")


def found_zeros(case, cp, pcp, line):
    """In a file that has holes: where pcp has data that are zeros."""
    sparse = any(n.kind == "file" and any(p[0] == "zero" for p in n.parts) for n in case.nodes)
    return line.what == "holes" and sparse and not has(case, "--sparse=always")


ZEROS = Known("zeros", found_zeros,
              "this cp makes holes of zeros in a file that has holes; pcp copies them")

EXCLUDES = Known("words", lambda case, cp, pcp, line:
                 line.kind == "err" and b"mutually exclusive" in line.text,
                 "this cp says otherwise what --backup excludes")

NAMES_BOTH = Known("names both", lambda case, cp, pcp, line: line.kind == "err" and
                   b"cannot overwrite directory " in line.text,
                   "this cp does not name a file that was to take a directory's place")


def of_other_kind(case, cp, pcp, line):
    if not backs_up(case):
        return False
    refused = {names_in(s)[0] for s in cp.err if b"cannot overwrite directory " in s}
    kept = {name for s in cp.err if b"cannot overwrite non-directory " in s
            for name in names_in(s)}
    only_here = b": can make relative symbolic links only in current directory"
    if line.who == "pcp" and line.text.endswith(only_here):
        # a name that is quoted only if it must be
        shown = [*names_in(line.text), line.text[len(b"cp: "):-len(only_here)]]
        return any(name in refused or name.startswith(k + b"/")
                   for name in shown for k in kept | refused)
    if line.who == "pcp" and line.kind == "err" and line.text.endswith(b": Is a directory") and \
            any(parts(name) == parts(k) for name in names_in(line.text) for k in kept):
        # which meets the directory that took the place; or the backup has the name of one
        return len(sources(case)) > 1 or line.text.startswith(b"cp: cannot backup ")
    if line.who == "pcp" and line.kind in ("err", "out") and about(line, *refused):
        return line.kind == "out" or line.text.endswith((b": Is a directory", b": File exists"))
    if kept and line.who == "pcp" and any(text in line.text for text in (
            b"specified more than once", b"will not create hard link")):
        return len(sources(case)) > 1       # cp has not come so far
    if refused and line.who == "pcp" and line.kind == "err":
        return b" for reading: " in line.text
    if line.kind != "tree":
        return bool(kept) and (line.kind == "status" or about(line, *kept))
    # What pcp has read is in memory, which some file systems take for data.
    return about(line, *kept) or bool(kept) and line.what == "holes" or any(
        leads_to(os.path.dirname(name), line.path) or
        line.who == "pcp" and os.path.basename(line.path).startswith(os.path.basename(name))
        for name in kept)


OTHER_KIND = Known("other kind", of_other_kind,
                   "with this cp no directory takes the place of a file that has a backup")



def absolute_parents(case, cp, pcp, line):
    missing = [s for s in cp.err if re.match(rb"cp: '[^/].*': No such file or directory$", s)]
    if not has(case, "--parents") or not missing:
        return False
    return line.kind == "status" or line.text in missing or \
        line.kind == "tree" and leads_to_operand(case, line.path)


ABSOLUTE_PARENTS = Known("absolute", absolute_parents,
                         "this cp looks for what leads to an absolute name in '.'")

FORCED_LOOP = Known("loop/", lambda case, cp, pcp, line: line.kind == "err" and
                    has(case, "-f", "--force") and
                    b"/': Too many levels of symbolic links" in b"\n".join(pcp.err) and
                    line.text.endswith((b"/': Not a directory", b"/': File exists",
                                        b"/': Too many levels of symbolic links")),
                    "with -f this cp tries to replace 'loop/', which leads to itself")

NEVER_CLONES = Known("never", lambda case, cp, pcp, line:
                     line.what == "holes" and has(case, "--sparse=never"),
                     "this cp makes clones, with their holes, for all that --sparse=never says")
