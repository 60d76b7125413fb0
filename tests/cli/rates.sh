#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --bwlimit and --ops-limit. That a run takes no less time than its limit demands holds on any
# machine; how much more it takes is measured closely only with LONG=yes, where nothing else runs:
# then each run takes ten seconds, and the rate must be right to 5 %, that of calls to 10 %.

. "$(dirname "$0")/common.sh"

if [ "${LONG-}" ]; then
	ms=10000 bytes_percent=5 calls_percent=10
else
	ms=500 bytes_percent=300 calls_percent=300
fi

oneTimeSetUp() {
	sanitized && skip_all 'a sanitizer takes too much of the processors'
	cd "$work" || exit
	mkdir files small dirs
	head -c $((ms * 4))K /dev/urandom >big
	for i in $(seq $((ms / 50))); do
		head -c 200K /dev/urandom >files/$i
	done
	(cd small && seq $((ms / 2)) | xargs touch)
	(cd dirs && seq $((ms / 10)) | xargs mkdir)
}

# within MILLISECONDS PERCENT COMMAND...: it succeeds, and takes so long
within() {
	want=$1 percent=$2
	shift 2
	begun=$(date +%s%N)
	"$@" >out 2>err
	assertEquals "[$*]" 0 $?
	took=$((($(date +%s%N) - begun) / 1000000))
	assertTrue "[$*] takes $took ms, and not less than $want" \
		"[ $took -ge $((want * 95 / 100 - 100)) ]"
	assertTrue "[$*] takes $took ms, and no more than $want" \
		"[ $took -le $((want * (100 + percent) / 100 + 100)) ]"
	echo "# $took of $want ms: $*"
}

test_bytes_of_one_file() {
	within $ms $bytes_percent pcp --reflink=never --bwlimit=4000K big copy
	cmp big copy
	assertEquals 'all of it is there' 0 $?
	rm copy
}

test_bytes_of_many_files() {
	within $ms $bytes_percent pcp -R --reflink=never --bwlimit=4000K files copies
	rm -r copies
	within $ms $bytes_percent pcp -R -j16 --reflink=never --bwlimit=4000K files copies
	diff -r files copies
	assertEquals 'all of it is there' 0 $?
	# What is compared counts as well: that of both files.
	within $((ms * 2)) $bytes_percent \
		pcp -RT --update=checksum --bwlimit=4000K files copies
	rm -r copies
}

test_bytes_by_buffer_and_read_back() {
	within $ms $bytes_percent pcp --sparse=always --bwlimit=4000K big copy
	rm copy
	within $((ms * 2)) $bytes_percent pcp --verify --reflink=never --bwlimit=4000K big copy
	rm copy
}

test_holes_are_free() {
	truncate -s 1G hole
	within 0 $((bytes_percent * 100)) timeout 30 pcp --bwlimit=1M hole copy
	rm hole copy
}

# How many calls of the library it takes --stats tells.
test_calls() {
	calls=$(pcp -R --stats small copies 2>&1 |
		sed -n 's/^copies: .*; \([0-9]*\) system calls.*/\1/p')
	rm -r copies
	within $ms $calls_percent pcp -R --ops-limit=$((calls * 1000 / ms)) small copies
	rm -r copies
	within $ms $calls_percent pcp -R -j8 --ops-limit=$((calls * 1000 / ms)) small copies
	rm -r copies
	# A directory takes nine.
	within $ms $calls_percent pcp -R --ops-limit=900 dirs copies
	rm -r copies
}

# rate OPTION VALUE: it is accepted
rate() {
	pcp "$1=$2" /dev/null copy 2>err
	assertEquals "$1=$2" 0 $?
	rm -f copy
}

no_rate() {
	pcp "$1=$2" big copy 2>err
	assertEquals "$1=$2" 1 $?
	assertContains "$(cat err)" "invalid rate for $1: '$2'"
	assertFalse 'nothing is copied' '[ -e copy ]'
}

test_what_is_a_rate() {
	for value in 1 1.5G .5K 800KB 1T 1E 0 off 1b; do
		rate --bwlimit $value
	done
	for value in '' -1 +1 ' 1' 1x 1KBB .5 . 1..5 0x10 inf nan 1e3 9999E on K 1Kaaaaaaaaaa; do
		no_rate --bwlimit "$value"
	done
	for value in 1 1000000 0 off; do
		rate --ops-limit $value
	done
	for value in '' -1 +1 1K 1.5 99999999999999999999 on; do
		no_rate --ops-limit "$value"
	done
}

# 1 byte a second: what is under way is given up at once.
test_signal() {
	pcp --reflink=never --bwlimit=1 big copy 2>err &
	pid=$!
	while [ ! -e copy ]; do
		sleep 0.05
	done
	kill -TERM $pid
	wait $pid
	assertEquals 'it dies by the signal' 143 $?
	assertFalse 'and leaves nothing' '[ -e copy ]'
}

# Each thread has it; field 17 behind the name is how nice it is.
test_nice() {
	pcp -R -j4 --nice --reflink=never --bwlimit=1K files copies 2>err &
	pid=$!
	tries=100
	while [ "$(ls /proc/$pid/task | wc -l)" -lt 3 ] && [ $((tries -= 1)) -gt 0 ]; do
		sleep 0.05
	done
	assertTrue 'it has threads' "[ $tries -gt 0 ]"
	for task in /proc/$pid/task/*; do
		assertEquals "$task" 19 "$(sed 's/.*) //' $task/stat | cut -d' ' -f17)"
		! command -v ionice >/dev/null || assertEquals idle "$(ionice -p ${task##*/})"
	done
	kill -TERM $pid
	wait $pid
	assertEquals 'nothing is said' '' "$(grep warning err)"
	rm -rf copies
}

# Directories, too, do not make a run wait that has been told to end.
test_signal_while_walking() {
	pcp -R --ops-limit=1 dirs copies 2>err &
	pid=$!
	sleep 0.5
	kill -TERM $pid
	wait $pid
	assertEquals 'it dies by the signal' 143 $?
	rm -rf copies
}

. shunit2
