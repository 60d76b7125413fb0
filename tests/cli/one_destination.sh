#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two sources for one file: of two runs at the same time, or of one run that knows the file, or
# its directory, by two names. No file ever has bytes of both.

. "$(dirname "$0")/common.sh"

room=$scratch/room

setUp() {
	rm -rf "$room"
	mkdir "$room"
	cd "$room" || exit
}

tearDown() {
	cd /
	sed -n "s,^[^ ]* \($room/[^ ]*\) .*,\1,p" /proc/mounts | sort -r | xargs -r umount -l
}

# source_of DIR BYTE SIZE...: in DIR files of each SIZE, ten in a row, all of whose bytes are BYTE
source_of() {
	mkdir -p "$1"
	python3 - "$@" <<'END'
import sys
top, byte, sizes = sys.argv[1], sys.argv[2].encode(), sys.argv[3:]
for i, size in enumerate(sizes * 10):
    with open(f"{top}/{i}", "wb") as f:
        f.write(byte * int(size))
END
}

# mixed DIR: the files there that have more than one byte, or those of which there is no source
mixed() {
	python3 - "$1" <<'END'
import os, sys
for name in sorted(os.listdir(sys.argv[1])):
    with open(os.path.join(sys.argv[1], name), "rb") as f:
        data = f.read()
    if len(set(data)) > 1:
        print(name, {chr(c): data.count(c) for c in set(data)})
    elif not any(os.path.exists(f"{top}/{name}") and
                 os.path.getsize(f"{top}/{name}") == len(data) for top in ("a", "b")):
        print(name, len(data), "bytes, as no source has")
END
}

# at_once ROUNDS OPTION...: two runs, which copy a and b to dst, each time onto what prepare_dst
# makes
at_once() {
	rounds=$1
	shift
	for round in $(seq "$rounds"); do
		rm -rf dst
		mkdir dst
		prepare_dst
		pcp "$@" a/. dst 2>err.a &
		pcp "$@" b/. dst 2>err.b
		statuses=$?
		wait $!
		statuses="$statuses $?"
		assertEquals "[$*]: $(cat err.a err.b)" '0 0' "$statuses"
		assertEquals "[$*], round $round: files with bytes of both" '' "$(mixed dst)"
	done
}

test_two_runs_atomic() {
	is_cp && { skip 'cp has no --atomic'; return; }
	source_of a a 100 70000 3 1000000
	source_of b b 50000 10 400000 60000
	prepare_dst() { :; }
	at_once 5 -R --atomic
	prepare_dst() { echo old >dst/1; echo old >dst/2; }
	at_once 5 -a --atomic
	assertEquals 'temporary names' '' "$(find dst -name '.copyfile-*')"
}

# The one that comes second waits.
test_two_runs_over_what_is_there() {
	is_cp && { skip 'cp writes without regard to others'; return; }
	source_of a a 100 70000 3 1000000
	source_of b b 50000 10 400000 60000
	prepare_dst() { for i in $(seq 0 39); do echo old >dst/$i; done; }
	at_once 5 -R
	at_once 5 -R --reflink=never --sparse=never
}

test_two_runs_to_new_big_files() {
	is_cp && { skip 'cp writes without regard to others'; return; }
	source_of a a 1000000 300000
	source_of b b 400000 3000000
	prepare_dst() { :; }
	at_once 5 -R
}

# two_names OPTION...: one run, to which dst/a and dst/b are the same directory
two_names() {
	for engine in '' '-j16 --window=100'; do
		pcp $engine "$@" both/. dst 2>err
		assertEquals "[$engine $*]: $(cat err)" 0 $?
		assertEquals "[$engine $*]: files with bytes of both" '' "$(mixed dst/a)"
		rm -f dst/a/*
	done
}

two_sources() {
	source_of both/a a 100 70000 3 60000
	source_of both/b b 50000 10 400000 20
	ln -s both/a both/b .
	mkdir -p dst/a
}

test_directory_by_a_symlink() {
	is_cp && { skip 'cp writes one after the other'; return; }
	two_sources
	ln -s a dst/b
	for i in 1 2 3; do
		two_names -R --keep-directory-symlink
	done
	two_names -R --keep-directory-symlink --atomic
}

test_directory_by_a_mount() {
	can_mount || { skip 'mounting is not permitted'; return; }
	two_sources
	mkdir dst/b
	mount --bind dst/a dst/b
	for i in 1 2 3; do
		two_names -R
	done
	two_names -R --atomic
}

test_file_by_hard_links() {
	two_sources
	mkdir dst/b
	for i in $(seq 0 39); do
		echo old >dst/a/$i
		ln dst/a/$i dst/b/$i
	done
	pcp -R both/. dst
	assertEquals status 0 $?
	assertEquals 'files with bytes of both' '' "$(mixed dst/a)"
}

# Names that differ in case only are one there.
test_names_in_either_case() {
	has_fuse || { skip 'no FUSE'; return; }
	is_cp && { skip 'cp writes one after the other'; return; }
	source_of a a 100 70000 3 60000
	mkdir src dst mnt
	for i in $(seq 0 39); do
		head -c $((i * 2500 + 10)) /dev/zero | tr '\0' a >src/f$i
		head -c $(((40 - i) * 2500 + 10)) /dev/zero | tr '\0' b >src/F$i
	done
	slowfs -x -i dst mnt
	pcp -R -j8 src/. mnt
	found=$(for i in $(seq 0 39); do
		cmp -s dst/f$i src/f$i || cmp -s dst/f$i src/F$i || echo f$i
	done)
	assertEquals 'files with bytes of both' '' "$found"
	fusermount3 -u mnt
}

. shunit2
