#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# journal.py --pcp=PROGRAM --dir=DIR [--cases=N] [--seed=N] [--user=UID]: random pairs of trees, as
# mirror.py makes them, are copied with random options: once without a journal, and once with one,
# killed at a few random calls, and then given again until it ends.  The trees that come of it must
# be the same, and so must the status.  A failure is printed with what repeats it.

import os
import random
import shutil
import signal
import subprocess
import sys

import mirror

OPTIONS = [["-R"], ["-a"], ["-a", "-n"], ["-a", "-u", "--atomic"], ["-RL"],
           ["-a", "--remove-destination"], ["-a", "--atomic"], ["-a", "--update=changed"],
           ["-a", "--exclude=*a*"], ["--mirror", "--max-delete=100%"], ["-a", "-f"],
           ["--mirror", "--update=checksum", "--max-delete=100%"], ["-a", "--sparse=always"],
           ["-R", "--attributes-only"], ["-Rl"], ["-a", "--no-preserve=mode"], ["-Rp", "-j8"]]
# Calls that change something; each is a moment to be killed at, before it is made.  The one with ?
# is newer than some versions of strace
CALLS = "mkdirat,openat,openat2,linkat,symlinkat,mknodat,unlinkat,renameat2,renameat,fchmod," \
        "?fchmodat2,fchown,fchownat,utimensat,copy_file_range,write,pwrite64,ftruncate,setxattr," \
        "fsetxattr,fallocate"
KILLS, LATEST = 4, 80


class Tester(mirror.Tester):
    killed = 0

    def case(self, number):
        self.number = number
        chance = random.Random(f"{self.args.seed}-{number}-options")
        self.options = chance.choice(OPTIONS)
        # A copy that is new gets its name at first: what a killed run has made of that is no
        # directory to copy into.
        self.new = chance.random() < 0.3
        return super().case(number)

    def copy(self, case, *more, kill=None):
        words = [self.args.pcp, *self.args.pcp_options.split(), *self.options, *more,
                 *(("src", "dst") if self.new else ("src/.", "dst/"))]
        if kill:
            words = ["strace", "-f", "-qq", "-o", "/dev/null", f"--trace={CALLS}",
                     f"--inject={CALLS}:signal=KILL:when={kill}", *words]
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=mirror.TIMEOUT, umask=case.umask)

    def looks(self, case):
        """The destination, without times that are those of the run"""
        # See "After an interruption" in doc/journal.md.
        denied = self.options[0] in ("-R", "-RL", "-Rl") and any(
            n.default_acl.startswith("u::rw,") for n in [*(case.src or ()), *(case.dst or ())])
        tree = mirror.look("dst") if os.path.lexists("dst") else {}
        for seen in tree.values():
            if seen.get("mtime", 0) > 1700000000 * 10**9:
                seen["mtime"] = "now"
            if denied and seen["type"] == "directory":
                seen["mode"] = oct(int(seen["mode"], 8) | 0o700)
        return tree

    def complaints(self, case):
        chance = random.Random(f"{self.args.seed}-{self.number}-kills")
        shutil.rmtree("j", ignore_errors=True)
        self.make("src", case.src)
        self.make("dst", None if self.new else case.dst)
        if not os.path.isdir("src") or not os.listdir("src"):
            return []
        plain = self.copy(case)
        wanted = self.looks(case)
        self.make("src", case.src)
        self.make("dst", None if self.new else case.dst)
        for _ in range(KILLS):
            run = self.copy(case, "--journal=j", kill=chance.randrange(1, LATEST))
            self.killed += run.returncode == -signal.SIGKILL
        done = self.copy(case, "--journal=j")
        found = []
        if done.returncode != plain.returncode:
            found.append(f"status {done.returncode}, not {plain.returncode}: "
                         f"{done.stderr.decode(errors='replace')}")
        return found + list(mirror.differences(wanted, self.looks(case), "plain", "journal"))

    def __call__(self):
        status = super().__call__()
        print(f"{self.killed} runs were killed")
        return status or (0 if self.killed or self.args.case is not None else 2)

    def shell(self, case):
        yield f"# options: {self.options}{', no dst' if self.new else ''}"
        yield from super().shell(case)


if __name__ == "__main__":
    mirror.main(Tester)
