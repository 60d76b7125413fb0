#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --max-time and --stop-at: the run ends in time, leaves nothing incomplete, says what it has left
# out, and the next one goes on. A limit on the rate makes runs long that way.

. "$(dirname "$0")/common.sh"

oneTimeSetUp() {
	cd "$work" || exit
	mkdir src
	for i in $(seq 20); do
		mkdir src/$i
		head -c 50K /dev/urandom >src/$i/f
	done
	head -c 5M /dev/urandom >big
}

tearDown() {
	rm -rf dst out err failed fifo
}

# ends STATUS COMMAND...: it ends with that, and within ten seconds
ends() {
	want=$1
	shift
	timeout -k 1 10 "$@" >out 2>err
	assertEquals "[$*] $(cat err)" $want $?
}

is_time_up() {
	assertEquals 'pcp: stopped: time is up' "$(cat err)"
}

test_rest_is_left_out() {
	ends 4 pcp -R --max-time=0.5 --bwlimit=200K --reflink=never --failed-to=failed src dst
	is_time_up
	n=0
	for f in $(cd dst && find . -type f); do
		cmp src/$f dst/$f
		assertEquals "$f is complete" 0 $?
		n=$((n + 1))
	done
	assertTrue "some of 20 are there: $n" "[ $n -ge 1 ] && [ $n -lt 20 ]"
	assertTrue 'what is missing is listed' '[ -s failed ]'
	pcp -R --files-from=failed src/. dst 2>/dev/null || pcp -R --files-from=failed . dst
	rm -rf dst
	# That list is what the same command copies.
	ends 4 pcp -RT --max-time=0.5 --bwlimit=200K --reflink=never --failed-to=failed src dst
	ends 0 pcp -RT --files-from=failed src dst
	diff -r src dst
	assertEquals 'the next run copies the rest' 0 $?
}

test_what_is_under_way_is_undone() {
	for how in '' '-j1 --window=1' -j8 --atomic; do
		# shellcheck disable=SC2086
		ends 4 pcp $how --max-time=0.3 --bwlimit=100K --reflink=never big dst
		is_time_up
		assertEquals 'nothing is left' 'big err out src' "$(echo $(ls -A))"
	done
}

test_enough_time() {
	ends 0 pcp -R --max-time=1h src dst
	assertEquals 'nothing is said' '' "$(cat err)"
	rm -r dst
	ends 0 pcp -R --stop-at='now + 1 hour' src dst
	rm -r dst
	# Whatever was not begun in time is not missed where there is nothing.
	mkdir empty
	ends 0 pcp -RT --max-time=0.000001 empty/. dst
	rmdir empty
	ends 0 pcp -R --max-time=0 src dst
}

test_date() {
	ends 4 pcp -R --stop-at='now + 1 second' --bwlimit=100K --reflink=never src dst
	is_time_up
	rm -r dst
	# The earlier one counts.
	set -- -R --bwlimit=100K --reflink=never src dst
	ends 4 pcp --stop-at='now + 1 hour' --max-time=0.3 "$@"
	ends 4 pcp --stop-at='now + 1 second' --max-time=1h "$@"
}

# Main waits, and for something else.
test_waiting() {
	mkfifo fifo
	exec 3<>fifo
	ends 4 pcp --max-time=0.3 --copy-contents fifo dst
	is_time_up
	ends 4 pcp -R --max-time=0.3 --files-from=- src dst <&3
	is_time_up
	mkdir -p dst
	cp big dst/
	ends 4 pcp -i --max-time=0.3 big src/1/f dst <&3
	exec 3<&-
	assertContains 'after the question' "$(cat err)" 'pcp: stopped: time is up'
	assertFalse 'nothing is copied' '[ -e dst/f ]'
	# What was to be tried again has failed.
	ends 1 pcp --retry=9 --max-time=0.3 big /dev/full
}

test_nothing_is_removed() {
	pcp -a src dst
	touch dst/extra
	head -c 50K /dev/urandom >src/1/new
	ends 4 pcp --mirror --max-time=0.3 --bwlimit=10K --reflink=never src/. dst
	assertTrue 'what is extra stays' '[ -e dst/extra ]'
	rm src/1/new
}

test_json() {
	has_json || { skip 'built without --json'; return; }
	ends 4 pcp -R --json --max-time=1m0.5s --stop-at='now + 1 second' --bwlimit=100K \
		--reflink=never src dst
	assertContains "$(head -n 1 out)" '"max_time_s":60.5,'
	assertContains "$(tail -n 1 out)" '"status":"timeout","exit_code":4,'
	# A time of the day that has passed
	for when in "$(date -d '2 minutes ago' +%H:%M)" "$(date -d '2 minutes' +%H:%M)"; do
		pcp --json --stop-at="$when" big dst >out
		at=$(sed -n '1s/.*"stop_at":\([0-9]*\).*/\1/p' out)
		left=$((at - $(date +%s)))
		assertTrue "$when is in $left s" "[ $left -gt 0 ] && [ $left -le 86400 ]"
	done
}

test_what_is_a_time() {
	for time in 1 90m 2h30m 1.5d 3600s 1d1h1m1s 0 0.5; do
		ends 0 pcp --max-time=$time /dev/null dst
		[ $time = 0.5 ] || rm -f dst
	done
	for time in '' m 1x -1 +1 ' 1' 1m30 1.2.3s 1e3 0x1s inf nan 1mm 999999999999999d; do
		ends 1 pcp "--max-time=$time" /dev/null dst
		assertContains "$(cat err)" "invalid time for --max-time: '$time'"
	done
	ends 1 pcp --stop-at=soon /dev/null dst
	assertContains "$(cat err)" "invalid date for --stop-at: 'soon'"
	ends 1 pcp --stop-at=2001-01-01 /dev/null dst
	assertContains "$(cat err)" "the date for --stop-at has passed: '2001-01-01'"
}

. shunit2
