#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What each guard of --delete is for: with it data stays that goes without it.  The pcp that has
# no guard is mirror/unguarded, which is told by PCP_WITHOUT which one it does without; three
# of them have an option instead.

unguarded=$PWD/mirror/unguarded

. "$(dirname "$0")/../cli/common.sh"

room=$scratch/room

oneTimeSetUp() {
	! is_cp || skip_all 'cp has no --mirror'
	[ -x "$unguarded" ] || skip_all "no $unguarded"
}

setUp() {
	rm -rf "${room:?}"
	mkdir "$room"
	cd "$room" || exit
	mkdir -p src/dir dst/dir
	echo new >src/dir/new
	echo precious >dst/dir/precious
}

tearDown() {
	cd /
	as=''
}

# saves GUARD WHAT PATH ARGUMENT...: pcp leaves PATH alone, and without GUARD it goes
saves() {
	guard=$1 what=$2 path=$3
	shift 3
	# The order matters: the second run begins where the first has ended.
	$as pcp --mirror --max-delete=100% "$@" >out 2>&1
	assertTrue "[$what] it stays: $(cat out)" "[ -e '$path' ]"
	PCP_WITHOUT=$guard $as "$unguarded" --mirror --max-delete=100% "$@" >out 2>&1
	assertFalse "[$what] without the guard it goes: $(cat out)" "[ -e '$path' ]"
}

test_a_disk_that_is_not_mounted() {
	mkdir mount
	saves guard 'an empty source' dst/dir/precious mount/. dst
}

test_a_destination_with_the_source_in_it() {
	saves guard 'a level too high' src src/dir/. .
}

test_home() {
	home=$HOME
	export HOME="$room/dst"
	saves guard 'a variable that is not set' dst/dir/precious src/. dst
	HOME=$home
}

test_two_sources() {
	mkdir -p other
	echo of the other >other/file
	pcp -a other/. dst
	saves guard 'each would remove what the other has' dst/file src/. other/. dst
}

# A file that was renamed, and whose new name cannot be copied
test_a_copy_that_failed() {
	unprivileged
	echo precious >src/dir/renamed
	chmod 0 src/dir/renamed
	! is_root || chown -R 65534:65534 .
	saves cleanliness 'what failed may be what seems extra' dst/dir/precious src/. dst
}

# A listing that is cut short: random faults, of which some do that
test_a_listing_that_is_cut_short() {
	! sanitized || { startSkipping; return; }
	python_with json
	[ "$python" ] || { startSkipping; return; }
	${CC:-cc} -shared -fPIC -O1 -o sweep.so "$tests/tools/sweep_hook.c" -ldl 2>/dev/null ||
		{ startSkipping; return; }
	faults='--hook=sweep.so --dir=work --faults=60 --seed=3'
	mkdir work
	# shellcheck disable=SC2086
	"$python" "$tests/fault/mirror.py" --pcp="$bin/pcp" $faults >out 2>&1
	assertEquals "with the guard nothing goes: $(tail -n1 out)" 0 $?
	# shellcheck disable=SC2086
	PCP_WITHOUT=asking "$python" "$tests/fault/mirror.py" --pcp="$unguarded" $faults >out 2>&1
	assertEquals "without it something does: $(tail -n1 out)" 1 $?
}

test_a_mount() {
	can_mount || { startSkipping; return; }
	mkdir -p dst/old/disk disk
	echo precious >disk/file
	mount --bind disk dst/old/disk
	saves mounts 'what is mounted there' disk/file src/. dst
	umount dst/old/disk
}

# The other guards can be told to let things go.
test_options() {
	pcp --mirror src/. dst 2>err
	assertTrue '--max-delete' '[ -e dst/dir/precious ]'
	pcp --mirror --max-delete=100% --exclude=precious src/. dst
	assertTrue '--exclude' '[ -e dst/dir/precious ]'
	pcp --mirror --max-delete=100% --exclude=precious --delete-excluded src/. dst
	assertFalse 'without either' '[ -e dst/dir/precious ]'
}

. shunit2
