#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --metrics: a file that Prometheus can read, at each moment, with the numbers of --json.

. "$(dirname "$0")/common.sh"

oneTimeSetUp() {
	! is_cp || skip_all 'cp has no --metrics'
}

setUp() {
	room=$scratch/room
	rm -rf "$room"
	mkdir -p "$room/src/dir"
	cd "$room" || exit
	for i in $(seq 50); do echo $i >src/dir/$i; done
	ln -s 1 src/dir/link
	mkfifo src/fifo
}

tearDown() {
	cd /
	unmount "$room/slow" "$room/small"
}

# run ARGUMENT...: in the room; sets status
run() {
	timeout -k 5 60 pcp "$@" >out 2>err </dev/null
	status=$?
}

# values FILE SAMPLE...: in one line; and what is wrong with the file
values() {
	! command -v promtool >/dev/null || promtool check metrics <"$1" 2>&1
	echo $(python3 "$tests/tools/promtext.py" "$@" 2>&1)
}

# assert_values WHAT EXPECTED FILE SAMPLE...
assert_values() {
	what=$1 expected=$2
	shift 2
	assertEquals "$what [$*]" "$expected" "$(values "$@")"
}

# of_json FIELD: an integer of the summary
of_json() { sed -n '$s/.*"'"$1"'":\([0-9]*\).*/\1/p' json; }

test_numbers() {
	if has_json; then
		run -a --metrics=m.prom --json=3 src dst 3>json
	else
		run -a --metrics=m.prom src dst
	fi
	assertEquals "status; $(cat err)" 0 $status
	assertEquals 'for everybody to read' 644 "$(stat -c %a m.prom)"
	assert_values 'the end' '0 0 1' m.prom pcp_up pcp_exit_status pcp_info:run=m
	assert_values 'entries' '50 2 1 1 0' m.prom \
		pcp_entries_total:kind=file:outcome=copied \
		pcp_entries_total:kind=directory:outcome=created \
		pcp_entries_total:kind=symlink:outcome=copied \
		pcp_entries_total:kind=special:outcome=created \
		pcp_entries_total:kind=file:outcome=failed
	bytes=$(find src -type f -printf '%s\n' | awk '{ s += $1 } END { print s }')
	assert_values 'bytes' "$bytes 0 0 none" m.prom pcp_copied_bytes_total pcp_errors_total \
		pcp_pending_copies pcp_expected_files
	assertTrue 'calls' "[ $(values m.prom pcp_system_calls_total) -gt 50 ]"
	! has_json || assertEquals 'as JSON has it' "$bytes 50" \
		"$(of_json total) $(sed -n '$s/.*"files":{"total":\([0-9]*\).*/\1/p' json)"
}

# The file of a run is replaced, not written to.
test_replaced() {
	run -a --metrics=m.prom src dst
	ln m.prom before
	rm -rf src/dir/2 src/dir/3
	run --mirror --metrics=m.prom src/. dst
	assertEquals "status; $(cat err)" 0 $status
	assert_values 'the first run' '50 0' before pcp_entries_total:kind=file:outcome=copied \
		pcp_exit_status
	assert_values 'the last one' '0 48 2' m.prom pcp_entries_total:kind=file:outcome=copied \
		pcp_entries_total:kind=file:outcome=skipped pcp_deleted_total
	assertEquals 'nothing is left' 'before dst err m.prom out src' "$(echo $(ls -A))"
}

test_errors() {
	mkdir dst
	run -R --metrics=m.prom none src dst
	assertEquals 'status' 1 $status
	assert_values 'an error' '1 1 1 50' m.prom pcp_exit_status pcp_errors_total \
		pcp_errors_by_errno_total:errno=ENOENT pcp_entries_total:kind=file:outcome=copied
}

test_names() {
	for name in 'a"b\c.prom' 'no suffix' '.prom' "$(printf 'new\nline.prom')"; do
		run --metrics="$name" src/dir/1 copy
		assertEquals "[$name] $(cat err)" 0 $status
		run=${name%.prom}
		assert_values "[$name]" 1 "$name" "pcp_info:run=${run:-.prom}"
	done
	name=$(printf 'byte\377.prom')
	run --metrics="$name" src/dir/1 copy
	assert_values 'no UTF-8' 1 "$name" "pcp_info:run=$(printf 'byte\357\277\275')"
}

# What cannot be written is found before anything is copied.
test_bad_names() {
	ln -s m.prom link
	for name in /dev/null link - src/fifo; do
		run --metrics="$name" src/dir/1 copy
		assertEquals "[$name] status" 1 $status
		assertEquals "pcp: '$name' is no regular file, and cannot be replaced" "$(cat err)"
	done
	for name in none/m.prom src '' src/; do
		run --metrics="$name" src/dir/1 copy
		assertEquals "[$name] status" 1 $status
		assertTrue "$(cat err)" "grep -q \"^pcp: cannot open '$name' for writing: \" err"
	done
	for option in --log --failed-to --checksum-file; do
		run $option=both --metrics=both src/dir/1 copy
		assertEquals "$option: status" 1 $status
		assertEquals "pcp: 'both' is named by two options" "$(cat err)"
	done
	assertFalse 'nothing is copied' '[ -e copy ]'
	: >m.prom
	run --metrics=m.prom
	assertEquals 'a mistake: status' 1 $status
	assertEquals 'a mistake leaves the file' 0 "$(stat -c %s m.prom)"
}

# In the room, as run
interrupt_out=out interrupt_err=err

# While the run goes on the file says so; a signal ends it.
test_while_it_runs() {
	has_fuse || { skip 'no FUSE'; return; }
	mkdir slow
	slowfs -x -d open=300000 src slow || { fail 'slowfs cannot be mounted'; return; }
	(cd "$room" && exec python3 -c '
import os, signal, subprocess, sys, time
child = subprocess.Popen(["pcp", "-R", "-j1", "--window=1", "--metrics=m.prom", "slow", "dst"])
for i in range(600):
    if os.path.exists("m.prom"):
        break
    time.sleep(0.05)
os.link("m.prom", "first")
child.send_signal(signal.SIGINT)
sys.exit(child.wait() != -signal.SIGINT)') 2>err
	assertEquals "interrupted; $(cat err)" 0 $?
	assert_values 'at first' '1 none none' first pcp_up pcp_exit_status pcp_expected_files
	assert_values 'in the end' '0 130' m.prom pcp_up pcp_exit_status
}

test_full() {
	can_mount || { skip 'mounting takes root'; return; }
	mkdir small && mount -t tmpfs -o size=4k none small
	run -a --metrics=small/m.prom src dst
	assertEquals 'status' 1 $status
	# The first attempt is a warning, if the run is long enough for one.
	assertEquals "pcp: error writing 'small/m.prom': No space left on device" \
		"$(grep -v '^pcp: warning: cannot replace' err)"
	assertEquals 'nothing is left' '' "$(ls -A small)"
	assertEquals 'all is copied' '' "$(diff -r --exclude=fifo src dst)"
}

. shunit2
