#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# dry_run.py: what --dry-run says is what the run after it does.
#
#   dry_run.py --pcp=PCP --dir=DIR [--pcp-options=WORDS] [--user=N] [--seed=N]
#              [--cases=N] [--case=N]
#
# Design: the pairs of trees of mirror.py, and for each of them some options.  A dry run must not
# touch anything, and say the same as the run: the same lines of --json-files, in any order, but
# for times, numbers, and how the bytes went.  Which name of an inode is copied, and which become
# links to it, is up to the threads.  A list for --files-from names half of the source.

import json
import os
import random
import stat
import subprocess
import sys

import mirror

FILES_FROM = ["-0", "--files-from=names"]
OPTIONS = [["--mirror", "--max-delete=100%"], ["--mirror"], ["-R"], ["-a"], ["-a", "-u"],
           ["-a", "-n"], ["-a", "--update=checksum"], ["-a", "--update=changed", "-f"],
           ["-a", "--remove-destination"], ["-af"], ["-a", "--atomic"], ["-a", "--fsync"],
           ["-R", "-l"], ["-R", "-s"], ["-R", "--attributes-only"],
           ["-a", "--exclude=*a*"], ["--mirror", "--exclude=*b*", "--max-delete=100%"],
           ["-a", "--max-size=100"],
           ["-a", "--backup=numbered"], ["-a", *FILES_FROM], ["-R", *FILES_FROM],
           ["-a", "--update=changed", *FILES_FROM]]
# What a dry run does not know, or what two runs never have in common
UNKNOWN = ("id", "pid", "time", "elapsed_s", "method", "synced", "rate_avg_bps", "options")


def line_of(line, linked, listed):
    """What must be the same of a line of JSON, or None."""
    event = json.loads(line)
    if event["type"] == "progress":
        return None
    for name in UNKNOWN:
        event.pop(name, None)
    if event["type"] == "summary":
        del event["bytes"], event["files"]
        # A name of a list may lead once more to what a dry run has not made.
        if listed:
            del event["dirs"]
    if event.get("action") == "cloned":
        event["action"] = "copied"
    if event["type"] == "file" and event["src"] in linked:
        event["action"] = event["bytes"] = None
    return json.dumps(event, sort_keys=True)


class Tester(mirror.Tester):
    def __init__(self, args):
        super().__init__(args)
        self.options = []
        self.number = None

    def chance(self):
        """The same for each attempt at this case."""
        return random.Random(f"{self.args.seed}-{self.number}-options")

    def case(self, number):
        self.number = number
        self.options = self.chance().choice(OPTIONS)
        return super().case(number)

    def events(self, options, umask):
        """The lines of a run, without what may differ."""
        linked = {path for at, dirs, files in os.walk(b"src") for name in [*dirs, *files]
                  if os.lstat(path := os.path.join(at, name)).st_nlink > 1 and
                  (os.path.islink(path) or not os.path.isdir(path))}
        linked = {(b"src/./" + path[len("src/"):]).decode(errors="replace") for path in linked}
        words = [self.args.pcp, *self.args.pcp_options.split(), "--json", "--json-files", *options,
                 "src/.", "dst/"]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=mirror.TIMEOUT, umask=umask)
        listed = FILES_FROM[-1] in options
        lines = [line_of(line, linked, listed) for line in done.stdout.splitlines()]
        said = [f"stderr: {line}" for line in done.stderr.decode(errors="replace").splitlines()]
        return sorted([f"status {done.returncode}", *said, *filter(None, lines)])

    @staticmethod
    def has_linked_socket():
        """A name of it is removed, as long as there is another one; the last cannot be opened."""
        paths = [os.path.join(at, name) for at, _, files in os.walk(b"dst") for name in files]
        return any(stat.S_ISSOCK(st.st_mode) and st.st_nlink > 1 for st in map(os.lstat, paths))

    def list_names(self):
        """Write the list for --files-from: some of what is in src."""
        names = [os.path.join(at, name) for at, dirs, files in os.walk(b"src")
                 for name in sorted(dirs + files)]
        with open("names", "wb") as names_file:
            for name in self.chance().sample(names, (len(names) + 1) // 2):
                names_file.write(name[len("src/"):] + b"\0")

    def complaints(self, case):
        self.make("src", case.src)
        self.make("dst", case.dst)
        if not os.listdir("src"):
            return []
        self.list_names()
        try:
            before = mirror.stamps("src"), mirror.stamps("dst")
            for at, dirs, _ in os.walk(b"dst"):
                for name in dirs:
                    if not os.path.islink(os.path.join(at, name)):
                        os.listdir(os.path.join(at, name))
            if FILES_FROM[-1] in self.options and self.has_linked_socket():
                return []
        except PermissionError:
            return []           # This user cannot see what would be touched.
        dry = self.events([*self.options, "--dry-run"], case.umask)
        after = mirror.stamps("src"), mirror.stamps("dst")
        found = [f"{path} was touched" for side in (0, 1)
                 for path in mirror.touched(before[side], after[side])]
        run = self.events(self.options, case.umask)
        found += [f"said, not done: {line}" for line in dry if line not in run]
        return found + [f"done, not said: {line}" for line in run if line not in dry]

    def shell(self, case):
        yield f"# options: {self.options}"
        yield from super().shell(case)


if __name__ == "__main__":
    mirror.main(Tester)
