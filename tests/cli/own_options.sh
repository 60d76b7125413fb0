#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The options that cp has not, and the program's own words.

. "$(dirname "$0")/common.sh"

tree() {
	prepare() {
		mkdir -p d/a/b d/c to
		for i in 1 2 3 4 5 6 7 8 9; do
			seq $i >d/$i
			seq $i >d/a/b/$i
			seq $i >d/c/$i
		done
		ln d/1 d/a/hard
		ln -s 1 d/link
		# more big ones than -j1 has threads: each must get its turn
		seq 300000 >d/big
		seq 300001 >d/a/big
		seq 300002 >d/c/big
	}
}

test_jobs_and_window() {
	is_cp && { skip 'cp has no engine'; return; }
	tree
	for engine in -j1 -j2 -j16 -j64 '-j 3' --jobs=1 '--jobs 2' \
		--window=1 --window=2 '--window 7' --window=4096 '-j1 --window=1' \
		'-j16 --window=64' '-j16 --window=1' '-j1 --window=1000'; do
		same_as_cp -R d to
		same_as_cp -a d new
		same_as_cp d/1 d/2 missing d/3 to
	done
}

# bad COMPLAINT OPTION...: is refused before anything is copied
bad() {
	complaint=$1
	shift
	run_pcp "$@" -R d new
	assert_ran 1 "$complaint"
	assertFalse "$* copied all the same" "[ -e '$work/pcp/new' ]"
}

test_bad_values() {
	is_cp && { skip 'cp has no engine'; return; }
	tree
	for value in 0 -1 x 3x '' ' ' 1.5 99999999999999999999 -99999999999999999999 +; do
		bad "cp: invalid .*'$value'" -j "$value"
		bad "cp: invalid .*'$value'" "--jobs=$value"
		bad "cp: invalid .*'$value'" --window "$value"
		bad "cp: invalid .*'$value'" "--window=$value"
	done
	bad "cp: option '--window' requires an argument\|cp: invalid" --window
	bad "cp: invalid" -j
}

test_missing_values() {
	is_cp && { skip 'cp has no engine'; return; }
	tree
	run_pcp d new -R -j
	assert_ran 1 "cp: option requires an argument -- 'j'"
	run_pcp d new -R --window
	assert_ran 1 "cp: option '--window' requires an argument"
	run_pcp d new -R --jobs
	assert_ran 1 "cp: option '--jobs' requires an argument"
}

# One job, one pending copy: the order is that of the operands and the tree.
test_plain_and_ordered() {
	is_cp && { skip 'cp has no engine'; return; }
	tree
	engine='-j1 --window=1'
	compare='status stdout words tree'
	same_as_cp -v d/9 d/1 missing d/5 d/2 to
	same_as_cp -v d/big d/1 to
}

test_help_and_version() {
	prepare() { :; }
	for option in --help --version; do
		run_pcp $option
		assert_ran 0
		assertTrue "$option says something" "[ -s '$work/pcp.stdout' ]"
		run_pcp $option --nonsense
		assert_ran 0
		run_pcp -R $option missing
		assert_ran 0
	done
	is_cp && return
	assertTrue '--version' "pcp --version | head -n 1 | grep -q '^pcp (.*) [0-9]'"
	line=$(pcp --version | sed -n 2p)
	assertContains "$line" "version=$(pcp --version | sed -n '1s/.* //p') "
	for has in json xattr_conf journal; do
		assertTrue "$has: $line" "echo ' $line ' | grep -q ' $has=\(yes\|no\) '"
	done
	has_json && assertContains "$line" 'json=yes'
	for option in --recursive --archive --jobs --window --target-directory \
		--no-target-directory; do
		assertTrue "--help tells of $option" "pcp --help | grep -q -e '$option'"
	done
}

test_full_output() {
	for option in --help --version; do
		message=$(pcp $option 2>&1 >/dev/full)
		assertEquals "status of $option" 1 $?
		assertEquals 'write error: No space left on device' \
			"$(echo "$message" | sed 's/^[a-z]*: //')"
	done
}

# Descriptors that are closed from the start must not become somebody's file.
test_closed_descriptors() {
	tree
	new_twins
	(cd "$work/pcp" && timeout 60 pcp -R d new 0<&- 1>&- 2>&-)
	assertEquals 'status' 0 $?
	assertTrue 'all is there' "diff -r --no-dereference '$work/pcp/d' '$work/pcp/new'"
	new_twins
	(cd "$work/pcp" && timeout 60 pcp -R d/. missing to 0<&- 2>&-)
	assertEquals 'status' 1 $?
	assertTrue 'all is there' "diff -r --no-dereference '$work/pcp/d' '$work/pcp/to'"
}

# A sandbox may refuse what the window stands on, from the start or in the midst of a run.
test_refused_system_calls() {
	is_cp && { skip 'cp has no window'; return; }
	can_strace || { skip 'no strace'; return; }
	tree
	limit=10
	for how in epoll_wait,epoll_pwait:error=ENOSYS \
		epoll_wait,epoll_pwait:error=EPERM:when=3+ epoll_create1:error=EPERM \
		epoll_ctl:error=EPERM epoll_ctl:error=EPERM:when=5+ eventfd2:error=EPERM \
		eventfd2:error=EPERM:when=4+; do
		for engine in '' '-j4 --window=8'; do
			new_twins
			run_in pcp strace -f -qq -o /dev/null -e trace="${how%%:*}" \
				-e inject="$how" \
				pcp $engine -R d new
			assert_ran 0
			assertEquals "$how, [$engine]" '' "$(diff -r "$work/pcp/d" "$work/pcp/new")"
		done
	done
}

# Messages begin with the name it was called by.
test_program_name() {
	is_cp && { skip 'cp prints argv[0] whole'; return; }
	mkdir -p "$bin/as"
	ln -sf ../pcp "$bin/as/cp"
	ln -sf ../pcp "$bin/as/odd name"
	assertEquals "cp: cannot stat 'missing': No such file or directory" \
		"$("$bin/as/cp" missing new 2>&1)"
	assertEquals "odd name: cannot stat 'missing': No such file or directory" \
		"$("$bin/as/odd name" missing new 2>&1)"
	assertEquals "pcp: missing file operand
Try 'pcp --help' for more information." "$("$bin/pcp" 2>&1)"
}

# To pcp, as to cp, host:path is a file; rsync's users do not expect it.
test_other_machine() {
	is_cp && { skip 'cp says nothing more'; return; }
	cd "$work" || return
	hint="is not taken for a file of another machine: pcp copies between mounted file systems"
	mkdir src
	echo x >src/a
	echo y >with:colon
	assertEquals 'a source' "pcp: cannot stat 'host:/a': No such file or directory
pcp: 'host:/a' $hint" "$(pcp host:/a new 2>&1)"
	assertContains "$(pcp -R src user@host:some/dir 2>&1)" "pcp: 'user@host:some/dir' $hint"
	assertContains "$(pcp -t host:dir src/a 2>&1)" "pcp: 'host:dir' $hint"
	assertEquals 'by the name of cp' "cp: cannot stat 'host:/a': No such file or directory" \
		"$(PATH=$bin/linked:$PATH; cp host:/a new 2>&1)"
	for good in with:colon ./no:where; do
		assertEquals "not for $good" '' "$(pcp src/a missing "$good" 2>&1 | grep machine)"
	done
	assertEquals 'not after success' '' "$(pcp with:colon new:name 2>&1)"
	assertEquals 'which is a copy' y "$(cat new:name)"
}

. shunit2
