#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --fsync: when file systems are synced, what is said after that, and what a failure does.
# tests/crash has the proof.

. "$(dirname "$0")/common.sh"

tree() {
	prepare() {
		mkdir -p d/sub to
		echo one >d/one
		echo two >d/sub/two
		ln d/one d/again
		ln -s one d/link
		echo old >to/one
	}
}

# trace ARGUMENT...: runs pcp with them; the calls that matter here are in $work/trace
trace() {
	new_twins
	run_in pcp strace -f -qq -o "$work/trace" \
		-e trace=syncfs,fsync,linkat,write,mkdirat,utimensat,copy_file_range pcp "$@"
}

syncs() { grep -c 'syncfs(' "$work/trace"; }

ready() {
	is_cp && { skip 'cp has no --fsync'; return 1; }
	can_strace || { skip 'no strace'; return 1; }
	tree
}

test_once_and_last() {
	ready || return 0
	trace -a --fsync d/. to
	assert_ran 0
	assertEquals 'one sync' 1 "$(syncs)"
	assertEquals 'nothing is changed after it' '' "$(sed '1,/syncfs(/d' "$work/trace" |
		grep -e linkat -e mkdirat -e utimensat -e copy_file_range)"
	assertEquals 'the copy' "$(cd "$work/pcp/d" && find . | sort)" \
		"$(cd "$work/pcp/to" && find . | sort)"
	trace --fsync d/one to
	assert_ran 0
	assertEquals 'one file' 1 "$(syncs)"
	trace -a d/. to
	assertEquals 'none without the option' 0 "$(syncs)"
}

# Each line comes after a sync that came after the copy.
test_verbose_waits() {
	ready || return 0
	for options in -av '-av --atomic' '-a --debug' '-av -j1 --window=1'; do
		trace $options --fsync d/. to
		assert_ran 0
		assertEquals "no line before the first sync, $options" '' \
			"$(sed '/syncfs(/,$d' "$work/trace" | grep 'write(1,')"
		assertEquals "each has a line, $options" 5 \
			"$(grep -c -e " -> 'to/" "$work/pcp.stdout")"
	done
	trace -av --fsync d/one missing to
	assert_ran 1 missing
	assertEquals 'none of what failed' "'d/one' -> 'to/one'" "$(cat "$work/pcp.stdout")"
}

test_log() {
	ready || return 0
	trace -a --fsync --log=log d/. to
	assert_ran 0
	assertTrue "it has a line; $(cat "$work/pcp/log")" \
		"grep -q \"copied 'd/.*sub/two' to 'to/.*sub/two', 4 bytes\" '$work/pcp/log'"
}

# A sync that fails is an error, and nothing counts as copied for sure.
test_failure() {
	ready || return 0
	new_twins
	for options in -a -av '-a --log=log'; do
		run_in pcp strace -f -qq -o "$work/trace" -e trace=syncfs \
			-e inject=syncfs:error=EIO pcp $options --fsync d/. to
		sed -i '/failed (/d' "$work/pcp.err"
		assert_ran 1 "cp: cannot sync the file system of 'to': Input/output error"
		assertEquals 'no line' '' "$(cat "$work/pcp.stdout")"
	done
	assertFalse 'nothing in the log' "grep \"copied '\" '$work/pcp/log'"
	python_with json
	[ "$python" ] && pcp --json /dev/null /dev/null >/dev/null 2>&1 || return 0
	run_in pcp strace -f -qq -o "$work/trace" -e trace=syncfs -e inject=syncfs:error=EIO \
		pcp -a --fsync --json --json-files d/. to
	assertEquals 'JSON' '"synced":false' \
		"$(grep -o '"synced":[a-z]*' "$work/pcp.stdout" | sort -u)"
	assertTrue 'op' "grep -q '\"op\":\"sync\"' '$work/pcp.stdout'"
	run_in pcp pcp -a --fsync --json --json-files d/. to
	assertEquals 'JSON' '"synced":true' \
		"$(grep -o '"synced":[a-z]*' "$work/pcp.stdout" | sort -u)"
	run_in pcp pcp -a --json --json-files d/. to
	assertEquals 'JSON' '"synced":null' \
		"$(grep -o '"synced":[a-z]*' "$work/pcp.stdout" | sort -u)"
}

# What is mounted below is another file system; so is what a symlink leads to.
test_several_file_systems() {
	ready || return 0
	can_mount || { skip 'mounting is not permitted'; return; }
	new_twins
	mkdir "$work/pcp/to/sub" "$work/pcp/other"
	mount -t tmpfs none "$work/pcp/to/sub"
	mount -t tmpfs none "$work/pcp/other"
	echo old >"$work/pcp/other/file"
	ln -s ../other/file "$work/pcp/to/elsewhere"
	echo new >"$work/pcp/d/elsewhere"
	run_in pcp strace -f -qq -o "$work/trace" -e trace=syncfs,fsync pcp -R --fsync d/. to
	assert_ran 0
	assertEquals 'two file systems are synced' 2 "$(syncs)"
	assertEquals 'and a file' 1 "$(grep -c fsync "$work/trace")"
	assertEquals 'through the symlink' new "$(cat "$work/pcp/other/file")"
	umount "$work/pcp/to/sub" "$work/pcp/other"
}

test_special() {
	ready || return 0
	trace --fsync d/one /dev/null
	assert_ran 0
	prepare() { echo contents >file; }
	new_twins
	(cd "$work/pcp" && cat file | pcp --fsync /dev/stdin new)
	assertEquals 'status' 0 $?
	assertEquals 'from a pipe' contents "$(cat "$work/pcp/new")"
}

. shunit2
