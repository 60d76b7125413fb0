#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs that fail: one message for each file system that is full, --max-errors, --failed-to, --log
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

# All had been begun when the first of them failed: nothing is left to be begun.
test_no_space_for_those_begun() {
	has_fuse || { skip 'no FUSE'; return; }
	mkdir "$scratch/room" "$scratch/slow" "$scratch/few"
	cp "$scratch"/src/f1? "$scratch/few"
	slowfs -x -d copy=300000,write=300000 -e copy:1+:ENOSPC -e write:1+:ENOSPC \
		"$scratch/room" "$scratch/slow" || { fail 'slowfs cannot be mounted'; return; }
	for options in -j16 '-j16 --window=64' '-j1 --window=1'; do
		run -R $options few slow/
		assertEquals "[$options] status" 3 $status
		assertEquals "[$options] one message: $(cat "$scratch/err")" 1 \
			"$(messages 'No space left on device$')"
		assertEquals "[$options] the end" 1 "$(messages '^pcp: stopped: ')"
		rm -rf "$scratch/slow/few"
	done
	fusermount3 -u "$scratch/slow"
	rm -rf "$scratch/room" "$scratch/slow" "$scratch/few"
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
	assertEquals "pcp: error writing 'full/big': No space left on device" \
		"$(cat "$scratch/err")"
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

# Directories that lead to an operand are left out like any other.
test_parents_on_a_full_file_system() {
	full 4 1000 || return
	for d in 1 2 3; do
		mkdir -p "$scratch/$d/below"
		echo x >"$scratch/$d/below/f"
	done
	run --parents 1/below/f 2/below/f 3/below/f full
	assertEquals "status; $(cat "$scratch/err")" 3 $status
	assertEquals "one message: $(cat "$scratch/err")" 1 "$(messages 'No space left on device$')"
	full 4 1000
	run --parents -j1 --window=1 --failed-to=list 1/below/f 2/below/f 3/below/f full
	assertEquals 'one failed, and one was left out' '2/below/f 3/below/f ' \
		"$(tr '\n' ' ' <"$scratch/list")"
	rm -r "$scratch/1" "$scratch/2" "$scratch/3" "$scratch/list"
}

no_others() {
	umount "$scratch/dst/mid/below" "$scratch/dst/mid" 2>/dev/null
	rm -rf "$scratch/dst"
}

# others full|read-only: a destination with a file system mounted in its midst, where nothing can be
# written, and one below that, where it can
others() {
	can_mount || { skip 'mounting is not permitted'; return 1; }
	rm -rf "$scratch/tree"
	for d in a b mid mid/below mid/new y z; do
		mkdir -p "$scratch/tree/$d"
		for i in 1 2 3; do echo $d$i >"$scratch/tree/$d/$i"; done
	done
	head -c 100000 /dev/zero | tr '\0' x >"$scratch/tree/mid/1"
	no_others
	mkdir -p "$scratch/dst/mid"
	mount -t tmpfs -o size=8k none "$scratch/dst/mid"
	mkdir "$scratch/dst/mid/below"
	mount -t tmpfs -o size=1m none "$scratch/dst/mid/below"
	echo old >"$scratch/dst/mid/3"
	[ $1 = full ] || mount -o remount,ro "$scratch/dst/mid"
}

test_file_system_in_the_midst() {
	for how in full read-only; do
		for options in '-R' '-a' '-R -j1 --window=1' '-R -j16 --window=64'; do
			others $how || return
			[ $how = read-only ] ||
				head -c 8192 /dev/zero >"$scratch/dst/mid/filler" 2>/dev/null
			run -T $options tree dst
			assertTrue "$how [$options]: status $status" \
				"[ $status = 3 ] || [ $status = 1 ]"
			for d in a b y z mid/below; do
				assertEquals "$how [$options] $d" '' \
					"$(diff -r "$scratch/tree/$d" "$scratch/dst/$d" 2>&1)"
			done
			assertEquals "$how [$options]: $(cat "$scratch/err")" 1 \
				"$(messages ': No space left on device$\|: Read-only file system$')"
			# or of a directory below it, which this run has made
			full="the file system of 'dst/mid'"
			assertEquals "[$options] the end" "$([ $status = 1 ] ||
				echo "pcp: stopped: nothing more can be written to $full")" \
				"$(grep stopped "$scratch/err" | sed "s,/new'\$,',")"
			assert_whole "$how [$options]" "$scratch/dst/a" "$scratch/tree/a"
		done
	done
	# What comes later there is left out, even what would have been overwritten.
	others full || return
	head -c 8192 /dev/zero >"$scratch/dst/mid/filler" 2>/dev/null
	run -T -j1 --window=1 tree/mid/1 dst/mid/big
	run -j1 --window=1 tree/mid/1 tree/mid/3 tree/mid/2 dst/mid
	assertEquals "$(cat "$scratch/err")" '3 old' "$status $(cat "$scratch/dst/mid/3")"
	assertFalse "[ -e '$scratch/dst/mid/2' ]"
	no_others
}

# It fails for itself alone: where it is, other files can be made.
test_file_that_is_a_mount() {
	can_mount || { skip 'mounting is not permitted'; return; }
	for options in '' '-j1 --window=1' '-j16 --window=64'; do
		rm -rf "$scratch/dst"
		mkdir "$scratch/dst"
		for i in 1 2; do
			echo old >"$scratch/dst/f$i"
			mount --bind "$scratch/dst/f$i" "$scratch/dst/f$i"
			mount -o remount,bind,ro "$scratch/dst/f$i"
		done
		run -RT $options src dst
		umount "$scratch/dst/f1" "$scratch/dst/f2"
		assertEquals "[$options] status" 1 $status
		assertEquals "[$options] both are named" 2 "$(messages 'Read-only file system$')"
		assertEquals "[$options] the rest" 2 \
			"$(diff -rq "$scratch/src" "$scratch/dst" | wc -l)"
		assertEquals "[$options] the end" 0 "$(messages stopped)"
	done
}

# The same file system, which can be written to elsewhere
test_mount_that_is_read_only() {
	can_mount || { skip 'mounting is not permitted'; return; }
	rm -rf "$scratch/dst" "$scratch/tree"
	mkdir -p "$scratch/dst/a" "$scratch/tree/a" "$scratch/tree/b" "$scratch/tree/c"
	for d in a b c; do echo $d >"$scratch/tree/$d/1"; echo $d >"$scratch/tree/$d/2"; done
	mount --bind "$scratch/dst/a" "$scratch/dst/a"
	mount -o remount,bind,ro "$scratch/dst/a"
	run -RT -j1 --window=1 tree dst
	umount "$scratch/dst/a"
	assertEquals "status; $(cat "$scratch/err")" 3 $status
	assertEquals 'one message' 1 "$(messages 'Read-only file system$')"
	assertEquals 'the rest' '' "$(diff -r "$scratch/tree/b" "$scratch/dst/b";
		diff -r "$scratch/tree/c" "$scratch/dst/c")"
}

# A symlink leads to where there is no room: that is not where the symlink is.
test_symlink_to_full() {
	full 100 8 || return
	head -c 8192 /dev/zero >"$scratch/full/filler"
	rm -rf "$scratch/dst"
	mkdir "$scratch/dst"
	for i in 1 2; do
		: >"$scratch/full/f$i"
		ln -s ../full/f$i "$scratch/dst/f$i"
	done
	run -RT -j1 --window=1 src dst
	assertEquals status 1 $status
	assertEquals "$(cat "$scratch/err")" 2 "$(messages 'No space left on device$')"
	assertEquals 'the rest' 300 "$(ls "$scratch/dst" | wc -l)"
}

# By that name it goes on, and says so of each.
test_cp_goes_on() {
	full 30 8000 || return
	(cd "$scratch" && bin/linked/cp -RT src full 2>err)
	assertEquals status 1 $?
	assertTrue "$(head -n 3 "$scratch/err")" \
		"[ $(messages 'No space left on device$') -gt 200 ]"
	assertEquals 0 "$(messages stopped)"
}

test_max_errors() {
	run --max-errors=3 none1 none2 none3 none4 none5 src
	assertEquals status 3 $status
	assertEquals "$(cat "$scratch/err")" 3 "$(messages 'cannot stat')"
	run --max-errors=6 none1 none2 none3 none4 none5 src
	assertEquals 'fewer than that' 1 $status
	assertEquals 5 "$(messages 'cannot stat')"
}

# The first directory, which is merged, is complete before the second one may begin.
test_max_errors_in_an_earlier_directory() {
	mkdir -p "$scratch/a/1/2/3" "$scratch/b" "$scratch/into/a/1/2/3/x"
	for i in $(seq 200); do echo x >"$scratch/a/1/2/f$i"; done
	echo x >"$scratch/a/1/2/3/x"
	run -R --max-errors=1 a b into
	assertEquals "status; $(cat "$scratch/err")" 3 $status
	assertEquals a "$(ls "$scratch/into")"
	rm -r "$scratch/a" "$scratch/b" "$scratch/into"
}

# Nothing is begun of an operand that is left out: not the directories that lead to it, either.
test_max_errors_with_parents() {
	mkdir "$scratch/into"
	run --parents --max-errors=1 none src/f1 into
	assertEquals status 3 $status
	assertEquals '' "$(ls "$scratch/into")"
	rmdir "$scratch/into"
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
	status=$?
	assertEquals "status; $(cat "$scratch/open/err")" 1 $status
	assertEquals 'the list' 'src/f1 src/f2 src/f3 src/new line ' \
		"$(tr '\0\n' '\n ' <"$scratch/open/list" | sort | tr '\n' ' ')"
	assertEquals 'errors in the log' 4 "$(grep -c ' error: cannot open ' "$scratch/open/log")"
	assertEquals 'copies in the log' 297 "$(grep -c ' copied ' "$scratch/open/log")"
	assertEquals 'the sum' 1 \
		"$(grep -c 'note: pcp: 4 failed (4 Permission denied); 297 copied' \
			"$scratch/open/log")"
	run --log=missing/log src/f1 copy
	assertEquals 'no such log' 1 $status
	assertEquals 1 "$(messages "cannot open 'missing/log' for writing")"
}

# An operand fails with the directories that lead to it.
test_failed_to_with_parents() {
	mkdir -p "$scratch/a/b" "$scratch/c" "$scratch/into"
	echo x >"$scratch/a/f"
	echo x >"$scratch/a/b/f"
	echo x >"$scratch/c/f"
	echo x >"$scratch/into/a"
	run --parents --failed-to=list a/f a/b/f missing/f c/f into
	assertEquals status 1 $status
	assertEquals "a/f a/b/f missing/f " "$(tr '\n' ' ' <"$scratch/list")"
	rm -r "$scratch/a" "$scratch/c" "$scratch/into" "$scratch/list"
}

# What was not tried is listed as well: by its name, or with the directory that it is in.
test_untried() {
	mkdir -p "$scratch/t/sub/deep" "$scratch/t/more" "$scratch/into"
	for name in t/f t/sub/f t/sub/deep/f t/more/f; do echo x >"$scratch/$name"; done
	ln -s t "$scratch/to-t"
	run -R --max-errors=1 --failed-to=list missing t t/f to-t missing into
	assertEquals 'operands: status' 3 $status
	assertEquals 'operands' 'missing t/ t/f to-t missing ' "$(tr '\n' ' ' <"$scratch/list")"
	run -RH --max-errors=1 --failed-to=list missing t to-t into
	assertEquals 'a symlink that is followed' 'missing t/ to-t/ ' \
		"$(tr '\n' ' ' <"$scratch/list")"
	run -R --parents --max-errors=1 --failed-to=list missing t/sub to-t/f into
	assertEquals 'with --parents' 'missing t/sub/ to-t/f ' "$(tr '\n' ' ' <"$scratch/list")"
	mkdir "$scratch/into/t"
	echo x >"$scratch/into/t/sub"
	run -R -j1 --window=1 --max-errors=1 --failed-to=list t into
	assertEquals 'below' 1 $(($(grep -cx 't/sub/' "$scratch/list")))
	for name in $(cd "$scratch" && find t ! -type d); do
		[ -f "$scratch/into/$name" ] || while IFS= read -r listed; do
			case $name in "$listed" | "${listed%/}"/*) continue 2 ;; esac
		done <"$scratch/list" || fail "$name is neither there nor listed"
	done
	! has_json || { run -R --max-errors=1 --json=3 missing t t into 3>"$scratch/json"
		assertContains 'JSON' "$(tail -n 1 "$scratch/json")" '"untried":2,'; }
	rm -rf "$scratch/t" "$scratch/into" "$scratch/to-t" "$scratch/list"
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

# A log goes on where it ended; a file is that of one option alone.
test_files_of_options() {
	echo before >"$scratch/log"
	run --log=log src/f1 copy
	assertEquals 'status' 0 $status
	assertEquals 'what was there stays' before "$(head -n 1 "$scratch/log")"
	assertEquals 'and a line comes' 1 "$(grep -c ' copied ' "$scratch/log")"
	cp "$scratch/log" "$scratch/was"
	ln "$scratch/log" "$scratch/same"
	ln -s log "$scratch/link"
	for name in log same link; do
		for option in --failed-to --checksum-file; do
			run --log=log $option=$name src/f2 copy
			assertEquals "[$option=$name] status" 1 $status
			assertEquals "[$option=$name]" "pcp: '$name' is named by two options" \
				"$(cat "$scratch/err")"
			head -c "$(stat -c %s "$scratch/was")" "$scratch/log" | cmp - "$scratch/was"
			assertTrue "[$option=$name] the log has what it had" $?
		done
	done
	run --log=/dev/null --failed-to=/dev/null src/f2 copy
	assertEquals 'no regular file' 0 $status
	run --log=- src/f3 copy
	assertEquals 'standard error: status' 0 $status
	assertEquals 'standard error' 1 "$(grep -c " copied 'src/f3' to 'copy'" "$scratch/err")"
	echo old >"$scratch/list"
	run --failed-to=list src/f3 copy
	assertEquals 'a list is written anew' '' "$(cat "$scratch/list")"
	run --failed-to=- src/missing copy
	assertEquals 'a list on standard error' src/missing "$(grep -v ^pcp: "$scratch/err")"
}

. shunit2
