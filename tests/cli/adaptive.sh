#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --adaptive: what another client of a server with two slots has to wait stays below twice what it
# waits when nothing else runs; without the option it does not. With LONG=yes for half a minute.

. "$(dirname "$0")/common.sh"

looks=2
[ ! "${LONG-}" ] || looks=20
python_with time

oneTimeSetUp() {
	sanitized && skip_all 'a sanitizer takes too much of the processors'
	has_fuse || skip_all 'no FUSE'
	[ "$python" ] || skip_all 'no python3'
	cd "$work" || exit
	mkdir -p back/other back/src mnt
	(cd back/other && seq 200 | xargs touch)
	for d in $(seq 60); do
		mkdir back/src/$d
		(cd back/src/$d && seq 60 | xargs touch)
	done
	slowfs -x -d all=10000 -s 2 -o attr_timeout=0,entry_timeout=0 back mnt ||
		skip_all 'slowfs cannot be mounted'
	quiet=$(other 1)
}

oneTimeTearDown() {
	cd /
	! mountpoint -q "$work/mnt" || fusermount3 -u "$work/mnt" || umount -l "$work/mnt"
}

# other SECONDS: what the other client waits, in microseconds
other() { "$python" "$tests/tools/latency.py" mnt/other "$1"; }

# beside OPTIONS: sets waits to that, while a run with these options goes on
beside() {
	pcp -R "$@" mnt/src mnt/dst 2>err &
	pid=$!
	sleep 2.5
	waits=$(other $looks)
	kill -0 $pid
	assertEquals 'it still runs' 0 $?
	kill -TERM $pid
	wait $pid
	files=$(find back/dst -type f | wc -l)
	echo "# $*: $waits us, and $quiet us in the quiet state; $files files"
	assertTrue 'it does something' "[ $files -gt 0 ]"
	rm -rf back/dst
}

test_without() {
	beside -j32
	assertTrue "$waits us" "[ $waits -ge $((2 * quiet)) ]"
}

test_with() {
	beside -j32 --adaptive
	assertTrue "$waits us" "[ $waits -lt $((2 * quiet)) ]"
}

# All that holds a run back goes together.
test_all_together() {
	timeout 60 pcp -R --adaptive --nice --bwlimit=1G --ops-limit=1000000 back/src/1 dst
	assertEquals 'status' 0 $?
	diff -r back/src/1 dst
	assertEquals 'all is there' 0 $?
	rm -r dst
}

. shunit2
