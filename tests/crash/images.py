#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# images.py [--images=N] [--seed=N] [--fs=TYPE] --pcp=PROGRAM --dir=DIR [OPTION...]: what a power
# failure leaves of a copy that was reported.
#
# DIR is on a file system that can clone files.  In it there is the image of a disk, with a file
# system to which pcp copies a tree, with -a, -v and the OPTIONs.  At random moments what it
# has reported so far is noted, and then the image is cloned: that is what the disk had.  After
# the run each clone is mounted, which replays the journal, and each file that was noted must
# be there, as in the source.  The last clone of a run is made when pcp has ended: all must
# be in it.
#
# With --resume pcp has a journal in that file system, too.  Then in each clone, as after the
# machine was started again, the same command is given once more: it must end well, with a copy that
# is whole and that --check-journal finds, by its digest the same as without a power failure.
#
# The last line of the output is the sum.  The status is 1 if anything was lost; or if, of many
# images, too few came from the midst of a run.  A few may all come from before the first report
# or after the last one, where the machine is quick: then they tell of the ends of runs alone.

import argparse
import fcntl
import os
import random
import re
import stat
import subprocess
import sys
import threading
import time

FICLONE = 0x40049409
IMAGE_SIZE = 400 * 1024 * 1024
IMAGES_OF_A_RUN = 6
MANY_IMAGES = 50
DIRS, FILES = 120, 40
BIG = 4 * 1024 * 1024
LINE = re.compile(r"'(.*)' -> '(.*)'\n")


def make_source(rng, top):
    for d in range(DIRS):
        at = os.path.join(top, str(d), "sub" if d % 3 == 0 else "")
        os.makedirs(at)
        for f in range(FILES):
            path = os.path.join(at, f"file{f}")
            with open(path, "wb") as out:
                out.write(rng.randbytes(BIG if f == 0 and d % 5 == 0 else rng.randrange(12000)))
            os.chmod(path, rng.choice((0o600, 0o644, 0o755, 0o444)))
            os.utime(path, (1000000000, 1000000000.25))
        os.link(os.path.join(at, "file1"), os.path.join(at, "again"))
        os.symlink("file1", os.path.join(at, "link"))


def seen(path):
    """What is at path, as far as it must be kept; None: nothing."""
    try:
        st = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISDIR(st.st_mode):
        return "directory"      # its attributes come when all in it is done
    if stat.S_ISLNK(st.st_mode):
        return os.readlink(path)
    with open(path, "rb") as f:
        return f.read(), st.st_mode, st.st_uid, st.st_mtime_ns


class Mounted:
    def __init__(self, image, at):
        self.image, self.at = image, at

    def __enter__(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.at], check=True)

    def __exit__(self, *_):
        subprocess.run(["umount", self.at], check=True)


class AnotherBoot:
    """The machine seems to have been started once more."""

    FILE = "/proc/sys/kernel/random/boot_id"

    def __init__(self, work):
        self.work = work

    def __enter__(self):
        name = os.path.join(self.work, "boot_id")
        with open(name, "w") as f:
            f.write("01234567-89ab-cdef-0123-456789abcdef\n")
        subprocess.run(["mount", "--bind", name, self.FILE], check=True)

    def __exit__(self, *_):
        subprocess.run(["umount", self.FILE], check=True)


class Run:
    """One run, and the images that were taken meanwhile."""

    def __init__(self, args, rng, source, expected):
        self.args, self.rng, self.source, self.expected = args, rng, source, expected
        self.image = os.path.join(args.dir, "image")
        self.mount = os.path.join(args.dir, "mount")
        self.reported = []
        self.images = []        # (name, how many had been reported, whether pcp had ended)
        self.journal = os.path.join(self.mount, "journal")
        self.kept = 0           # images in which something need not be done again

    def make(self):
        with open(self.image, "wb") as f:
            f.truncate(IMAGE_SIZE)
        quiet = ["-q", "-F"] if self.args.fs == "ext4" else ["-q", "-f"]
        subprocess.run(["mkfs." + self.args.fs, *quiet, self.image], check=True)

    def read(self, stream):
        for line in stream:
            if match := LINE.fullmatch(line):
                self.reported.append(os.path.relpath(match[2], self.mount))

    def clone(self, ended):
        known = len(self.reported)
        name = f"{self.image}.{len(self.images)}"
        with open(self.image, "rb") as old, open(name, "wb") as new:
            fcntl.ioctl(new, FICLONE, old.fileno())
        self.images.append((name, known, ended))

    def await_report(self, child):
        """Return when more has been reported: on a slow machine most of a run is before that."""
        known = len(self.reported)
        while len(self.reported) == known and child.poll() is None:
            time.sleep(0.001)

    def command(self):
        journal = ["--journal=" + self.journal] if self.args.resume else []
        return [self.args.pcp, "-av", *self.args.options, *journal, "-T", self.source,
                os.path.join(self.mount, "copy")]

    def copy(self, wait):
        child = subprocess.Popen(self.command(), stdout=subprocess.PIPE, text=True)
        reader = threading.Thread(target=self.read, args=(child.stdout,))
        reader.start()
        while len(self.images) < IMAGES_OF_A_RUN - 1 and child.poll() is None:
            if self.rng.random() < 0.5:
                time.sleep(self.rng.uniform(0, wait))
            else:
                self.await_report(child)
            self.clone(False)
        reader.join()
        if child.wait() != 0:
            sys.exit(f"pcp ended with {child.returncode}")
        self.clone(True)
        self.digest = self.check() if self.args.resume else None

    def check(self):
        """What --check-journal says."""
        done = subprocess.run([self.args.pcp, "--check-journal=" + self.journal],
                              capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else done.stdout + done.stderr

    def resumed(self, image):
        """What is wrong in the image after the pass has gone on there."""
        with Mounted(image[0], self.mount), AnotherBoot(self.args.dir):
            done = subprocess.run(self.command(), capture_output=True, text=True)
            found = all_below(os.path.join(self.mount, "copy"))
            wrong = [path for path in self.expected if found.get(path) != self.expected[path]]
            if done.returncode != 0:
                wrong.append(done.stderr)
            if self.check() != self.digest:
                wrong.append(self.check())
            self.kept += " entries of the journal" in done.stderr or not done.stdout
        os.unlink(image[0])
        return wrong

    def lost(self, image):
        """Names that are not in the image as they were reported."""
        name, known, ended = image
        wanted = self.reported[:known]
        if ended:
            wanted = [os.path.join("copy", path) for path in self.expected]
        with Mounted(name, self.mount):
            lost = [path for path in wanted if seen(os.path.join(self.mount, path)) !=
                    self.expected[os.path.relpath(path, "copy")]]
        os.unlink(name)
        return lost


def all_below(top):
    found = {}
    for at, dirs, names in os.walk(top):
        for name in dirs + names + ["."]:
            path = os.path.normpath(os.path.join(at, name))
            found[os.path.relpath(path, top)] = seen(path)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pcp", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fs", default="ext4")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("options", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    source = os.path.join(args.dir, "source")
    make_source(rng, source)
    expected = all_below(source)
    images = midst = lost = checked = kept = 0
    os.mkdir(os.path.join(args.dir, "mount"))
    while images < args.images:
        run = Run(args, rng, source, expected)
        run.make()
        with Mounted(run.image, run.mount):
            run.copy(rng.choice((0.1, 0.3, 0.6)))
            # What the run leaves to be written is not wanted.
        for image in run.images:
            missing = run.resumed(image) if args.resume else run.lost(image)
            for path in missing[:5]:
                print(f"image {images}: lost: {path}")
            images += 1
            checked += len(expected) if image[2] or args.resume else image[1]
            midst += not image[2] and 0 < image[1] < len(expected)
            lost += len(missing)
        kept += run.kept
    went_on = f", {kept} that went on" if args.resume else ""
    print(f"{images} images, {midst} from the midst{went_on}, {checked} files looked at, "
          f"{lost} lost")
    sys.exit(bool(lost or (images >= MANY_IMAGES and midst < images / 4)))


main()
