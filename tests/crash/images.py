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


class Run:
    """One run, and the images that were taken meanwhile."""

    def __init__(self, args, rng, source, expected):
        self.args, self.rng, self.source, self.expected = args, rng, source, expected
        self.image = os.path.join(args.dir, "image")
        self.mount = os.path.join(args.dir, "mount")
        self.reported = []
        self.images = []        # (name, how many had been reported, whether pcp had ended)

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

    def copy(self, wait):
        command = [self.args.pcp, "-av", *self.args.options, "-T", self.source,
                   os.path.join(self.mount, "copy")]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        reader = threading.Thread(target=self.read, args=(child.stdout,))
        reader.start()
        while len(self.images) < IMAGES_OF_A_RUN - 1 and child.poll() is None:
            time.sleep(self.rng.uniform(0, wait))
            self.clone(False)
        reader.join()
        if child.wait() != 0:
            sys.exit(f"pcp ended with {child.returncode}")
        self.clone(True)

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
    parser.add_argument("options", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    source = os.path.join(args.dir, "source")
    make_source(rng, source)
    expected = all_below(source)
    images = midst = lost = checked = 0
    os.mkdir(os.path.join(args.dir, "mount"))
    while images < args.images:
        run = Run(args, rng, source, expected)
        run.make()
        with Mounted(run.image, run.mount):
            run.copy(rng.choice((0.1, 0.3, 0.6)))
            # What the run leaves to be written is not wanted.
        for image in run.images:
            missing = run.lost(image)
            for path in missing[:5]:
                print(f"image {images}: lost: {path}")
            images += 1
            checked += len(expected) if image[2] else image[1]
            midst += not image[2] and 0 < image[1] < len(expected)
            lost += len(missing)
    print(f"{images} images, {midst} from the midst, {checked} files looked at, {lost} lost")
    sys.exit(bool(lost or (images >= MANY_IMAGES and midst < images / 10)))


main()
