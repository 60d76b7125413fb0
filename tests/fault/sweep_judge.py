# SPDX-License-Identifier: GPL-3.0-or-later
#
# What must hold after a run in which one call has failed.

import dataclasses
import errno
import json
import os
import re

# With these a file system can take no more, and the run may leave out what is on it.
FULL = {"ENOSPC", "EDQUOT", "EROFS"}
STOPPED = 3

# An interrupted or partial transfer has not failed.
RETRIED = {"EINTR", "short", "zero"}
TRANSFERS = {"read", "pread", "preadv2", "write", "pwrite", "copy_file_range"}
# Without what these offer there is another way.
OPTIONAL = {
    "ioctl", "copy_file_range", "openat2", "statx", "renameat2", "fchmodat2", "preadv2",
    "cachestat",
}
REFUSALS = {"EINVAL", "ENOSYS", "EOPNOTSUPP", "EXDEV"}
NEVER_NEEDED = {
    "epoll_create1", "epoll_ctl", "epoll_wait", "eventfd", "poll", "pthread_create", "getrlimit",
    "setrlimit", "getrusage", "getgroups", "sched_getaffinity", "setpriority",
    "ioprio_set", "uname",
    "nanosleep", "posix_fadvise", "kcmp", "capget", "unshare",
}

# What says that a name leads nowhere, or to what may not be seen
LOOKUP = {"EACCES", "ELOOP", "ENOENT", "ENOTDIR"}
MEMORY = {"malloc", "calloc", "realloc", "reallocarray", "aligned_alloc", "strndup",
          "open_memstream"}

# Where a file cannot have one more name, it is copied.
ONE_NAME = {"links": 1, "same as": None}

TEMPORARY = ".copyfile-"
BACKUP = re.compile(rb"(\.~\d+~|~)$")
QUOTED = re.compile(r"'([^'\n]+)'")
# What a message of these words names has failed with all that is below it.
DEEP = re.compile(r"cannot (create|make) directory|cannot (access|stat|open|overwrite)|target|"
                  r"failed to get attributes|into itself|hard link|setting permissions")
ENDED = re.compile(r"memory exhausted|for writing: |^\S+: target |missing|extra operand",
                   re.MULTILINE)


@dataclasses.dataclass
class Fault:
    call: str
    how: str            # an errno, "short" or "zero"
    nth: int

    def __str__(self):
        return f"{self.call}, {self.how}, call {self.nth}"

    def number(self):
        """As sweep_hook.c has it."""
        return {"short": -1, "zero": -2}.get(self.how) or getattr(errno, self.how)

    def is_retried(self):
        return self.how in RETRIED or (self.how == "EAGAIN" and self.call in TRANSFERS)

    def may_not_matter(self):
        """False if the run has to go on as if nothing had happened."""
        return not (self.is_retried() or self.call in NEVER_NEEDED or
                    (self.call in OPTIONAL and self.how in REFUSALS))


@dataclasses.dataclass
class Seen:
    """What can be seen after a run."""
    status: int
    out: str
    err: str
    tree: dict          # of dst, by name; see treecmp.py
    source: dict
    lists: dict         # what is in the files of the scenario, by name
    path: str           # what the call that failed has named
    fds: int
    threads: int
    synced: int         # how many calls of syncfs(2) and fsync(2) there were


def text(name):
    return os.fsdecode(name)


class Judge:
    def __init__(self, scenario, before, good):
        """before is the tree of dst before each run, good what a run without fault leaves."""
        self.scenario, self.before, self.good = scenario, before, good
        self.links = [self.group(tree) for tree in (good.tree, before)]

    def __call__(self, fault, seen):
        """The complaints: a list of (what it is, in words)."""
        if seen.status < 0:
            return [("crash", f"ended by signal {-seen.status}: {seen.err[-300:]}")]
        if seen.status > STOPPED:
            return [("crash", f"status {seen.status}: {seen.err[-300:]}")]
        if "--mirror" in self.scenario.words and "not deleting anything" in seen.err:
            # What cannot be ruled out to be a mistake is refused as a whole.
            return [] if seen.tree == self.before else [("loss", "touched, though refused")]
        if "--journal" in self.scenario.words and "the journal 'journal'" in seen.err and \
                seen.tree == self.before:
            return []           # it could not be begun, and so neither was the copy
        ended = bool(ENDED.search(seen.err))
        found = self.source(seen) + self.report(fault, seen, ended)
        if seen.status == 0:
            found += self.complete(fault, seen)
        else:
            found += self.entries(fault, seen, ended)
        # What fails when a standard stream is closed comes after the last line of JSON.
        last = ended or fault.call in ("ferror", "fclose")
        return found + self.litter(seen, ended) + self.leaks(seen, ended) + self.json(seen, last)

    @staticmethod
    def group(tree):
        """{name: all names of its inode}"""
        inodes, names = {}, {}
        for name, look in tree.items():
            if "same as" in look:
                inodes.setdefault(look["same as"], set()).add(name)
        for group in inodes.values():
            names.update(dict.fromkeys(group, group))
        return names

    def source(self, seen):
        if seen.source == self.good.source:
            return []
        return [("source", f"it has changed: {self.differences(self.good.source, seen.source)}")]

    @staticmethod
    def differences(want, have):
        return [(text(n), want.get(n), have.get(n)) for n in sorted(want.keys() | have.keys())
                if want.get(n) != have.get(n)][:3]

    # ------------------------------------------------------------- messages

    def report(self, fault, seen, ended):
        """The status, and the words, if there was a failure."""
        if seen.status == self.good.status:
            return []
        if seen.status == 0:
            return [("loss", "the status is 0")]
        if not fault.may_not_matter():
            return [("refused", f"is no reason to fail: {seen.err.strip()[-200:]}")]
        if seen.path == "stderr":
            return []
        if not seen.err.strip():
            return [("silent", "nothing is said")]
        if ended or seen.status == STOPPED:
            return []
        found = []
        if not self.names(seen):
            found.append(("name", f"{seen.path} is not named: {seen.err.strip()[-200:]}"))
        if not self.tells_error(fault, seen):
            found.append(("error", f"another error is told: {seen.err.strip()[-200:]}"))
        return found

    @staticmethod
    def tells_error(fault, seen):
        # A stream forgets what was wrong.  The library says EOPNOTSUPP of what is no file.
        # What is there when another call says it is not is told of as that call finds it.
        return (fault.call in MEMORY | {"ferror", "fflush"} or fault.how == "ENOENT" or
                (fault.how in LOOKUP and os.strerror(errno.EEXIST) in seen.err) or
                os.strerror(fault.number()) in seen.err or "same file" in seen.err or
                (fault.call == "openat" and fault.how == "EOPNOTSUPP") or
                # A source that a server has lost since it was opened has changed.
                (fault.how == "ESTALE" and "changed while" in seen.err))

    def names(self, seen):
        """True if what has failed is named, or has no name that a user knows."""
        if self.scenario.one:
            return not seen.path or bool(QUOTED.search(seen.err))
        base = os.path.basename(seen.path.rstrip("/."))
        if base == "journal" or base.endswith(".seg"):
            return "'journal'" in seen.err
        if not base or base.startswith((TEMPORARY, "#")) or seen.path.startswith(
                ("/proc/", "pipe:")):
            return bool(QUOTED.search(seen.err)) or not base or base.startswith("pipe:")
        if (base == "src" or len(self.good.tree) == 1) and "'dst'" in seen.err:
            return True     # one of the two is named
        if base == "file" and "'src/link'" in seen.err:
            return True     # and so it is if it was found by way of a symlink
        if seen.path.endswith(("/", "/.")) and "'.'" in seen.err:
            return True     # the working directory
        return base.rstrip("~").split(".~")[0] in seen.err

    def in_dst(self, quoted):
        """What the name in a message may be called in dst, in bytes"""
        path = f"/{quoted}/"
        if len(self.good.tree) == 1:
            return {b""}        # there is one file
        if self.scenario.one:
            return {self.scenario.one.encode()}
        for top, prefix in ((self.scenario.dst, ""), (self.scenario.src, self.scenario.prefix),
                            ("ops/a", ""), ("ops/b", ""), ("ops/c", "")):
            if f"/{top}/" in path:
                name = path.split(f"/{top}/", 1)[1].rstrip("/")
                return {name.encode(), (prefix + name).encode()}
        return set()

    def touched(self, seen):
        """(names in dst that a message is about, directories that are lost as a whole)"""
        shallow, deep = set(), set()
        for line in seen.err.splitlines():
            for quoted in QUOTED.findall(line):
                (deep if DEEP.search(line) else shallow).update(self.in_dst(quoted))
        # An inode may lack one of its names, and a file that is not copied has no backup.
        for name in self.good.tree:
            base = BACKUP.sub(b"", name)
            if name in shallow or self.is_below(name, deep):
                for names in self.links:
                    shallow |= names.get(name, set())
            elif base in shallow or self.is_below(base, deep):
                shallow.add(name)
        return shallow, deep

    # ---------------------------------------------------------------- trees

    def same(self, fault, want, have):
        if want == have:
            return True
        if want and have and fault.how == "EMLINK":
            return {**want, **ONE_NAME} == {**have, **ONE_NAME}
        if not want or not have or not (fault.call.endswith("xattr") or fault.call in MEMORY):
            return False
        # Without --preserve=xattr they are taken where they can be had.
        if self.scenario.xattrs:
            return False
        return {**want, "xattrs": 0} == {**have, "xattrs": 0}

    @staticmethod
    def same_but_for_time(want, have):
        """True if want and have are one directory, whose entries may be others."""
        return (want and have and want["type"] == have["type"] == "directory" and
                "now" in (want["mtime"], have["mtime"]) and
                {**want, "mtime": 0} == {**have, "mtime": 0})

    def is_forced(self, name, want, have):
        """True if have is what -f makes of what could not be opened."""
        return "f" in self.scenario.words.split()[0] and have and (
            name not in self.good.source or
            (have["type"] == want["type"] and have.get("content") == want.get("content")))

    def complete(self, fault, seen):
        """After a success everything is as without the fault."""
        found = []
        for name in sorted(self.good.tree.keys() | seen.tree.keys()):
            want, have = self.good.tree.get(name), seen.tree.get(name)
            if want and not (self.same(fault, want, have) or self.is_forced(name, want, have) or
                             self.same_but_for_time(want, have)):
                found.append(("loss", f"{text(name)} is not as it should be: "
                              f"{self.parts(want, have)}; {seen.err.strip()[-200:]}"))
        if self.good.synced and not seen.synced and fault.how not in ("ENOENT", "ENOTDIR"):
            found.append(("loss", "nothing was synced"))
        for name, want in self.good.lists.items():
            # A source that cannot be looked at once more counts as changed, which is logged.
            more = name == "log" and len(seen.lists[name]) > len(want)
            if len(seen.lists[name]) != len(want) and not more and fault.how != "EMLINK":
                found.append(("loss", f"{name} is not as long as it should be"))
        if len(seen.out) < len(self.good.out) - 2000 or (self.good.out and not seen.out):
            found.append(("loss", "standard output is not as long as it should be"))
        return found

    @staticmethod
    def parts(want, have):
        if not have:
            return "it is missing"
        return {k: (want.get(k), have.get(k)) for k in want.keys() | have.keys()
                if want.get(k) != have.get(k)}

    def stays(self, name, seen):
        """True if what is there has its name until another file takes it, or it is a backup."""
        return (self.scenario.aside and "--remove-destination" not in self.scenario.words and
                self.before[name]["type"] == "file" and
                not any(BACKUP.sub(b"", other) == name for other in seen.tree))

    def is_partial(self, name, want, have, seen):
        if not have or have["type"] != "file":
            return False
        old = self.before.get(name) or {}
        # Two operands may have one destination.
        others = seen.source.values() if "ops/" in self.scenario.words else ()
        whole = {look.get("content") for look in (want, old, *others)}
        if have.get("content") in whole:
            return False
        # cp leaves such a file, too.
        return self.scenario.aside or old.get("type") != "file"

    def entries(self, fault, seen, ended):
        """After a failure: what is not named is as without the fault, and nothing is partial."""
        shallow, deep = self.touched(seen)
        gone = ended or (seen.status == STOPPED and fault.how in FULL)
        found = []
        for name, want in self.good.tree.items():
            have = seen.tree.get(name)
            if self.same(fault, want, have) or self.same_but_for_time(want, have):
                continue
            if self.is_partial(name, want, have, seen):
                found.append(("partial", text(name)))
            elif not have and name in self.before and self.stays(name, seen):
                found.append(("loss", f"the old {text(name)} is gone"))
            elif gone or name in shallow or b"" in deep or self.is_below(name, deep):
                continue
            else:
                found.append(("loss", f"{text(name)} is not named, and not as it should be: "
                              f"{self.parts(want, have)}; {seen.err.strip()[-300:]}"))
        return found

    def is_below(self, name, deep):
        """True if name is lost with one of those in deep, or, with --parents, leads to it."""
        return any(name == d or name.startswith(d + b"/") or
                   (self.scenario.prefix and d.startswith(name + b"/")) for d in deep)

    def litter(self, seen, ended):
        # With a scenario that fails, what undoes it may fail as well.
        if "cannot remove" in seen.err or (self.scenario.fails and ended):
            return []
        return [("litter", text(name)) for name in seen.tree
                if name not in self.good.tree and name not in self.before]

    # ---------------------------------------------------------- the process

    def leaks(self, seen, ended):
        found = []
        if ended or not seen.threads:
            return []
        if seen.fds > self.good.fds:
            found.append(("leak", f"{seen.fds - self.good.fds} descriptors"))
        if seen.threads > self.good.threads:
            found.append(("leak", f"{seen.threads - self.good.threads} threads"))
        return found

    def json(self, seen, last):
        if "--json" not in self.scenario.words or last or "writing JSON" in seen.err:
            return []
        try:
            lines = [json.loads(line) for line in seen.out.splitlines()]
            kinds = {(line["type"], frozenset(line)) for line in lines}
            code = lines[-1]["exit_code"]
        except (ValueError, LookupError):
            return [("json", f"a line is wrong, or the last is missing: {seen.out[-200:]}")]
        if len(kinds) > len({kind for kind, _ in kinds}):
            return [("json", f"a line lacks something: {seen.out}")]
        return [] if code == seen.status else [("json", f"exit_code is {code}")]
