#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --control: limits, jobs and pauses are changed while a run goes on. Each test waits until
# something is seen, and so depends on no machine's speed.

. "$(dirname "$0")/common.sh"

# Seconds until what should be seen at once counts as missing
PATIENCE=20

oneTimeSetUp() {
	cd "$work" || exit
	mkdir src
	for i in $(seq 25); do
		head -c 100K /dev/urandom >src/$i
	done
	head -c 4M /dev/urandom >big
}

tearDown() {
	[ ! "${pid-}" ] || kill -KILL $pid 2>/dev/null
	wait
	rm -rf dst control control.* out err
}

# start COMMAND...: in the background; pid is its process
start() {
	"$@" >out 2>err &
	pid=$!
}

# ends STATUS: what was started does so, in time
ends() {
	watchdog $pid &
	wait $pid
	assertEquals "status; $(cat err)" "$1" $?
	kill $! 2>/dev/null
	pid=
}

watchdog() {
	sleep $PATIENCE
	kill -KILL "$1"
}

# until_true COMMAND...: waits for it
until_true() {
	tries=$((PATIENCE * 20))
	until eval "$*"; do
		[ $((tries -= 1)) -gt 0 ] || { fail "never: $*; $(cat err)"; return 1; }
		sleep 0.05
	done
}

# said TEXT: waits for it on standard error
said() {
	text=$1
	until_true 'grep -qF -e "$text" err'
}

size() { find dst -type f -printf '%s\n' 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'; }

test_pause_and_go_on() {
	echo 'bwlimit=1M' >control
	start pcp -R --reflink=never --control=control src dst
	until_true '[ "$(size)" -gt 0 ]'
	echo 'pause=yes' >control
	said 'paused; limits: none'
	# What a thread has begun with is over by now.
	sleep 0.3
	before=$(size)
	sleep 0.5
	assertEquals 'nothing moves' "$before" "$(size)"
	assertTrue 'in the middle' "[ $before -lt 2560000 ]"
	rm control
	sleep 0.3
	assertEquals 'nor does it as the file is missing' "$before" "$(size)"
	echo '# nothing holds it back' >control
	said 'going on; limits: none'
	ends 0
	diff -r src dst
	assertEquals 'all is there' 0 $?
}

test_pause_within_a_file() {
	for how in '-j1 --window=1' --sparse=always; do
		echo 'bwlimit=500K' >control
		# shellcheck disable=SC2086
		start pcp $how --reflink=never --control=control big dst
		until_true '[ "$(size)" -gt 0 ]'
		echo 'pause = yes' >control
		said 'paused; limits:'
		sleep 0.3
		before=$(size)
		sleep 0.3
		assertEquals "[$how] nothing moves" "$before" "$(size)"
		assertTrue "[$how] in the middle: $before" "[ $before -lt 4194304 ]"
		printf 'pause=no\nbwlimit=off\n' >control
		ends 0
		cmp big dst
		assertEquals "[$how] all is there" 0 $?
		rm -f dst
	done
}

test_signal_in_a_pause() {
	for how in '-j1 --window=1' -j8; do
		echo 'bwlimit=500K' >control
		# shellcheck disable=SC2086
		start pcp -R $how --reflink=never --control=control src dst
		until_true '[ "$(size)" -gt 0 ]'
		echo 'pause=yes' >control
		said 'paused; limits:'
		kill -TERM $pid
		ends 143
		for f in $(ls dst); do
			cmp src/$f dst/$f
			assertEquals "$f is complete" 0 $?
		done
		rm -r dst
	done
	echo 'pause=yes' >control
	start pcp -R --max-time=0.5 --control=control src dst
	ends 4
}

# The rate of the first second, to within what a noisy machine does to it, is the one in force.
test_limits_change() {
	start pcp -R --reflink=never --bwlimit=100K --control=control src dst
	until_true '[ "$(size)" -gt 0 ]'
	echo 'bwlimit=3M' >control.new
	mv control.new control
	said 'limits: 3.0 MiB/s'
	begun=$(date +%s%N)
	ends 0
	took=$((($(date +%s%N) - begun) / 1000000))
	assertTrue "it took $took ms then, not half a minute" "[ $took -lt 10000 ]"
	assertTrue "but the rate was limited, too: $took ms" "[ $took -gt 400 ]"
	rm -r dst
	echo 'ops-limit=5' >control
	start pcp -R --reflink=never --control=control src dst
	said 'limits: 5 operations/s'
	sleep 0.5
	echo 'ops-limit=off' >control
	ends 0
	diff -r src dst
	assertEquals 'all is there' 0 $?
}

threads() { ls /proc/$pid/task 2>/dev/null | wc -l; }

# Copies of 4096 bytes a second and thread, each of which takes its time
test_jobs() {
	printf 'bwlimit=100K\njobs=1\n' >control
	start pcp -R --reflink=never --control=control src dst
	said 'limits: 100 KiB/s 1 job'
	until_true '[ "$(size)" -gt 0 ]'
	printf 'bwlimit=100K\njobs=6\n' >control
	said 'limits: 100 KiB/s 6 jobs'
	sleep 0.3
	printf 'jobs=2\n' >control
	ends 0
	diff -r src dst
	assertEquals 'all is there' 0 $?
}

# Whatever changes, and however often, each file is copied once.
test_restless_operator() {
	mkdir tree
	for d in $(seq 40); do
		mkdir tree/$d
		(cd tree/$d && seq 40 | xargs touch)
	done
	for how in '-j1 --window=1' -j8; do
		echo 'ops-limit=6000' >control
		# shellcheck disable=SC2086
		start pcp -Rv $how --control=control tree dst
		n=0
		while kill -0 $pid 2>/dev/null && [ $n -lt 6 ]; do
			n=$((n + 1))
			printf 'ops-limit=%d\njobs=%d\npause=%s\n' $((6000 - n)) $((n % 5 + 1)) \
				"$([ $((n % 3)) = 0 ] && echo yes || echo no)" >control.new
			mv control.new control
			sleep 0.12
		done
		echo >control
		ends 0
		assertEquals "[$how] each once" 1641 "$(sort -u out | wc -l)"
		assertEquals "[$how] and no more" 1641 "$(wc -l <out)"
		diff -r tree dst
		assertEquals "[$how] all is there" 0 $?
		rm -rf dst
	done
	rm -r tree
}

# mistake TEXT MESSAGE: what such a file is told
mistake() {
	printf "$1" >control
	pcp --control=control big dst 2>err
	assertEquals "[$1]" 0 $?
	assertEquals "[$1]" "pcp: warning: 'control', $2; nothing is changed" "$(cat err)"
	rm -f dst
}

test_mistakes() {
	mistake 'foo=1\n' "line 1: unknown setting: 'foo'"
	mistake '\n# x\n  bwlimit = 1x\n' "line 3: invalid rate: '1x'"
	mistake 'ops-limit=1K' "line 1: invalid rate: '1K'"
	mistake 'pause\n' "line 1: no KEY=VALUE: 'pause'"
	mistake 'pause=maybe\n' "line 1: neither yes nor no: 'maybe'"
	mistake 'jobs=0\n' "line 1: invalid number of jobs: '0'"
	mistake 'bwlimit=1\njobs=x' "line 2: invalid number of jobs: 'x'"
	head -c 70000 /dev/zero | tr '\0' '\n' >control
	pcp --control=control big dst 2>err
	assertEquals "pcp: warning: cannot read 'control': File too large; nothing is changed" \
		"$(cat err)"
	mkdir dir
	pcp --control=dir big dst 2>err
	assertEquals "pcp: warning: cannot read 'dir': Is a directory; nothing is changed" \
		"$(cat err)"
	rmdir dir
	mkfifo control.fifo
	timeout 9 pcp --control=control.fifo big dst 2>err
	assertContains "$(cat err)" "cannot read 'control.fifo': Invalid argument;"
	# Comments, blanks, and the ends of lines of other systems
	printf '# x\r\n\r\n \tpause = no \r\njobs=2' >control
	pcp -q --control=control big dst 2>err
	assertEquals '' "$(cat err)"
}

test_mistake_while_it_runs() {
	echo 'bwlimit=1M' >control
	start pcp -R --reflink=never --control=control src dst
	said 'limits: 1.0 MiB/s'
	printf 'pause=yes\nbwlimit=\n' >control
	said "'control', line 2: invalid rate: ''"
	sleep 0.5
	assertEquals 'said once' 1 "$(grep -c warning err)"
	echo 'bwlimit=off' >control
	ends 0
}

test_json() {
	has_json || { skip 'built without --json'; return; }
	printf 'pause=yes\njobs=3\n' >control
	start pcp -R --json --json-interval=0.1 --control=control src dst
	until_true "grep -q '\"paused\":true,\"pending\"' out"
	echo 'ops-limit=100000' >control
	ends 0
	assertContains "$(cat out)" '_bps":null,"ops_limit":null,"jobs":3,"paused":true}'
	assertContains "$(cat out)" '_bps":null,"ops_limit":100000,"jobs":null,"paused":false}'
	assertContains "$(head -n 1 out)" '"control":true,'
}

. shunit2
