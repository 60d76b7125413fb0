#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs that fail: one message where the disk is full, --max-errors, --failed-to, --log
# and -q; what the exit status says of each.

. "$(dirname "$0")/common.sh"

oneTimeSetUp() {
	is_cp && skip_all 'cp has none of these'
	mkdir "$scratch/src" "$scratch/bad"
	(cd "$scratch/src" && for i in $(seq 300); do head -c 10000 /dev/urandom >f$i; done)
	(cd "$scratch/bad" && for i in $(seq 20); do echo $i >ok$i && mkfifo fifo$i; done)
}

# full FILES KIB: a file system at $scratch/full with so little room
full() {
	can_mount || { skip 'mounting is not permitted'; return 1; }
	umount "$scratch/full" 2>/dev/null
	mkdir -p "$scratch/full"
	mount -t tmpfs -o "nr_inodes=$1,size=$2k" none "$scratch/full"
}

# run ARGUMENT...: sets status; what it says is in $scratch/err
run() {
	(cd "$scratch" && pcp "$@" >out 2>err)
	status=$?
}

messages() { grep -c "$1" "$scratch/err"; }

test_no_space() {
	for options in '' '-j1 --window=1' '-j16 --window=64'; do
		full 1000 1000 || return
		run -R $options src full/
		assertEquals "[$options] status" 3 $status
		assertEquals "[$options] one message: $(cat "$scratch/err")" 1 \
			"$(messages 'No space left on device$')"
		assertEquals "[$options] the end" 1 "$(messages '^pcp: stopped: ')"
		assert_whole 'what is there' "$scratch/full/src" "$scratch/src"
	done
}

test_no_inodes() {
	full 50 100000 || return
	run -R src full/
	assertEquals status 3 $status
	assertEquals "one message: $(cat "$scratch/err")" 1 "$(messages 'No space left on device$')"
	assert_whole 'what is there' "$scratch/full/src" "$scratch/src"
}

# Of the last operand nothing is left out.
test_no_space_for_one() {
	full 100 100 || return
	head -c 200000 /dev/zero | tr '\0' x >"$scratch/big"
	run big full/
	assertEquals status 1 $status
	assertEquals "pcp: error writing 'full/big': No space left on device" "$(cat "$scratch/err")"
	assertEquals 'no partial file' '' "$(ls "$scratch/full")"
	run big src/f1 full/
	assertEquals 'with another' 3 $status
}

# That is of the destination: a source that fails so stops nothing.
test_source_fails_like_that() {
	has_fuse || { skip 'no FUSE'; return; }
	mkdir "$scratch/slow"
	slowfs -x -e 'open:1+:ENOSPC:*/f1' -e 'open:1+:EROFS:*/f2' "$scratch/src" "$scratch/slow" ||
		{ fail 'slowfs cannot be mounted'; return; }
	rm -rf "$scratch/dst"
	run -R slow dst
	fusermount3 -u "$scratch/slow"
	assertEquals status 1 $status
	assertEquals 'the rest' 298 "$(ls "$scratch/dst" | wc -l)"
	assertEquals 'both are said' 2 "$(messages '^pcp: cannot open ')"
	rm -rf "$scratch/dst"
}

test_read_only() {
	full 1000 1000 || return
	mount -o remount,ro "$scratch/full"
	run -R src bad full/
	assertEquals "status; $(cat "$scratch/err")" 3 $status
	assertEquals 1 "$(messages 'Read-only file system$')"
}

test_max_errors() {
	run --max-errors=3 none1 none2 none3 none4 none5 src
	assertEquals status 3 $status
	assertEquals "$(cat "$scratch/err")" 3 "$(messages 'cannot stat')"
	run --max-errors=6 none1 none2 none3 none4 none5 src
	assertEquals 'fewer than that' 1 $status
	assertEquals 5 "$(messages 'cannot stat')"
}

# Not root's files, which everybody but root cannot read
test_failed_to() {
	is_root || { skip 'only root can make files that cannot be read'; return; }
	chmod 755 "$scratch"
	rm -rf "$scratch/open"
	mkdir -m 777 "$scratch/open"
	cp -R "$scratch/src" "$scratch/open/src"
	(cd "$scratch/open" && chown -R 65534:65534 . && printf x >"src/new
line" && chmod 0 src/f1 src/f2 src/f3 "src/new
line" && chown 0:0 src/f1 src/f2 src/f3 src/new*)
	(cd "$scratch/open" && setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$bin/pcp" -R --failed-to=list -0 --log=log src dst 2>err)
	assertEquals status 1 $?
	assertEquals 'the list' 'src/f1 src/f2 src/f3 src/new line ' \
		"$(tr '\0\n' '\n ' <"$scratch/open/list" | sort | tr '\n' ' ')"
	assertEquals 'errors in the log' 4 "$(grep -c ' error: cannot open ' "$scratch/open/log")"
	assertEquals 'copies in the log' 297 "$(grep -c ' copied ' "$scratch/open/log")"
	assertEquals 'the sum' 1 \
		"$(grep -c 'note: pcp: 4 failed (4 Permission denied); 297 copied' "$scratch/open/log")"
	run --log=missing/log src/f1 copy
	assertEquals 'no such log' 1 $status
	assertEquals 1 "$(messages "cannot open 'missing/log' for writing")"
}

test_quiet() {
	run src/f1 src/f1 bad
	assertEquals 1 "$(messages 'more than once')"
	run -q src/f1 src/f1 bad
	assertEquals "$(cat "$scratch/err")" 0 "$(messages .)"
	assertEquals status 0 $status
	run -q none bad
	assertEquals 'errors are shown' 1 "$(messages 'cannot stat')"
}

. shunit2
