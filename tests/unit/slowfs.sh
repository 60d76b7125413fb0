#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Unit test of tools/slowfs_*.c: a cache that is cold at first, a disk with one arm, and bytes
# that are wrong.  Times
# are those that slowfs counts, wherever noise could disturb a clock.

. "$(dirname "$0")/../cli/common.sh"

oneTimeSetUp() {
	has_fuse || skip_all 'no FUSE'
	cd "$work" || exit
	mkdir src mnt
	echo small >src/small
	head -c 262145 /dev/zero >src/big	# three blocks of 128 KiB, the last one short
	truncate -s 64M src/image
}

tearDown() {
	! mountpoint -q mnt || fusermount3 -u mnt || umount -l mnt
}

# counted NAME FIELD: a count of slowfs
counted() {
	awk -v name="$1" -v field="$2" '$1 == name { print $field }' mnt/.slowfs
}

# touches COMMAND...: how many first touches it makes
touches() {
	echo >mnt/.slowfs
	"$@" >/dev/null
	counted cold 3
}

# milliseconds COMMAND...
milliseconds() {
	begin=$(date +%s%N)
	"$@" >/dev/null
	echo $((($(date +%s%N) - begin) / 1000000))
}

test_a_first_touch_waits() {
	slowfs -x -C 300000 src mnt
	first=$(milliseconds cat mnt/small)
	assertTrue "inode and block: $first ms" "[ $first -ge 600 ]"
	second=$(milliseconds cat mnt/small)
	assertTrue "neither: $second ms" "[ $second -lt 600 ]"
}

test_each_part_is_touched_once() {
	slowfs -x -C 1 src mnt
	assertEquals 'the inode' 1 "$(touches stat mnt/big)"
	assertEquals 'the blocks' 3 "$(touches cat mnt/big)"
	assertEquals 'again' 0 "$(touches cat mnt/big)"
	assertEquals 'the inode of the directory, and what is in it' 2 "$(touches ls mnt)"
	assertEquals 'the directory again' 0 "$(touches ls mnt)"
}

test_cold_makes_all_cold() {
	slowfs -x -C 1 src mnt
	cat mnt/big >/dev/null
	echo cold >mnt/.slowfs
	assertEquals 4 "$(touches cat mnt/big)"
}

test_writes_do_not_wait() {
	slowfs -x -C 1 src mnt
	assertEquals 'a new file' 0 "$(touches sh -c 'echo new >mnt/new')"
	assertEquals 'what was written' 0 "$(touches cat mnt/new)"
}

test_copying_reads_the_source() {
	slowfs -x -C 1 src mnt
	assertEquals 4 "$(touches cp mnt/big mnt/copy)"
	assertEquals 'what was written' 0 "$(touches cat mnt/copy)"
}

# read_both: block 0 of the image, twice at once, past the kernel's cache
read_both() {
	at 0 &
	at 0
	wait $!
}

# at MIB: reads 4 KiB there; slowfs -N has the kernel pass on each read
at() {
	dd if=mnt/image of=/dev/null bs=4096 skip=$(($1 * 256)) count=1 2>/dev/null
}

test_a_second_reader_waits_for_the_first() {
	slowfs -x -N -C 300000 src mnt
	stat mnt/image >/dev/null
	echo >mnt/.slowfs
	took=$(milliseconds read_both)
	assertEquals 1 "$(counted cold 3)"
	assertEquals 2 "$(counted read 3)"
	assertTrue "$took ms" "[ $took -ge 300 ]"
}

# cost MIB: the microseconds that the arm takes to get there, and read 4 KiB
cost() {
	echo >mnt/.slowfs
	at "$1"
	counted arm 7
}

test_a_far_seek_takes_longer() {
	slowfs -x -N -A settle=1000,stroke=15000,turn=8000,rate=100,size=0.0625 src mnt
	at 0
	near=$(cost 10)
	at 0
	far=$(cost 63)
	assertTrue "near: $near" "[ $near -gt 9000 ] && [ $near -lt 11000 ]"
	assertTrue "far: $far" "[ $far -gt 18500 ] && [ $far -lt 19500 ]"
}

test_what_follows_needs_no_seek() {
	slowfs -x -N -A settle=1000,rate=100 src mnt
	at 5
	echo >mnt/.slowfs
	dd if=mnt/image of=/dev/null bs=4096 skip=1281 count=16 2>/dev/null
	# 16 * 4 KiB at 100 MiB a second
	us=$(counted arm 7)
	assertTrue "$us" "[ $us -gt 600 ] && [ $us -lt 650 ]"
}

test_the_arm_makes_the_reader_wait() {
	slowfs -x -N -A settle=200000,stroke=300000,turn=100 src mnt
	at 0
	took=$(milliseconds at 60)
	assertTrue "$took ms" "[ $took -ge 200 ]"
}

# scattered QUEUE: the microseconds of sixteen reads at once, from both ends in turn
scattered() {
	slowfs -x -N -A settle=1000,stroke=100000,size=0.0625,queue=$1 src mnt
	at 32
	echo >mnt/.slowfs
	readers=
	for mib in 0 63 2 61 4 59 6 57 8 55 10 53 12 51 14 49; do
		at $mib &
		readers="$readers $!"
	done
	wait $readers
	counted arm 7
	fusermount3 -u mnt
}

test_the_quickest_of_a_queue_is_first() {
	in_order=$(scattered 1)
	quickest=$(scattered 32)
	assertTrue "$quickest of $in_order" "[ $quickest -lt $((in_order * 3 / 4)) ]"
}

test_the_arm_serves_one_at_a_time() {
	slowfs -x -N -A settle=20000,stroke=20000,turn=100 src mnt
	at 0
	echo >mnt/.slowfs
	took=$(milliseconds at_once)
	assertEquals 8 "$(counted arm 3)"
	assertTrue "$took ms" "[ $took -ge 160 ]"
	assertTrue 'requests have waited' "[ $(counted arm 5) -gt 1 ]"
}

at_once() {
	readers=
	for mib in 8 16 24 32 40 48 56 63; do
		at $mib &
		readers="$readers $!"
	done
	wait $readers
}

test_only_first_touches_move_the_arm() {
	slowfs -x -N -C 0 -A settle=1000 src mnt
	stat mnt/image mnt/small >/dev/null
	echo >mnt/.slowfs
	at 5
	at 5
	at 5
	echo data >mnt/small
	assertEquals 1 "$(counted arm 3)"
}

test_a_byte_is_written_wrong() {
	slowfs -x -N -b write:200000:1:/copy src mnt
	cat src/big >mnt/copy
	assertEquals 'the first time' 'differs: byte 200001' "$(differs)"
	cat src/big >mnt/copy
	assertEquals 'the second time' '' "$(differs)"
	cat src/big >mnt/other
	assertTrue 'another file' 'cmp -s src/big src/other'
}

test_a_byte_is_read_wrong() {
	slowfs -x -N -b read:5 src mnt
	cat src/big >mnt/copy
	assertTrue 'it is stored' 'cmp -s src/big src/copy'
	assertEquals 'differs: byte 6' "$(differs)"
}

# differs: where mnt/copy differs from src/big; slowfs -N has the kernel pass on each read
differs() {
	cmp src/big mnt/copy | sed 's/.* differ: [a-z]* \([0-9]*\),.*/differs: byte \1/'
}

test_what_is_no_number() {
	for option in '-C soon' '-A settle' '-A settle=' '-A rate=0' '-A colour=1' '-b all:1' \
		'-b write:x' '-b write'; do
		# shellcheck disable=SC2086
		slowfs $option src mnt 2>err
		assertEquals "$option" 2 $?
	done
}

. shunit2
