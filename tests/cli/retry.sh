#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --retry: what fails for a passing reason is tried again at the end, and has one outcome.  The
# failures are those of slowfs, each for so many calls, and a file system that is really full.

. "$(dirname "$0")/common.sh"

room=$scratch/room
# Options by which a run has many threads, none, and hardly any descriptors
engines='-j8
-j1 --window=1
-j2 --window=4'
# Each run begins with a pause, and with a sanitizer it takes long besides.
! sanitized || engines=-j8

oneTimeSetUp() {
	is_cp && skip_all 'cp tries nothing again'
	has_fuse || skip_all 'no FUSE'
}

# is_passed_over: with a sanitizer one engine has to do
is_passed_over() { sanitized && [ "$engine" != -j8 ]; }

setUp() {
	rm -rf "$room"
	mkdir -p "$room/src/d/e" "$room/mnt"
	cd "$room" || return
	for name in a b d/a d/b d/e/a; do
		echo $name >src/$name
	done
	touch -d 2001-02-03 src/d/e src/d src
}

tearDown() {
	cd /
	unmount "$room/mnt"
}

# faulty DIR [FAULT]...: DIR as mnt/, where these calls fail
faulty() {
	dir=$1
	shift
	for fault; do
		set -- "$@" -e "$fault"
		shift
	done
	! mountpoint -q mnt || fusermount3 -u mnt
	slowfs -x -o attr_timeout=0,entry_timeout=0 "$@" "$dir" mnt || fail 'no slowfs'
}

# run ARGUMENT...: sets status; what is said is in err, what has failed in list
run() {
	timeout -k 5 60 pcp --failed-to=list --log=log "$@" >out 2>err </dev/null
	status=$?
}

# said REGEX: how many lines of err are like it
said() { grep -c -e "$1" err; }
again='^pcp: warning: .*; will be tried again$'

# times_of DIR: of the directories in it
times_of() { (cd "$1" && find . -type d -printf '%p %t %m\n' | sort); }

# assert_copied WHAT: all is there, with the times of directories, and without an error
assert_copied() {
	assertEquals "$1; $(cat err)" 0 "$status"
	assertEquals "$1: all" '' "$(diff -r src dst 2>&1)"
	assertEquals "$1: warnings alone" '' "$(grep -v "$again" err)"
	assertEquals "$1: nothing has failed" '' "$(cat list)"
	assertEquals "$1: times" "$(times_of src)" "$(times_of dst)"
}

# each FAULT WARNINGS [OPTION]...: what fails so, with each of the engines, is copied in the end
each() {
	fault=$1 warnings=$2
	shift 2
	while read -r engine; do
		faulty src "$fault"
		rm -rf dst
		run $engine --retry=4 -a "$@" mnt dst
		assert_copied "[$fault, $engine]"
		assertEquals "[$fault, $engine]: $(cat err)" "$warnings" "$(said "$again")"
	done <<-END
	$engines
	END
}

test_files() {
	each 'open:1+2:EIO:*/a' 2
	# The kernel asks once more for what it could not read ahead.
	each 'read:1+2:EIO:/b' 1
}

test_once_more_is_not_enough() {
	faulty src 'open:1+3:EIO:/a'
	run --retry=2 -a mnt dst
	assertEquals "status; $(cat err)" 1 $status
	assertEquals 'two warnings' 2 "$(said "$again")"
	assertEquals 'and an error' 1 \
		"$(said "^pcp: cannot open 'mnt/a' for reading: Input/output error$")"
	assertEquals 'listed once' mnt/a "$(cat list)"
	assertEquals 'in the log' 1 "$(grep -c ' error: ' log)"
	assertEquals 'the others' 'Only in src: a' "$(diff -r src dst)"
	assertEquals 'the time of its directory' "$(stat -c %y src)" "$(stat -c %y dst)"
}

test_not_without_it() {
	for option in '' --retry=0; do
		faulty src 'open:1+1:EIO:/a'
		rm -rf dst
		run $option -a mnt dst
		assertEquals "[$option] status" 1 $status
		assertEquals "[$option] no warning" 0 "$(said warning)"
	done
}

# What does not pass is an error at once, and no pause is made for it.
test_for_good() {
	faulty src 'open:1+:EACCES:/a'
	start=$(date +%s%N)
	run --retry=3 -a mnt dst
	assertEquals status 1 $status
	assertEquals 'no warning' 0 "$(said warning)"
	assertTrue 'no pause' "[ $(($(date +%s%N) - start)) -lt 900000000 ]"
}

test_directories_that_cannot_be_opened() {
	each 'opendir:1+2:EIO:/d' 2
	each 'getattr:2+2:EIO:/d/e' 1
}

# mkdir of the destination
test_directories_that_cannot_be_made() {
	mkdir under
	for engine in -j8 '-j1 --window=1'; do
		! is_passed_over || continue
		rm -rf under/dst
		faulty under 'mkdir:2+2:EIO'
		run $engine --retry=4 -a src mnt/dst
		assertEquals "[$engine] status; $(cat err)" 0 $status
		assertEquals "[$engine] all" '' "$(diff -r src under/dst)"
		assertEquals "[$engine] times" "$(times_of src)" "$(times_of under/dst)"
	done
}

# Names are read on where that failed: none is met twice.
test_directories_that_are_read_in_part() {
	can_strace || { skip 'no strace'; return; }
	name=$(head -c 100 /dev/zero | tr '\0' n)
	(cd src/d && for i in $(seq 1500); do
		echo $i >$name.$i
	done)
	ln src/d/$name.7 src/d/$name.again
	touch -d 2001-02-03 src/d
	for engine in -j8 '-j1 --window=1'; do
		! is_passed_over || continue
		# strace counts for each thread: where another one goes on, that may fail, too.
		for nth in 1 2 4; do
			! sanitized || [ $nth = 2 ] || continue
			rm -rf dst log
			timeout -k 5 60 strace -f -qq -o trace -e trace=getdents64 \
				-e inject=getdents64:error=EIO:when=$nth \
				pcp --failed-to=list --log=log $engine --retry=5 -a src dst 2>err
			status=$?
			assert_copied "[$engine] the call $nth"
			assertEquals "[$engine] the call $nth: each once" \
				"$(find src -type f | wc -l)" \
				"$(grep -c " \(copied\|linked\|cloned\) '" log)"
			assertEquals "[$engine] a link" 2 "$(stat -c %h dst/d/$name.7)"
		done
		assertNotEquals "[$engine] it never failed" '' "$(grep ' warning: ' log)"
	done
}

test_directories_that_stay_unread() {
	faulty src 'readdir:1+:EIO:/d'
	run --retry=1 -a mnt dst
	assertEquals "status; $(cat err)" 1 $status
	assertEquals 'a warning' 1 "$(said "$again")"
	assertEquals 'an error' 1 "$(said "^pcp: cannot access 'mnt/d': Input/output error$")"
	assertEquals 'listed once' mnt/d/ "$(cat list)"
	assertEquals 'its time' "$(stat -c %y src/d)" "$(stat -c %y dst/d)"
}

test_operands() {
	mkdir into
	for engine in -j8 '-j1 --window=1'; do
		! is_passed_over || continue
		faulty src 'getattr:1+2:EIO:/a' 'opendir:1+1:EIO:/d'
		rm -rf into/*
		run $engine --retry=4 -a mnt/a mnt/b mnt/d into
		assertEquals "[$engine] status; $(cat err)" 0 $status
		assertEquals "[$engine] all" 'Only in src: X' \
			"$(touch src/X; diff -r src into; rm src/X)"
	done
}

# An operand that comes twice, of which the first could not be looked at; and to a name
test_operands_twice_and_alone() {
	mkdir into
	# stat_operand() looks twice.
	faulty src 'getattr:1+2:EIO:/a'
	run --retry=3 mnt/a mnt/b mnt/a into
	assertEquals "status; $(cat err)" 0 $status
	assertEquals 'one of them is enough' 1 "$(said 'specified more than once')"
	assertEquals a "$(cat into/a)"
	faulty src 'open:1+1:EIO:/a'
	run --retry=3 mnt/a mnt/b mnt/a into/new 2>err
	mkdir into/new
	faulty src 'open:1+1:EIO:/a'
	run --retry=3 mnt/a mnt/b mnt/a into/new
	assertEquals "status; $(cat err)" 0 $status
	assertEquals a "$(cat into/new/a)"
	faulty src 'open:1+1:EIO:/a'
	run --retry=3 -T mnt/a name
	assertEquals "status; $(cat err)" 0 $status
	assertEquals a "$(cat name)"
}

# What is below an operand knows it again, however that was named.
test_names_of_operands() {
	mkdir into
	faulty src 'open:1+1:EIO:/d/e/a' 'opendir:1+1:EIO:/d/e'
	# Each takes the three seconds of two rounds.
	for operand in mnt/d//. "$room/mnt/d" mnt/./; do
		! sanitized || [ "$operand" = "$room/mnt/d" ] || continue
		echo >mnt/.slowfs
		rm -rf into/*
		run --retry=4 -a "$operand" into
		assertEquals "[$operand] status; $(cat err)" 0 $status
		assertTrue "[$operand] it has failed" "[ $(said "$again") -ge 1 ]"
		# As with cp there is no directory then that could be made by that name.
		case $operand in */. | */./) continue ;; esac
		echo >mnt/.slowfs
		rm -rf into/*
		run --retry=4 -a --parents "${operand#"$room"/}" into
		assertEquals "[--parents $operand] status; $(cat err)" 0 $status
		assertTrue "[--parents $operand] it has failed" "[ $(said "$again") -ge 1 ]"
	done
	# Its entries are merged into the target.
	echo >mnt/.slowfs
	rm -rf into/*
	run --retry=4 -a mnt/d/. into
	assertEquals "merged: status; $(cat err)" 0 $status
	assertEquals 'merged' '' "$(diff -r src/d into)"
}

# The name that failed becomes a link, or the first of the copies.
test_hard_links() {
	ln src/a src/d/e/link
	ln src/a src/d/link
	touch -d 2001-02-03 src/d/e src/d src
	for fault in 'open:1+1:EIO:*' 'open:1+3:EIO:*' 'open:1+5:EIO:*'; do
		while read -r engine; do
			faulty src "$fault"
			rm -rf dst
			run $engine --retry=4 -a mnt dst
			assert_copied "[$fault, $engine]"
			assertEquals "[$fault, $engine] names" 3 "$(stat -c %h dst/a)"
		done <<-END
		$engines
		END
	done
	mkdir under
	faulty under 'link:1+2:EIO'
	run --retry=4 -a src mnt/dst
	assertEquals "link: status; $(cat err)" 0 $status
	assertEquals "link: names" 3 "$(stat -c %h under/dst/a)"
}

# What was overwritten in part is newer than its source, and not left alone for that.
test_overwritten_in_part() {
	mkdir under
	head -c 3000000 /dev/urandom >src/a
	for option in -u --update=older -f --backup; do
		cp -a src under/dst
		echo old >under/dst/a
		touch -d 2000-01-01 under/dst/a
		faulty under 'write:2+2:EIO:*/a'
		run $option --retry=4 -r -T src mnt/dst
		assertEquals "[$option] status; $(cat err)" 0 $status
		assertTrue "[$option] whole" 'cmp src/a under/dst/a'
		assertEquals "[$option] warnings" 2 "$(said "$again")"
		fusermount3 -u mnt
		rm -rf under/dst
	done
}

test_space_that_comes() {
	can_mount || { skip 'mounting is not permitted'; return; }
	mkdir src/new
	for name in src/d/big src/new/big src/new/big2; do
		head -c 200000 /dev/urandom >$name
	done
	while read -r engine; do
		mkdir -p small
		mount -t tmpfs -o size=1m none small
		head -c 700000 /dev/zero >small/hog
		(sleep 0.5; rm small/hog) &
		rm -f log
		run $engine --retry=4 -a src small/dst
		wait
		assertEquals "[$engine] status; $(cat err)" 0 $status
		assertEquals "[$engine] all" '' "$(diff -r src small/dst)"
		assertTrue "[$engine] it was full; $(cat err)" "[ $(said "$again") -ge 1 ]"
		umount small
	done <<-END
	$engines
	END
}

test_space_that_does_not_come() {
	can_mount || { skip 'mounting is not permitted'; return; }
	mkdir small
	for name in src/d/big src/d/big2 src/d/big3; do
		head -c 500000 /dev/urandom >$name
	done
	mount -t tmpfs -o size=1m none small
	run -j1 --window=1 --retry=1 -a src small/dst
	assertEquals "status; $(cat err)" 3 $status
	assertEquals 'said' 1 "$(said 'stopped: nothing more can be written')"
	assertEquals 'an error' 1 "$(said '^pcp: error writing .*No space left')"
	umount small
}

test_signal_in_the_pause() {
	interrupt_out=out interrupt_err=err
	faulty src 'open:1+:EIO:*/a'
	start=$(date +%s%N)
	interrupt INT 2 "$bin/pcp" --failed-to=list --retry=50 -a mnt dst
	assertEquals "status; $(cat err)" 130 "$status"
	assertTrue 'at once' "[ $(($(date +%s%N) - start)) -lt 2900000000 ]"
	assertEquals 'each has failed' 3 "$(said '^pcp: cannot open .*/a. for reading: Input')"
	assertEquals 'all are listed' 3 "$(wc -l <list)"
	assertEquals 'the others' 0 "$(diff -r src dst | grep -cv ': a$')"
}

test_max_errors_counts_what_is_final() {
	faulty src 'open:1+3:EIO:*/a'
	run --max-errors=1 --retry=2 -a mnt dst
	assert_copied 'max-errors'
}

test_few_descriptors() {
	faulty src 'open:1+2:EIO:*/a'
	(ulimit -n 20 && exec timeout -k 5 60 pcp --failed-to=list --retry=3 -a mnt dst) 2>err
	status=$?
	assert_copied 'few descriptors'
}

test_json() {
	has_json || { skip 'this pcp was built without --json'; return; }
	faulty src 'open:1+2:EIO:/a'
	timeout -k 5 60 pcp --retry=3 --json-files --json -a mnt dst >out 2>err
	assertEquals 'tried again' 1 "$(grep -c '"type": *"summary".*"retried": *2' out)"
	assertEquals 'one line for the file' 1 \
		"$(grep '"type": *"file"' out | grep -c '"src": *"mnt/a"')"
	assertEquals 'warnings' 2 "$(grep -c '"severity": *"warning"' out)"
	assertEquals 'no error' 0 "$(grep -c '"severity": *"error"' out)"
}

test_quiet_and_wrong_numbers() {
	faulty src 'open:1+1:EIO:/a'
	run -q --retry=3 -a mnt dst
	assertEquals "status; $(cat err)" 0 $status
	assertEquals 'nothing is said' '' "$(cat err)"
	for n in -1 101 1.5 x ''; do
		run --retry="$n" src/a name
		assertEquals "[$n] status" 1 $status
		assertEquals "[$n] $(cat err)" 1 "$(said "invalid number of rounds: '$n'")"
	done
}

. shunit2
