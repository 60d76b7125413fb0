#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Many at a time: what overlaps on a file system that answers late, who is not
# held up by whom, and that work goes to a thread in runs.  Nothing here depends on
# how fast the machine is: the file system counts what is under way at once.

. "$(dirname "$0")/common.sh"

room=$scratch/room

# slow OPTION...: the directory real, with a delay, at slow
slow() {
	is_cp && { skip 'cp does one thing at a time'; return 1; }
	has_fuse || { skip 'no FUSE'; return 1; }
	mkdir "$room/slow" && slowfs -x "$@" "$room/real" "$room/slow" || return
	mounted=yes
}

# peak OPERATION: how many were under way at once
peak() {
	sed -n "s/^$1 .*peak \([0-9]*\).*/\1/p" "$room/slow/.slowfs"
}

setUp() {
	mounted=
	rm -rf "$room"
	mkdir -p "$room/real/src"
	cd "$room" || exit
}

tearDown() {
	cd /
	[ ! "$mounted" ] || fusermount3 -u "$room/slow" || umount -l "$room/slow"
	mounted=
}

# directories N FILES: with small files, each different
directories() {
	for d in $(seq "$1"); do
		mkdir "real/src/$d"
		for f in $(seq "$2"); do
			echo "$d $f" >"real/src/$d/$f"
		done
	done
}

# copied SOURCE DEST [FIND-FORMAT]
copied() {
	assertEquals "$1 and $2" '' "$(diff -r --no-dereference "$1" "$2" 2>&1)"
	[ ! "${3-}" ] || assertEquals "attributes of $1 and $2" \
		"$(cd "$1" && find . -printf "$3" | sort)" \
		"$(cd "$2" && find . -printf "$3" | sort)"
}

test_overlap() {
	directories 40 20
	slow -d all=3000 || return
	pcp -R slow/src slow/dst
	assertEquals status 0 $?
	assertTrue "$(peak all) calls at once" "[ $(peak all) -gt 32 ]"
	assertTrue "$(peak create) files are made at once" "[ $(peak create) -gt 4 ]"
	copied real/src real/dst
}

# Files on one file system that does not tell by numbers which of them are one
test_overwriting_overlaps() {
	directories 40 20
	cp -a real/src real/dst
	find real/dst -type f -exec touch -d 2001-02-03 {} +
	slow -d all=3000 || return
	pcp -RT slow/src slow/dst
	assertEquals status 0 $?
	# Of two first calls at once Linux 6.18 may take one for a refusal of the server: then
	# copy_file_range(2) reads and writes, without a word to pcp.
	at_once=$({ peak copy; peak write; } | sort -n | tail -n 1)
	assertTrue "$at_once files are copied at once" "[ $at_once -gt 4 ]"
	assertEquals 'each is cut off once, and not tried out' 800 \
		"$(sed -n 's/^truncate calls \([0-9]*\).*/\1/p' slow/.slowfs)"
	copied real/src real/dst
}

# A pass in which there is nothing to copy: looking at files is work, too.
test_looking_overlaps() {
	directories 60 40
	cp -a real/src real/dst
	slow -d all=1000 || return
	# What else a machine has to do may hide that this waits, for as long as one run takes.
	for attempt in 1 2 3; do
		pcp -auT slow/src slow/dst
		assertEquals status 0 $?
		[ "$(peak getattr)" -le 10 ] || break
	done
	assertTrue "$(peak getattr) files are looked at at once" "[ $(peak getattr) -gt 10 ]"
}

# What ends a directory, and what makes an inode's other names, waits as well.
test_attributes_and_links_overlap() {
	directories 30 4
	for d in $(seq 29); do
		for f in 1 2 3 4; do
			ln "real/src/$d/$f" "real/src/30/$d.$f"
			ln "real/src/$d/$f" "real/src/$((d % 7 + 1))/$d.$f"
		done
		ln -s "$d" "real/src/$d/symlink"
	done
	find real/src -exec touch -h -d '2001-02-03 04:05:06.789' {} +
	slow -d all=3000 || return
	pcp -a slow/src slow/dst
	assertEquals status 0 $?
	assertTrue "$(peak utimens) times are set at once" "[ $(peak utimens) -gt 4 ]"
	assertTrue "$(peak symlink) symlinks are made at once" "[ $(peak symlink) -gt 1 ]"
	assertTrue "$(peak link) hard links are made at once" "[ $(peak link) -gt 1 ]"
	copied real/src real/dst '%P %y %m %n %T@\n'
}

# Where reading waits, several threads read one file.
test_ranges() {
	head -c 48M /dev/urandom >real/src/huge
	slow -d read=10000,write=100 -e copy:1+:EXDEV || return
	pcp -R --chunk=1M slow/src slow/dst
	assertEquals status 0 $?
	assertTrue "$(peak read) reads at once" "[ $(peak read) -gt 4 ]"
	copied real/src real/dst
	pcp -R -j1 --window=1 slow/src slow/single
	assertEquals status 0 $?
	copied real/src real/single
}

# What fails in one of many ranges fails the copy.
test_range_fails() {
	head -c 48M /dev/urandom >real/src/huge
	slow -d read=10000,write=100 -e copy:1+:EXDEV -e write:300+:ENOSPC || return
	message=$(pcp -R --chunk=1M slow/src slow/dst 2>&1)
	assertEquals status 1 $?
	assertContains "$message" 'No space left on device'
	assertFalse 'no part of it is left' '[ -e real/dst/huge ]'
}

test_fixed_number() {
	directories 20 20
	slow -d all=2000 || return
	pcp -R -j3 slow/src slow/dst
	assertEquals status 0 $?
	# three that copy, three that walk, and main, each with one close under way
	assertTrue "$(peak all) calls at once with -j3" "[ $(peak all) -le 14 ]"
	copied real/src real/dst
}

test_stats() {
	directories 10 20
	slow -d all=2000 || return
	said=$(pcp -R --stats slow/src slow/dst 2>&1)
	assertEquals status 0 $?
	assertContains "$said" 'copies: 200'
	assertContains "$said" 'copies wait'
	assertContains "$said" 'walkers'
	said=$(pcp -R --stats real/src real/dst2 2>&1)
	assertContains "$said" 'copies: 200'
	assertContains "$said" '% waited'
}

# Files of one directory go to a thread in runs: with turns taken, they would fight
# for the directory's lock.
test_runs() {
	command -v strace >/dev/null || { skip 'no strace'; return; }
	is_cp && { skip 'cp has one thread'; return; }
	sanitized && { skip 'a sanitizer makes threads wait'; return; }
	mkdir flat
	# all of whose names are read, and sorted, at once
	for i in $(seq 1000); do echo "$i" >flat/$i; done
	find flat -type f -printf '%i %f\n' | sort -n | cut -d ' ' -f 2 >order
	# On a busy machine a tracer makes copies wait: then the best of a few runs tells.
	for attempt in $(seq 20); do
		rm -rf copy
		strace -f -o trace -e trace=openat pcp -R flat copy
		assertEquals status 0 $?
		# the thread that made each file, in the order of the inodes
		sed -n 's/^\([0-9]*\) .*openat([0-9]*, "\([0-9]*\)", [^)]*O_CREAT.*/\2 \1/p' \
			trace >made
		assertEquals 'files made' 1000 "$(wc -l <made)"
		changes=$(awk '
			NR == FNR { by[$1] = $2; next }
			{ changes += by[$1] != last; last = by[$1] }
			END { print changes }' made order)
		[ "$changes" -gt 125 ] || break
	done
	assertTrue "$changes changes of thread in 1000 files" "[ $changes -le 125 ]"
	copied flat copy
}

. shunit2
